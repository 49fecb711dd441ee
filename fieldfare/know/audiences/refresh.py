"""When an audience that is not live is brought up to date: the boundaries in the workspace's zone. Pure.

Boundaries follow the wall: each full local hour, the first instant of each local day, that of each Monday. Where clocks
change a day has 23 or 25 hours, an hour of the wall may be left out or come twice; there is always a next boundary.

Where an audience is refreshed otherwise in a season phase, the boundaries of the phase that holds count, and the first
instant of a phase in which it is live is a boundary itself: what waited follows then.
"""

from collections.abc import Callable

from fieldfare.ground.instants import HOUR, MINUTE, Instant, day_start, local_offset, today_in
from fieldfare.know.audiences.model import Refresh

_QUARTER = 15 * MINUTE
_MONDAY = 4
"""Day 0 was a Thursday."""
_WEEK = 7


def boundary(refresh: Refresh, at: Instant, zone: str) -> Instant:
    """Return the first boundary at or after the instant; a live audience has one at every instant."""
    if refresh is Refresh.LIVE:
        return at
    if refresh is Refresh.HOURLY:
        mark = -(-at // _QUARTER) * _QUARTER  # zones differ from UTC by whole quarters
        while (mark + local_offset(mark, zone)) % HOUR:
            mark += _QUARTER
        return mark
    today = today_in(at, zone)
    if day_start(today, zone) != at:
        today += 1
    if refresh is Refresh.WEEKLY:
        today += (_MONDAY - today) % _WEEK
    return day_start(today, zone)


def boundary_of(held: Callable[[Instant], tuple[Refresh, Instant | None]], at: Instant, zone: str) -> Instant:
    """Return the first boundary at or after the instant, where the rhythm itself changes.

    ``held`` tells the rhythm at an instant, and the next instant at which it may be another (``None``: never).
    """
    while True:
        refresh, until = held(at)
        found = boundary(refresh, at, zone)
        if until is None or found < until:
            return found
        assert until > at, f"the phase at {at} does not end ahead"
        at = until


def is_due(refresh: Refresh, last_at: Instant | None, now: Instant, zone: str) -> bool:
    """Return whether a boundary has come since the last run, which is told by its instant; ``None``: it never ran."""
    return last_at is None or boundary(refresh, last_at + 1, zone) <= now
