"""The days of a season's phases. Pure; knows no time zone and no instant.

Where the phases of two peaks of one season meet (school breaks, holidays that move), a day is of the peak before it is
of a preparation, and of a preparation before it is of a cool-down.
"""

from datetime import date
from itertools import pairwise

from fieldfare.ground.instants import Day, date_of
from fieldfare.network.calendars.model import Phase, Season, Stretch
from fieldfare.network.calendars.peaks import peaks_in

_YEARS_BEFORE, _YEARS_AFTER = 2, 3
_ORDER = (Phase.PEAK, Phase.PREPARE, Phase.COOL_DOWN)


def stretches(season: Season, year: int) -> tuple[Stretch, ...]:
    """Return the phases around the peaks of the year, peak by peak, without those that last no day."""
    found = []
    for first, last in peaks_in(season, year):
        found += [
            Stretch(season.name, Phase.PREPARE, first - season.prepare_days, first - 1),
            Stretch(season.name, Phase.PEAK, first, last),
            Stretch(season.name, Phase.COOL_DOWN, last + 1, last + season.cool_down_days),
        ]
    return tuple(stretch for stretch in found if stretch.first_day <= stretch.last_day)


def timeline(season: Season, first_year: int, last_year: int) -> list[Stretch]:
    """Return the phases of the peaks of these years in order, one on each day; none on days that are off."""
    years = range(max(date.min.year + 1, first_year), min(date.max.year - 2, last_year) + 1)
    line = [stretch for year in years for stretch in stretches(season, year)]
    if all(one.last_day < other.first_day for one, other in pairwise(line)):
        return _merged(line)
    cuts = sorted({day for each in line for day in (each.first_day, each.last_day + 1)})
    parted = []
    for first, following in pairwise(cuts):
        phases = {each.phase for each in line if each.first_day <= first <= each.last_day}
        held = next((phase for phase in _ORDER if phase in phases), None)
        if held is not None:
            parted.append(Stretch(season.name, held, first, following - 1))
    return _merged(parted)


def _merged(line: list[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for each in line:
        before = merged[-1] if merged else None
        if before is not None and before.phase is each.phase and before.last_day + 1 == each.first_day:
            merged[-1] = Stretch(each.season, each.phase, before.first_day, each.last_day)
        else:
            merged.append(each)
    return merged


def phase_on(season: Season, day: Day) -> tuple[Phase, Day | None]:
    """Return the phase on the day, and the first later day with another phase (``None``: it never changes)."""
    year = date_of(day).year
    line = timeline(season, year - _YEARS_BEFORE, year + _YEARS_AFTER)
    for stretch in line:
        if stretch.first_day <= day <= stretch.last_day:
            # A stretch that lasts beyond the years looked at is the whole year.
            goes_on = stretch is line[-1] and bool(peaks_in(season, year + _YEARS_AFTER + 1))
            return stretch.phase, None if goes_on else stretch.last_day + 1
        if stretch.first_day > day:
            return Phase.OFF, stretch.first_day
    return Phase.OFF, None
