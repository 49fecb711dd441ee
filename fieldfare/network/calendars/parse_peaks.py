"""From the peak of a season as written to its days, with every problem at once. Pure.

Holidays are looked up here, once, so that the season carries their days.
"""

from datetime import date
from typing import get_args

import msgspec

from fieldfare.ground.instants import Day, day_of
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.network.calendars.files import AnchorEntry, CorrectionEntry, HolidaysEntry, PeakEntry, Weekday
from fieldfare.network.calendars.holiday_table import FIRST_YEAR, Correction, UnknownPlaceError, days_of, table
from fieldfare.network.calendars.model import Anchor, Breaks, HolidayDay, IsoWeek, NthWeekday

_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAYS: tuple[str, ...] = get_args(Weekday)
_MOST_SHIFT = 180
_FORMS = "Write `MM-DD`, or `week`, or `nth`, `weekday` and `month`, or `holiday`."


class HolidaysMeant(msgspec.Struct, frozen=True):
    """Whose holidays a file means, and what it corrects."""

    country: str | None = None
    subdivision: str | None = None
    corrections: tuple[Correction, ...] = ()


class Peak(msgspec.Struct, frozen=True):
    """The peak of a season: from a day to a day, or school breaks."""

    starts: Anchor = ""
    ends: Anchor = ""
    breaks: Breaks | None = None


def parse_holidays(entry: HolidaysEntry | None, problems: list[Problem]) -> HolidaysMeant:
    """Return whose holidays are meant; ``problems`` gets those of places and corrections."""
    if entry is None:
        return HolidaysMeant()
    if entry.country is not None:
        _known(entry.country, entry.subdivision, ("holidays",), problems)
    elif entry.subdivision is not None:
        why, fix = "a subdivision is one of a country", "Write `country` beside it."
        problems.append(Problem(("holidays", "subdivision"), "`subdivision` stands alone", why, fix))
    corrections = []
    for index, each in enumerate(entry.corrections):
        found = _correction(each, ("holidays", "corrections", index), problems)
        corrections += [found] if found is not None else []
    return HolidaysMeant(entry.country, entry.subdivision, tuple(corrections))


def _correction(entry: CorrectionEntry, path: Path, problems: list[Problem]) -> Correction | None:
    if (entry.on is None) == (entry.not_in is None):
        why, fix = "a correction says one thing about one year", "Write either `on` or `not_in`."
        problems.append(Problem(path, "`on` and `not_in` exclude each other, and one is needed", why, fix))
        return None
    if entry.not_in is not None:
        return Correction(entry.holiday, entry.not_in, None)
    day = parse_day(entry.on, (*path, "on"), problems)
    return None if day is None else Correction(entry.holiday, int(str(entry.on)[:4]), day)


def parse_day(text: str | None, path: Path, problems: list[Problem]) -> Day | None:
    """Return the day of ``YYYY-MM-DD``."""
    try:
        return day_of(date.fromisoformat(text or ""))
    except ValueError:
        fix = "Write a date such as `2027-10-31`."
        problems.append(Problem(path, f"`{text}` is no date", "no calendar has that day", fix))
        return None


def parse_peak(entry: PeakEntry, path: Path, meant: HolidaysMeant, problems: list[Problem]) -> Peak | None:
    """Return the peak, or ``None`` and the problems."""
    if entry.school_breaks is not None:
        if entry.first is not None or entry.last is not None:
            why, fix = "each break says its own days", "Remove `from` and `to`, or `school_breaks`."
            problems.append(Problem(path, "`school_breaks` stands beside `from` or `to`", why, fix))
            return None
        return Peak(breaks=Breaks(entry.school_breaks, entry.named))
    if entry.named is not None:
        why, fix = "it chooses among school breaks", "Write `school_breaks`, or remove it."
        problems.append(Problem((*path, "named"), "`named` stands alone", why, fix))
        return None
    if entry.first is None or entry.last is None:
        key = "from" if entry.first is None else "to"
        why, fix = "a peak has a first and a last day", "Write both `from` and `to`, or `school_breaks`."
        problems.append(Problem(path, f"`{key}` is missing", why, fix))
        return None
    starts = _anchor(entry.first, (*path, "from"), meant, problems)
    ends = _anchor(entry.last, (*path, "to"), meant, problems)
    return None if starts is None or ends is None else Peak(starts, ends)


