"""When an audience that is not live is brought up to date: the boundaries in the workspace's zone. Pure.

Boundaries follow the wall: each full local hour, the first instant of each local day, that of each Monday. Where clocks
change a day has 23 or 25 hours, an hour of the wall may be left out or come twice; there is always a next boundary.
"""

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


def is_due(refresh: Refresh, last_at: Instant | None, now: Instant, zone: str) -> bool:
    """Return whether a boundary has come since the last run, which is told by its instant; ``None``: it never ran."""
    return last_at is None or boundary(refresh, last_at + 1, zone) <= now
