"""From ``seasons.yaml`` and school calendars to nouns, with every problem at once. Pure.

Other files check whether locations exist. School breaks are linked when all files are read (:func:`link_breaks`).
"""

from collections.abc import Mapping
from itertools import pairwise

import msgspec

from fieldfare.ground.instants import date_of
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.network.calendars.files import ExactEntry, SchoolCalendarFile, SeasonEntry, SeasonsFile, VariantEntry
from fieldfare.network.calendars.holiday_table import YEARS
from fieldfare.network.calendars.model import (
    Breaks,
    Exact,
    HolidayDay,
    Phase,
    SchoolBreak,
    SchoolCalendar,
    Season,
    Spell,
    Variant,
)
from fieldfare.network.calendars.parse_peaks import HolidaysMeant, parse_day, parse_holidays, parse_peak
from fieldfare.network.calendars.peaks import peaks_in, varied

_SHORTEST_YEAR = 365
_LEAP_YEAR = 2024


def _days(text: str | None, path: Path, problems: list[Problem]) -> int:
    if text is None:
        return 0
    duration = parse_duration(text)
    if isinstance(duration, str):
        problems.append(Problem(path, f"`{text}` is no duration", "a phase lasts whole days", duration))
        return 0
    if duration.days is None:
        problems.append(
            Problem(
                path,
                f"`{text}` is shorter than a day",
                "a phase lasts whole days",
                "Write days or weeks, for example `28 days`.",
            )
        )
        return 0
    return duration.days


def _season(entry: SeasonEntry, path: Path, meant: HolidaysMeant, problems: list[Problem]) -> Season | None:
    before = len(problems)
    peak = parse_peak(entry.peak, (*path, "peak"), meant, problems)
    prepare = _days(entry.prepare, (*path, "prepare"), problems)
    cool_down = _days(entry.cool_down, (*path, "cool_down"), problems)
    if entry.season in set(Phase):
        problems.append(
            Problem(
                (*path, "season"),
                f"`{entry.season}` is the name of a phase",
                "`in_phase` could mean either",
                "Choose another name.",
            )
        )
    exact = [_exact(each, (*path, "exact", index), problems) for index, each in enumerate(entry.exact)]
    variants = [_variant(each, (*path, "at", index), meant, problems) for index, each in enumerate(entry.at)]
    problems += _named_twice(entry, path)
    if peak is None or len(problems) > before:
        return None
    season = Season(
        entry.season,
        peak.starts,
        peak.ends,
        prepare,
        cool_down,
        tuple(entry.locations),
        entry.priority,
        entry.mirrored,
        peak.breaks,
        tuple(each for each in variants if each is not None),
        tuple(exact),
    )
    if entry.mirrored and (peak.breaks is not None or any(isinstance(x, HolidayDay) for x in (peak.starts, peak.ends))):
        why, fix = "holidays and school breaks have dates of their own in the south", "Write them under `at`."
        problems.append(Problem((*path, "mirrored"), f"`{entry.season}` cannot be mirrored", why, fix))
        return None
    problems += _length_problem(season, (*path, "peak"))
    for index, variant in enumerate(season.at):
        problems += _length_problem(varied(season, variant), (*path, "at", index))
    return season if len(problems) == before else None


def _exact(entry: ExactEntry, path: Path, problems: list[Problem]) -> Exact:
    """Return the days of one year, near that year and in order."""
    days = []
    for key, text in (("from", entry.first), ("to", entry.last)):
        day = None if text is None else parse_day(text, (*path, key), problems)
        if day is not None and abs(date_of(day).year - entry.year) > 1:
            fix = "Write a date in that year, or correct `year`."
            problems.append(Problem((*path, key), f"`{text}` is not near {entry.year}", "it is that year's peak", fix))
        days.append(day)
    first, last = days
    if entry.first is None and entry.last is None:
        problems.append(Problem(path, "the entry says nothing", "it changes no day", "Write `from`, `to` or both."))
    if first is not None and last is not None and last < first:
        problems.append(Problem((*path, "to"), f"`{entry.last}` comes before `from`", "", "Write a later day."))
    return Exact(entry.year, first, last)


def _variant(entry: VariantEntry, path: Path, meant: HolidaysMeant, problems: list[Problem]) -> Variant | None:
    peak = None if entry.peak is None else parse_peak(entry.peak, (*path, "peak"), meant, problems)
    if entry.peak is None and entry.prepare is None and entry.cool_down is None:
        why, fix = "nothing is different there", "Write `peak`, `prepare` or `cool_down`, or remove the entry."
        problems.append(Problem(path, "the entry says nothing", why, fix))
    prepare = None if entry.prepare is None else _days(entry.prepare, (*path, "prepare"), problems)
    cool_down = None if entry.cool_down is None else _days(entry.cool_down, (*path, "cool_down"), problems)
    if peak is None:
        return Variant(tuple(entry.locations), prepare_days=prepare, cool_down_days=cool_down)
    return Variant(tuple(entry.locations), peak.starts, peak.ends, peak.breaks, prepare, cool_down)