def _anchor(said: str | AnchorEntry, path: Path, meant: HolidaysMeant, problems: list[Problem]) -> Anchor | None:
    if isinstance(said, str):
        month, day = int(said[:2]), int(said[3:])
        if 1 <= month <= len(_MONTH_LENGTHS) and 1 <= day <= _MONTH_LENGTHS[month - 1]:
            return said
        fix = "Write `MM-DD`, for example `01-02`."
        problems.append(Problem(path, f"`{said}` is no day of the year", "the peak needs real days", fix))
        return None
    forms = [said.week is not None, said.nth is not None or said.month is not None, said.holiday is not None]
    if sum(forms) != 1:
        what = "nothing says which day is meant" if not any(forms) else "several ways to say a day stand together"
        problems.append(Problem(path, what, "a day is said in one way", _FORMS))
        return None
    shift = _shift(said.shift, (*path, "shift"), problems)
    if said.holiday is None and (said.country is not None or said.subdivision is not None):
        key = "country" if said.country is not None else "subdivision"
        why, fix = "only holidays are of a country", "Remove it."
        problems.append(Problem((*path, key), f"`{key}` says nothing here", why, fix))
        return None
    weekday = _WEEKDAYS.index(said.weekday) if said.weekday is not None else 0
    if said.week is not None:
        return IsoWeek(said.week, weekday, shift)
    if said.holiday is not None:
        return _holiday(said, path, meant, shift, problems)
    if said.nth is None or said.month is None or said.weekday is None:
        fix = "Write all three, for example `{nth: 4, weekday: thursday, month: 11}`."
        problems.append(Problem(path, "`nth`, `weekday` and `month` belong together", "one of them is missing", fix))
        return None
    return NthWeekday(-1 if said.nth == "last" else said.nth, weekday, said.month, shift)


def _shift(text: str | None, path: Path, problems: list[Problem]) -> int:
    if text is None:
        return 0
    duration = parse_duration(text.strip().removeprefix("-").strip())
    days = None if isinstance(duration, str) else duration.days
    if days is None or days > _MOST_SHIFT:
        fix = "Write days or weeks, with a minus sign for earlier: `-3 days`."
        why = f"a day moves by whole days, {_MOST_SHIFT} at most"
        problems.append(Problem(path, f"`{text}` is no shift", why, fix))
        return 0
    return -days if text.strip().startswith("-") else days


def _holiday(
    said: AnchorEntry, path: Path, meant: HolidaysMeant, shift: int, problems: list[Problem]
) -> HolidayDay | None:
    assert said.holiday is not None
    country = said.country or meant.country
    subdivision = said.subdivision or (meant.subdivision if said.country in {None, meant.country} else None)
    if country is None:
        corrected = days_of(said.holiday, {}, meant.corrections)
        if corrected is not None:
            return HolidayDay(said.holiday, "", None, FIRST_YEAR, corrected, shift)
        fix = "Write `country`, here or under `holidays`."
        problems.append(Problem(path, f"`{said.holiday}` has no country", "holidays are those of a country", fix))
        return None
    known = _known(country, subdivision, path, problems)
    if known is None:
        return None
    days = days_of(said.holiday, known, meant.corrections)
    if days is None:
        place = country if subdivision is None else f"{country}-{subdivision}"
        fix = nearest(said.holiday, known) or "Add it under `holidays.corrections`, year by year."
        what = f"`{said.holiday}` is no holiday of {place}"
        problems.append(Problem((*path, "holiday"), what, "the tables do not know it", fix))
        return None
    return HolidayDay(said.holiday, country, subdivision, FIRST_YEAR, days, shift)


def _known(
    country: str, subdivision: str | None, path: Path, problems: list[Problem]
) -> dict[str, tuple[Day, ...]] | None:
    try:
        return dict(table(country, subdivision))
    except UnknownPlaceError as error:
        said = country if error.what == "country" else str(subdivision)
        fix = nearest(said, error.known) or f"Known are {', '.join(error.known) or 'none'}."
        what = f"there are no holidays of the {error.what} `{said}`"
        problems.append(Problem((*path, error.what), what, "the tables do not know it", fix))
        return None
