"""Instants that follow from a date on a profile, or from a rhythm, by the person's own clock. Pure.

Of a date the time of day is the one asked for, midnight where none is; of an instant its own, where none is asked for.
A date that comes round every year does so from the year after the one it names; who was born on 29 February comes round
on 28 February where a year has no 29th. A time that clocks jump over is the jump; of one that comes twice the first
counts.
"""

from datetime import timedelta
from typing import Any

from fieldfare.decide.journeys.definition import Dated, Rhythm
from fieldfare.ground.instants import Day, Instant, date_of, local_day
from fieldfare.know.audiences.compile import moment_of
from fieldfare.know.audiences.dates import anniversary_of, next_time
from fieldfare.network.calendars.wall import minute_of_day, occurrences

MOST_DAYS = 62
"""A rhythm of days of the month comes within so many days."""


def dated_at(dated: Dated, value: Any, zone: str, now: Instant) -> Instant | None:
    """Return the instant that the value means: the one there is, or of a yearly one the next after ``now``.

    ``None`` where the value is no date.
    """
    return _yearly(dated, value, zone, now) if dated.yearly else _once(dated, value, zone)


def next_dated(dated: Dated, value: Any, zone: str, after: Instant) -> Instant | None:
    """Return the first instant after ``after``, ``None`` where none comes."""
    at = dated_at(dated, value, zone, after)
    return at if at is not None and at > after else None


def next_in_rhythm(rhythm: Rhythm, zone: str, after: Instant) -> Instant | None:
    """Return the first instant after ``after`` at which the rhythm beats."""
    today = local_day(after, zone)
    for day in range(today, today + MOST_DAYS):
        if _beats_on(rhythm, day):
            at = occurrences(day, rhythm.minute, zone)[0]
            if at > after:
                return at
    return None


def next_clock(minute: int, weekdays: frozenset[int], zone: str, after: Instant) -> Instant:
    """Return the first instant after ``after`` at which the clock shows the minute, on a day asked for (0: Monday)."""
    today = local_day(after, zone)
    days = (day for day in range(today, today + 15) if not weekdays or date_of(day).weekday() in weekdays)
    return next(at for day in days if (at := occurrences(day, minute, zone)[0]) > after)


def _beats_on(rhythm: Rhythm, day: Day) -> bool:
    on = date_of(day)
    if rhythm.weekdays and on.weekday() not in rhythm.weekdays:
        return False
    if not rhythm.month_days:
        return True
    is_last = (on + timedelta(days=1)).month != on.month
    return on.day in rhythm.month_days or (is_last and -1 in rhythm.month_days)


def _once(dated: Dated, value: Any, zone: str) -> Instant | None:
    moment = moment_of(value) if isinstance(value, str) else None
    if moment is None:
        return None
    day, instant = moment
    minute = dated.minute
    if instant is not None:
        if not dated.days and minute is None:
            return instant + dated.us
        day = local_day(instant, zone)
        minute = minute_of_day(instant, zone) if minute is None else minute
    return occurrences(day + dated.days, minute or 0, zone)[0] + dated.us


def _yearly(dated: Dated, value: Any, zone: str, after: Instant) -> Instant | None:
    found = anniversary_of(value, moment_of)
    if found is None:
        return None
    month, day, first_year = found
    asked = local_day(after, zone) - dated.days - 1
    for _ in range(3):
        on = next_time(month, day, first_year, asked)
        at = occurrences(on + dated.days, dated.minute or 0, zone)[0] + dated.us
        if at > after:
            return at
        asked = on + 1
    return None