def _named_twice(entry: SeasonEntry, path: Path) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for index, each in enumerate(entry.at):
        for place, name in enumerate(each.locations):
            if name in seen:
                why, fix = "only one entry can hold there", "Leave it in one of them."
                at = (*path, "at", index, "locations", place)
                problems.append(Problem(at, f"`{name}` stands in two entries", why, fix))
            seen.add(name)
    return problems


def _length_problem(season: Season, path: Path) -> list[Problem]:
    """Tell a season that would overlap itself, or whose peak runs backwards in some year."""
    around = season.prepare_days + season.cool_down_days
    if season.breaks is not None:
        length = around
    elif isinstance(season.starts, str) and isinstance(season.ends, str):
        first, last = peaks_in(season, _LEAP_YEAR)[0]
        length = last - first + 1 + around
    else:
        peaks = [(year, spell) for year in YEARS for spell in peaks_in(season, year)]
        lengths = [last - first + 1 for _, (first, last) in peaks]
        uneven = next((year for year, (a, b) in peaks if (b - a + 1) - min(lengths) > _SHORTEST_YEAR // 2), None)
        if uneven is not None:
            why = f"in {uneven} the last day comes before the first, so the peak would last into the next year"
            return [Problem(path, f"`{season.name}` runs backwards", why, "Shift one of its ends.")]
        gaps = [after[1][0] - before[1][0] for before, after in pairwise(peaks)]
        length = max(lengths, default=0) + around + max(0, _SHORTEST_YEAR - min(gaps, default=_SHORTEST_YEAR))
    if length <= _SHORTEST_YEAR:
        return []
    why = f"preparation, peak and cool-down take {length} days together, and a year may have {_SHORTEST_YEAR}"
    return [Problem(path, f"`{season.name}` overlaps itself", why, "Shorten one of them.")]


def parse_seasons(file: SeasonsFile) -> tuple[tuple[Season, ...] | None, list[Problem]]:
    """Return the seasons, or ``None`` and the problems: impossible days, unknown durations, doubled names, overlaps."""
    problems: list[Problem] = []
    meant = parse_holidays(file.holidays, problems)
    seasons: dict[str, Season] = {}
    names: set[str] = set()
    for index, entry in enumerate(file.seasons):
        path: Path = ("seasons", index)
        if entry.season in names:
            problems.append(
                Problem(
                    (*path, "season"),
                    f"`{entry.season}` is declared twice",
                    "conditions name one season",
                    "Rename one of them, or write under `at` how it runs elsewhere.",
                )
            )
        names.add(entry.season)
        season = _season(entry, path, meant, problems)
        if season is not None:
            seasons[season.name] = season
    return (None, problems) if problems else (tuple(seasons.values()), [])


def parse_school_calendar(file: SchoolCalendarFile) -> tuple[SchoolCalendar | None, list[Problem]]:
    """Return the breaks in order, or ``None`` and the problems: days that are none."""
    problems: list[Problem] = []
    breaks = []
    for index, entry in enumerate(file.breaks):
        first = parse_day(entry.first, ("breaks", index), problems)
        last = parse_day(entry.last, ("breaks", index), problems)
        if first is not None and last is not None:
            breaks.append(SchoolBreak(entry.name, first, last))
    if problems:
        return None, problems
    return SchoolCalendar(file.calendar, tuple(sorted(breaks, key=lambda each: (each.first_day, each.last_day)))), []


def link_breaks(seasons: tuple[Season, ...], calendars: Mapping[str, SchoolCalendar]) -> tuple[Season, ...]:
    """Return the seasons with the days of the school breaks that they name; unknown calendars have none."""

    def linked(breaks: Breaks | None) -> Breaks | None:
        if breaks is None:
            return None
        return msgspec.structs.replace(breaks, spells=_spells(breaks, calendars.get(breaks.calendar)))

    return tuple(
        msgspec.structs.replace(
            season,
            breaks=linked(season.breaks),
            at=tuple(msgspec.structs.replace(each, breaks=linked(each.breaks)) for each in season.at),
        )
        for season in seasons
    )


def _spells(breaks: Breaks, calendar: SchoolCalendar | None) -> tuple[Spell, ...]:
    found = () if calendar is None else calendar.breaks
    asked = (breaks.named or "").casefold()
    return tuple((each.first_day, each.last_day) for each in found if asked in each.name.casefold())
