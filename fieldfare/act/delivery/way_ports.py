"""What the choice of channels needs of others: messages to be chosen and followed, and how people answer.

``Tx`` is a transaction of the state database, as in ``ports``.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from fieldfare.act.delivery.follow import Ended
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import Instant

Tx = Any


class Answered(msgspec.Struct, frozen=True):
    """One message that a person got on a channel, and when they first answered it; ``None``: they did not."""

    channel: str
    at: Instant | None


class Ways(Protocol):
    """The rows of messages that may go by several channels."""

    def is_any(self, tx: Tx, now: Instant) -> bool:
        """Return whether anything is to be chosen or followed."""
        ...

    def to_choose(self, tx: Tx, now: Instant, most: int) -> list[Proposal]:
        """Return messages whose channel or moment is to be chosen, the longest waiting first."""
        ...

    def write_chosen(self, tx: Tx, chosen: Sequence[Proposal]) -> None:
        """Write what was chosen, unless somebody else chose it or it is gone."""
        ...

    def to_follow(self, tx: Tx, now: Instant, most: int) -> list[Ended]:
        """Return messages that ended and may be followed now, locked to the end of the transaction."""
        ...

    def write_looked(self, tx: Tx, looked: Sequence[tuple[str, Instant | None]]) -> None:
        """Write when messages are looked at again; ``None``: never."""
        ...

    def write_followers(self, tx: Tx, pairs: Sequence[tuple[Proposal, Proposal]]) -> None:
        """Write followers (before, follower); one that is there already stays as it is."""
        ...


class Answers(Protocol):
    """How people answer messages. Openings, clicks and replies of people; nothing that machines do."""

    def of_people(self, tx: Tx, profile_ids: Sequence[int], since: Instant) -> dict[int, list[Answered]]:
        """Return the messages of every person asked for, handed over since then; all ids of the person count."""
        ...

    def of_places(self, tx: Tx, since: Instant) -> dict[str | None, dict[Instant, int]]:
        """Return how many answers came since then, by home location and the beginning of the quarter of an hour."""
        ...
