"""How a batch is committed in parts where a record of it tears a profile apart.

What comes before that record is committed first. Then the past is made readable and the rest is committed with it at
hand. The past is read outside the transaction, so the commit checks that nobody has applied anything since.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from fieldfare.flow.intake import Opened
from fieldfare.ground.errors import TransientError

Marks = dict[int, int]
"""Partition -> the offset through which it is applied."""


class Overtaken(Exception):  # noqa: N818 - not a failure: it asks to begin again from where the other one is
    """Another process has applied records since these, or the past, were read."""


class TornAt(Exception):  # noqa: N818 - not a failure: it asks for a smaller batch
    """A record tears a profile apart, and the past is not at hand; ``done``: how many records come before it."""

    def __init__(self, done: int) -> None:
        """Tell how many records come before."""
        super().__init__(done)
        self.done = done


class Commits(Protocol):
    """Applies and commits records; ``past``: as of when all that was applied can be read, ``None``: it cannot."""

    def __call__(self, some: Sequence[Opened], *, past: Marks | None) -> None:
        """Commit them. Raises :class:`TornAt` where the past is wanted, :class:`Overtaken` where it is too old."""
        ...


def commit_in_parts(
    taken: list[Opened], commit: Commits, rolled_back: Callable[[], None], past: Callable[[], Marks | None]
) -> list[Opened]:
    """Commit records, and return which.

    ``rolled_back`` is told when a transaction was taken back. ``past`` makes the past readable; it returns ``None``
    where nobody can read it: then :class:`TransientError` ``history_elsewhere`` is raised.
    """
    try:
        commit(taken, past=None)
    except TornAt as torn:
        rolled_back()
        before = taken[: torn.done]
    else:
        return taken
    if before:
        commit(before, past=None)
        return before
    marks = past()
    if marks is None:
        text = "A profile is to be taken apart, and the past cannot be read here. Whoever has the lake applies it."
        raise TransientError("history_elsewhere", text, retry_after_s=1)
    commit(taken, past=marks)
    return taken
