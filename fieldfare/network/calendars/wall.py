"""Wall-clock times in a zone: the instant of 09:00 on a day, the next 09:00. Pure; exact where clocks change.

Where clocks jump forward over the time, the first instant that exists counts. Where it comes twice, the first counts.
"""

import re
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from fieldfare.ground.instants import (
    DAY,
    MINUTE,
    Day,
    Instant,
    date_of,
    from_datetime,
    local_day,
    local_offset,
    to_datetime,
    zone_info,
)

_CLOCK = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$")
_STEP = 15 * MINUTE
MINUTES_PER_DAY = 24 * 60


def parse_clock(text: object) -> int | str:
    """Return the minutes since local midnight of ``HH:MM``, or a sentence that says how to write it."""
    match = _CLOCK.match(text) if isinstance(text, str) else None
    return int(match[1]) * 60 + int(match[2]) if match else 'Write hours and minutes in quotes, for example `"09:00"`.'


def minute_of_day(now: Instant, zone: str) -> int:
    """Return the wall-clock minute in the zone, 0 to 1439."""
    return (now + local_offset(now, zone)) % DAY // MINUTE


@lru_cache(maxsize=16_384)
def occurrences(day: Day, minute: int, zone: str) -> tuple[Instant, ...]:
    """Return the instants at which the zone's clock shows the minute on the day: one; two where clocks go back.

    Where clocks jump over it, the one instant is that of the jump.
    """
    naive = datetime.combine(date_of(day), time(minute // 60, minute % 60)).replace(tzinfo=zone_info(zone))
    early, late = (from_datetime(naive.replace(fold=fold).astimezone(UTC)) for fold in (0, 1))
    if early == late:
        return (early,)
    if early < late:
        return early, late
    after = local_offset(early, zone)
    at = late - late % _STEP
    while local_offset(at, zone) != after:
        at += _STEP
    return (at,)


def next_at(now: Instant, minute: int, zone: str) -> Instant:
    """Return the first instant after ``now`` at which it is that time; of a time that comes twice, the first."""
    today = local_day(now, zone)
    return next(at for day in range(today, today + 4) if (at := occurrences(day, minute, zone)[0]) > now)


def inside(now: Instant, first: int, end: int, zone: str) -> bool:
    """Return whether the wall clock lies in [first, end), minutes of the day; ``end`` may lie past midnight."""
    minute = minute_of_day(now, zone)
    return first <= minute < end if first <= end else minute >= first or minute < end


def end_of(now: Instant, end: int, zone: str) -> Instant:
    """Return the first instant after ``now`` at which the clock shows ``end``, the second showing of a day included."""
    today = local_day(now, zone)
    return min(at for day in (today, today + 1, today + 2) for at in occurrences(day, end, zone) if at > now)


def iso_local(now: Instant, zone: str) -> str:
    """Return the local wall-clock text ``YYYY-MM-DD HH:MM`` for explanations."""
    shifted = to_datetime(now) + timedelta(microseconds=local_offset(now, zone))
    return shifted.strftime("%Y-%m-%d %H:%M")
