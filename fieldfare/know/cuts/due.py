"""When cuts are published, and which next. Pure; local times are exact where clocks change."""

from collections.abc import Mapping

import msgspec

from fieldfare.ground.instants import HOUR, Instant, local_day
from fieldfare.ground.workspace.model import CutRefresh
from fieldfare.know.cuts.choose import levels
from fieldfare.network.calendars.wall import occurrences

_MONDAY = 4
"""Day 0 was a Thursday, so this is the remainder of every Monday."""


class Run(msgspec.Struct, frozen=True):
    """One round of publishing: when it began, and which cuts it has tried so far."""

    at: Instant
    done: tuple[str, ...] = ()


def slot_before(policy: CutRefresh, zone: str, now: Instant) -> Instant | None:
    """Return the last time, ``now`` included, at which a round is to begin; ``None`` when none ever is."""
    return _slot(policy, zone, now, forward=False)


def slot_after(policy: CutRefresh, zone: str, now: Instant) -> Instant | None:
    """Return the next time after ``now`` at which a round is to begin; ``None`` when none ever is."""
    return _slot(policy, zone, now, forward=True)


def next_round(
    needs: Mapping[str, frozenset[str]], last: Run | None, slot: Instant | None, now: Instant
) -> tuple[Run, list[str]] | None:
    """Return the round under way or to begin now, and the cuts to publish next; ``None`` when nothing is due.

    A cut that no round has tried yet (the definitions just brought it) is due at once. ``slot``: the last time at which
    a round was to begin.
    """
    run = Run(now) if last is None or (slot is not None and slot > last.at) else last
    left = {name: others for name, others in needs.items() if name not in run.done}
    return (run, levels(left)[0]) if left else None


def _slot(policy: CutRefresh, zone: str, now: Instant, *, forward: bool) -> Instant | None:
    if policy.refresh == "never":
        return None
    if policy.refresh == "hourly":
        return now - now % HOUR + (HOUR if forward else 0)
    today, reach = local_day(now, zone), 9 if policy.refresh == "weekly" else 2
    days = [day for day in range(today - reach, today + reach) if policy.refresh != "weekly" or day % 7 == _MONDAY]
    slots = [occurrences(day, policy.at, zone)[0] for day in days]
    if forward:
        return min(slot for slot in slots if slot > now)
    return max(slot for slot in slots if slot <= now)
