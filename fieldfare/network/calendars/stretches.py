"""The days of a season's phases in one year. Pure; knows no time zone and no instant."""

from calendar import monthrange
from datetime import date

from fieldfare.ground.instants import Day, day_of
from fieldfare.network.calendars.model import Phase, Season, Stretch


def _day(year: int, month_day: str) -> Day:
    """Return the day of ``MM-DD`` in the year; 02-29 is the last day of February, whatever the year."""
    month, day = int(month_day[:2]), int(month_day[3:])
    return day_of(date(year, month, min(day, monthrange(year, month)[1])))


def peak_of(season: Season, year: int) -> tuple[Day, Day]:
    """Return first and last day of the peak that begins in the year; it may end in the next one."""
    first = _day(year, season.starts)
    return first, _day(year + (season.ends < season.starts), season.ends)


def stretches(season: Season, year: int) -> tuple[Stretch, ...]:
    """Return the phases around the peak that begins in the year, in order, without those that last no day."""
    first, last = peak_of(season, year)
    phases = (
        Stretch(season.name, Phase.PREPARE, first - season.prepare_days, first - 1),
        Stretch(season.name, Phase.PEAK, first, last),
        Stretch(season.name, Phase.COOL_DOWN, last + 1, last + season.cool_down_days),
    )
    return tuple(stretch for stretch in phases if stretch.first_day <= stretch.last_day)


def phase_on(season: Season, day: Day) -> tuple[Phase, Day | None]:
    """Return the phase on the day, and the first later day with another phase (``None``: it never changes)."""
    year = date.fromordinal(day + date(1970, 1, 1).toordinal()).year
    around = [stretch for each in range(year - 1, year + 3) for stretch in stretches(season, each)]
    phase, until = _span(around, day)
    while until is not None and until <= around[-1].last_day:
        following, later = _span(around, until)
        if following is not phase:
            return phase, until
        until = later
    return phase, None  # it lasts beyond the years looked at, so it is the whole year


def _span(around: list[Stretch], day: Day) -> tuple[Phase, Day | None]:
    """Return the phase on the day and the day after its stretch ends."""
    for stretch in around:
        if stretch.first_day <= day <= stretch.last_day:
            return stretch.phase, stretch.last_day + 1
    later = [stretch.first_day for stretch in around if stretch.first_day > day]
    return Phase.OFF, min(later) if later else None
