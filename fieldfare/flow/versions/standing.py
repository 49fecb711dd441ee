"""Where those who walk a changed journey stand, and what becomes of them under its new version. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from fieldfare.decide.journeys.definition import Journey, Running
from fieldfare.decide.journeys.model import Standing
from fieldfare.decide.journeys.versions import moved_to


class Becomes(msgspec.Struct, frozen=True, kw_only=True):
    """Some who walk a journey, and what becomes of them."""

    journey: str
    version: str
    step: str
    count: int
    how: str
    """``finishes`` the version it began with, ``moves`` to ``to``, or ``ends`` for ``why``."""
    to: str | None = None
    why: str | None = None


def becomes(
    standing: Iterable[Standing], after: Mapping[str, Journey], older: Mapping[tuple[str, str], Journey]
) -> list[Becomes]:
    """Return what becomes of those inside; ``older``: definitions by name and version, the one in force among them."""
    counts: dict[tuple[str, str, str], int] = {}
    for each in standing:
        key = each.journey, each.version, each.step
        counts[key] = counts.get(key, 0) + each.walks
    found = []
    for (name, version, step), count in sorted(counts.items()):
        new = after.get(name)
        if new is not None and new.version == version:
            continue
        how, to, why = _of_step(new, older.get((name, version)), step)
        found.append(Becomes(journey=name, version=version, step=step, count=count, how=how, to=to, why=why))
    return found


def _of_step(new: Journey | None, old: Journey | None, step: str) -> tuple[str, str | None, str | None]:
    if new is None:
        return "ends", None, "removed"
    if new.move.how is Running.EXIT:
        return "ends", None, "superseded"
    if new.move.how is Running.FINISH and old is not None:
        return "finishes", None, None
    target = moved_to(old, new).get(step) if old is not None else new.move.steps.get(step, step)
    if target is None or target not in new.steps:
        return "ends", None, "changed"
    return "moves", target, None
