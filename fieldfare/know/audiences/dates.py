"""What is asked of a date: before or after a day, so far ahead, an anniversary; the truth, and when it turns. Pure.

Days are days of the workspace's calendar, so a truth turns with a local midnight, whatever clocks do there. Whoever was
born on 29 February comes round on 28 February where a year has no 29th. An anniversary is of an earlier year: nothing
comes round in the year in which it was.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, assert_never

from fieldfare.ground.instants import Day, Instant, date_of, day_of, day_start, today_in
from fieldfare.know.audiences.model import Ahead, Anniversary, OnDay

Moment = tuple[Day, Instant | None]
"""(day, ``None``) of a date, (0, instant) of an instant."""
Answer = tuple[bool, Instant | None]
"""The truth, and the next instant at which time alone turns it."""
DateRun = Callable[[Any, Instant, Day], Answer]
"""Takes a trait's value, now and today."""

FIRST_DATE, END_DATE = "1900", "3000"
"""Texts of dates and instants before or from these on are placeholders and count as missing."""
LEAP_YEAR = 2000
"""Days of the year are counted in a leap year."""
LEAP_DAY = (2, 29)
MOST_ANNIVERSARY_DAYS = 300
"""A longer stretch would run into the anniversary after."""


def date_run(asks: OnDay | Ahead | Anniversary, zone: str, read: Callable[[str], Moment | None]) -> DateRun:
    """Return the question as a function of the value; ``read`` tells what a text says, ``None`` for no date."""
    match asks:
        case OnDay(relation=relation, day=day):
            return _of_moment(read, _on_day(relation, day, zone))
        case Ahead():
            return _of_moment(read, _ahead(asks, zone))
        case Anniversary(days=days):
            return _anniversary(days, zone, read)
        case _:
            assert_never(asks)


def _of_moment(read: Callable[[str], Moment | None], part: Callable[[Moment, Instant, Day], Answer]) -> DateRun:
    def run(value: Any, now: Instant, today: Day) -> Answer:
        moment = read(value) if type(value) is str else None
        return (False, None) if moment is None else part(moment, now, today)

    return run


def _on_day(relation: str, asked: Day, zone: str) -> Callable[[Moment, Instant, Day], Answer]:
    def part(moment: Moment, _now: Instant, _today: Day) -> Answer:
        day = _day(moment, zone)
        return {"before": day < asked, "after": day > asked, "on": day == asked}[relation], None

    return part


def _ahead(asks: Ahead, zone: str) -> Callable[[Moment, Instant, Day], Answer]:
    span = asks.most if asks.most is not None else asks.least
    assert span is not None, "a distance is asked"
    if span.days is not None:
        near = 0 if asks.least is None else asks.least.days
        far = None if asks.most is None else asks.most.days
        assert near is not None, "days go with days"

        def in_days(moment: Moment, _now: Instant, today: Day) -> Answer:
            day = _day(moment, zone)
            # It comes in `far` days before, and goes out with the day on which it is nearer than `near`.
            truth, turn = between(today, None if far is None else day - far, day - near + 1)
            return truth, None if turn is None else day_start(turn, zone)

        return in_days
    closest = 0 if asks.least is None else asks.least.us
    farthest = None if asks.most is None else asks.most.us

    def in_hours(moment: Moment, now: Instant, _today: Day) -> Answer:
        day, instant = moment
        at = day_start(day, zone) if instant is None else instant
        return between(now, None if farthest is None else at - farthest, at - closest + 1)

    return in_hours


def between(at: int, start: int | None, end: int) -> tuple[bool, int | None]:
    """Return whether ``start <= at < end``, and when that next turns; no start: since ever."""
    if start is not None and start >= end:
        return False, None
    if start is not None and at < start:
        return False, start
    return (True, end) if at < end else (False, None)


def _day(moment: Moment, zone: str) -> Day:
    day, instant = moment
    return day if instant is None else today_in(instant, zone)


def _anniversary(days: int, zone: str, read: Callable[[str], Moment | None]) -> DateRun:
    def run(value: Any, _now: Instant, today: Day) -> Answer:
        found = anniversary_of(value, read)
        if found is None:
            return False, None
        month, day, first_year = found
        following = next_time(month, day, first_year, today)
        truth, turn = between(today, following - days, following + 1)
        return truth, None if turn is None else day_start(turn, zone)

    return run


def anniversary_of(value: Any, read: Callable[[str], Moment | None]) -> tuple[int, int, int] | None:
    """Return month and day that come round, and the first year in which they do.

    Of a date, or of a number from 1 to 366: the day of a leap year. ``None`` for anything else.
    """
    if type(value) is str:
        moment = read(value)
        if moment is None or moment[1] is not None:
            return None
        found = date_of(moment[0])
        return found.month, found.day, found.year + 1
    if type(value) in {int, float} and 1 <= value <= 366 and value == int(value):  # noqa: PLR2004 - days of a year
        found = date.fromordinal(date(LEAP_YEAR, 1, 1).toordinal() + int(value) - 1)
        return found.month, found.day, 1
    return None


@lru_cache(maxsize=16_384)
def next_time(month: int, day: int, first_year: int, today: Day) -> Day:
    """Return the first day, from today on, on which the day of the year comes round."""
    year = max(date_of(today).year, first_year)
    at = _in_year(month, day, year)
    return at if at >= today else _in_year(month, day, year + 1)


def _in_year(month: int, day: int, year: int) -> Day:
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day_of(date(year, month, day if is_leap or (month, day) != LEAP_DAY else day - 1))


def days_that_come_round(today: Day, days: int) -> list[tuple[int, str]]:
    """Return (year, ``MM-DD``) of all days of the year that come round today or within the next ``days`` days."""
    found: list[tuple[int, str]] = []
    for day in range(today, today + days + 1):
        on = date_of(day)
        found.append((on.year, f"{on.month:02}-{on.day:02}"))
        if (on.month, on.day) == (2, 28) and date_of(day + 1).month != LEAP_DAY[0]:
            found.append((on.year, "02-29"))
    return found
