"""The days of a season's peaks in one year: dates, ISO weeks, weekdays of a month, holidays, school breaks. Pure.

What moves is looked up in tables that the season carries, so the same season gives the same days whatever is installed.
A year that a table does not know has no peak. It knows no time zone and no instant.
"""

from calendar import monthrange
from datetime import date, timedelta

import msgspec

from fieldfare.ground.instants import Day, date_of, day_of
from fieldfare.network.calendars.model import Anchor, HolidayDay, IsoWeek, NthWeekday, Season, Spell, Variant

_WEEK = 7
_MONTHS = 12
_WEEKS = 52
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def day_in(anchor: Anchor, year: int) -> Day | None:
    """Return the day of the anchor in the year; ``None`` where its table does not know it."""
    match anchor:
        case str():
            month, day = int(anchor[:2]), int(anchor[3:])
            return day_of(date(year, month, min(day, monthrange(year, month)[1])))
        case IsoWeek():
            last = date(year, _MONTHS, 28).isocalendar().week
            return day_of(date.fromisocalendar(year, min(anchor.week, last), anchor.weekday + 1)) + anchor.shift_days
        case NthWeekday():
            return _nth(anchor, year) + anchor.shift_days
        case HolidayDay():
            index = year - anchor.first_year
            known = anchor.days[index] if 0 <= index < len(anchor.days) else None
            return None if known is None else known + anchor.shift_days


def _nth(anchor: NthWeekday, year: int) -> Day:
    length = monthrange(year, anchor.month)[1]
    if anchor.nth > 0:
        first = date(year, anchor.month, 1)
        return day_of(first) + (anchor.weekday - first.weekday()) % _WEEK + _WEEK * (anchor.nth - 1)
    last = date(year, anchor.month, length)
    return day_of(last - timedelta(days=(last.weekday() - anchor.weekday) % _WEEK))


def peaks_in(season: Season, year: int) -> tuple[Spell, ...]:
    """Return first and last day of the peaks that belong to the year, in order; the last may end in the next one.

    A school break belongs to the year in which it begins.
    """
    if season.breaks is not None:
        return tuple(spell for spell in season.breaks.spells if date_of(spell[0]).year == year)
    first, last = day_in(season.starts, year), day_in(season.ends, year)
    if first is None or last is None:
        return ()
    dates = isinstance(season.starts, str) and isinstance(season.ends, str)
    if str(season.ends) < str(season.starts) if dates else last < first:  # 28 and 29 February may be one day
        following = day_in(season.ends, year + 1)
        if following is None:
            return ()
        last = following
    said = next((each for each in season.exact if each.year == year), None)
    if said is None:
        return ((first, last),)
    first = first if said.first_day is None else said.first_day
    return ((first, max(first, last) if said.last_day is None else said.last_day),)


def mirrored(season: Season) -> Season:
    """Return the season half a year later, for the other hemisphere; the n-th weekday stays the n-th."""
    return msgspec.structs.replace(season, starts=_half_a_year_on(season.starts), ends=_half_a_year_on(season.ends))


def _half_a_year_on(anchor: Anchor) -> Anchor:
    match anchor:
        case "" | HolidayDay():
            return anchor
        case str():
            month = (int(anchor[:2]) + 5) % _MONTHS + 1
            last_before = int(anchor[3:]) >= monthrange(2025, int(anchor[:2]))[1]
            length = _MONTH_LENGTHS[month - 1]
            return f"{month:02}-{length if last_before else min(int(anchor[3:]), length):02}"
        case IsoWeek():
            return msgspec.structs.replace(anchor, week=(anchor.week + _WEEKS // 2 - 1) % _WEEKS + 1)
        case NthWeekday():
            return msgspec.structs.replace(anchor, month=(anchor.month + 5) % _MONTHS + 1)


def varied(season: Season, variant: Variant) -> Season:
    """Return the season as it runs where the variant holds."""
    moved = variant.breaks is not None or variant.starts != ""
    return msgspec.structs.replace(
        season,
        starts=variant.starts if moved else season.starts,
        ends=variant.ends if moved else season.ends,
        breaks=variant.breaks if moved else season.breaks,
        prepare_days=season.prepare_days if variant.prepare_days is None else variant.prepare_days,
        cool_down_days=season.cool_down_days if variant.cool_down_days is None else variant.cool_down_days,
        at=(),
        exact=() if moved else season.exact,
    )
