"""Holidays by country and subdivision, as tables of years, with corrections; and whether a table is plausible. Pure.

The tables are those of the package ``holidays``, whose version is told with them: they are incomplete, partly wrong and
partly estimated, so a season carries the days that were looked up, a plan shows when they change, corrections come
first, and what looks wrong is said.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

import msgspec

from fieldfare.ground.instants import Day, date_of, day_of

FIRST_YEAR, LAST_YEAR = 2000, 2050
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
_PARTS = ("; ", " / ")
_LEAST_GAP, _MOST_GAP = 320, 410
"""Days between a holiday and the next: a lunar one comes after 354 or so, Easter after 330 to 400."""
_PRACTICAL = range(2022, 2041)
"""Years in which a holiday that is meant for a season ought to be there."""


class Correction(msgspec.Struct, frozen=True):
    """In this year the holiday is on this day; ``None``: it is not held."""

    holiday: str
    year: int
    day: Day | None


class UnknownPlaceError(Exception):
    """There are no tables of that country or subdivision; ``known`` are the names that there are."""

    def __init__(self, what: str, known: Iterable[str]) -> None:
        """Tell which."""
        super().__init__(what)
        self.what, self.known = what, tuple(known)


def version() -> str:
    """Return the version of the tables."""
    from holidays.version import __version__  # noqa: PLC0415 - the package is large; few workspaces need it

    return str(__version__)


@lru_cache(maxsize=64)
def table(country: str, subdivision: str | None = None) -> Mapping[str, tuple[Day, ...]]:
    """Return the days of every holiday by its English name, over all years. Raises :class:`UnknownPlaceError`."""
    import holidays  # noqa: PLC0415 - the package is large; few workspaces need it

    supported = holidays.list_supported_countries(include_aliases=False)
    if country not in supported:
        raise UnknownPlaceError("country", supported)
    if subdivision is not None and subdivision not in supported[country]:
        raise UnknownPlaceError("subdivision", supported[country])
    languages = holidays.list_localized_countries().get(country, [])
    language = next((each for each in ("en_US", "en_GB", "en") if each in languages), None)
    found = holidays.country_holidays(country, subdiv=subdivision, years=YEARS, observed=False, language=language)
    days: dict[str, list[Day]] = {}
    for on, names in found.items():
        for name in _split(names):
            days.setdefault(name, []).append(day_of(on))
    return {name: tuple(sorted(each)) for name, each in sorted(days.items())}


def _split(names: str) -> list[str]:
    parts = [names]
    for mark in _PARTS:
        parts = [piece for part in parts for piece in part.split(mark)]
    return [part.strip().removesuffix(" (estimated)") for part in parts]


def days_of(
    holiday: str, known: Mapping[str, tuple[Day, ...]], corrections: Iterable[Correction]
) -> tuple[Day | None, ...] | None:
    """Return the day of the holiday in every year of :data:`YEARS`, corrected; ``None`` when nothing knows its name."""
    asked = holiday.casefold()
    matching = [days for name, days in known.items() if name.casefold() == asked]
    by_year: dict[int, Day | None] = {}
    for day in sorted((day for days in matching for day in days), reverse=True):
        by_year[date_of(day).year] = day  # of two in one year the first counts
    corrected = [each for each in corrections if each.holiday.casefold() == asked]
    if not matching and not corrected:
        return None
    by_year |= {each.year: each.day for each in corrected}
    return tuple(by_year.get(year) for year in YEARS)


def doubts(holiday: str, days: tuple[Day | None, ...]) -> list[str]:
    """Return what looks wrong in the days of one holiday, as sentences; nothing when it looks right."""
    held = [(year, day) for year, day in zip(YEARS, days, strict=True) if year in _PRACTICAL]
    missing = [year for year, day in held if day is None]
    told = []
    if missing:
        years = _years(missing)
        told.append(f"no table knows `{holiday}` in {years}, so the season has no peak then")
    known = [(year, day) for year, day in held if day is not None]
    for (year, one), (following, other) in pairwise(known):
        if following == year + 1 and not _LEAST_GAP <= other - one <= _MOST_GAP:
            told.append(f"`{holiday}` is {other - one} days later in {following} than in {year}")
    return told


def _years(years: list[int]) -> str:
    runs: list[tuple[int, int]] = []
    for year in years:
        if runs and runs[-1][1] == year - 1:
            runs[-1] = runs[-1][0], year
        else:
            runs.append((year, year))
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in runs)
