"""Seasons that the history of an event suggests, for a person to accept: days, factor, reason, entry of the file. Pure.

A season that is declared already and fits is not proposed again; one whose peak lies elsewhere in the data is proposed
with its declared name, as a change.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from fieldfare.ground.instants import day_of
from fieldfare.learn.forecast.profile import YEAR, Peak, Profile, day_of_year, month_day, peaks_of
from fieldfare.network.calendars.model import Season
from fieldfare.network.calendars.peaks import peaks_in

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_FITS_DAYS = 10
_LEAST_FACTOR = 1.3


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A season for one place, learnt from one event; days are ``MM-DD``, both ends in."""

    season: str
    event: str
    place: str | None
    """Location or region; ``None``: everywhere."""
    starts: str
    ends: str
    prepare_days: int
    cool_down_days: int
    factor: float
    seen: int
    looked_at: int
    growth: float | None = None
    """Of a year over the year before."""
    replaces: str | None = None
    """The declared season whose days it would change."""

    def sentence(self) -> str:
        """Return the proposal as a question."""
        where = "everywhere" if self.place is None else f"in {self.place}"
        prepare = month_day(_of_year(self.starts) - self.prepare_days)
        grown = "" if self.growth is None else f" Volume is {self.growth:+.0%} on the year before."
        change = "" if self.replaces is None else f" The season {self.replaces} has other days."
        years = f"in {self.seen} of {self.looked_at} years" if self.looked_at > 1 else "in the one year there is"
        return (
            f"{self.event} {where} peaks from {self.starts} to {self.ends} at {self.factor:.1f}x of quiet days, seen "
            f"{years}.{grown}{change} Prepare from {prepare}?"
        )

    def entry(self) -> dict[str, object]:
        """Return the entry of ``seasons.yaml``."""
        found: dict[str, object] = {
            "season": self.season,
            "peak": {"from": self.starts, "to": self.ends},
            "prepare": f"{self.prepare_days} days",
            "cool_down": f"{self.cool_down_days} days",
        }
        return found if self.place is None else found | {"locations": [self.place]}


def propose(
    event: str,
    place: str | None,
    profile: Profile,
    growth: float | None,
    declared: Sequence[Season],
    year: int,
) -> list[Proposal]:
    """Return what is to be proposed for the place; ``declared`` are the seasons that run there."""
    found = []
    names = {season.name for season in declared}
    for peak in peaks_of(profile):
        if peak.factor < _LEAST_FACTOR:
            continue
        match = next((season for season in declared if _meets(season, peak, year)), None)
        if match is not None and _fits(match, peak, year):
            continue
        name = match.name if match is not None else _name(peak, names)
        names.add(name)
        found.append(
            Proposal(
                season=name,
                event=event,
                place=place,
                starts=month_day(peak.first),
                ends=month_day(peak.last),
                prepare_days=peak.prepare_days,
                cool_down_days=peak.cool_down_days,
                factor=round(peak.factor, 2),
                seen=peak.seen,
                looked_at=peak.looked_at,
                growth=None if growth is None else round(growth, 3),
                replaces=None if match is None else match.name,
            )
        )
    return found


def _of_year(text: str) -> int:
    return day_of_year(day_of(date(2025, int(text[:2]), int(text[3:]))))


def _days(peak: Peak) -> set[int]:
    return {(peak.first + each) % YEAR for each in range((peak.last - peak.first) % YEAR + 1)}


def _meets(season: Season, peak: Peak, year: int) -> bool:
    days = _days(peak)
    return any(day_of_year(day) in days for first, last in peaks_in(season, year) for day in range(first, last + 1))


def _fits(season: Season, peak: Peak, year: int) -> bool:
    """Return whether some peak of the season begins and ends within days of the one in the data."""
    return any(
        _apart(day_of_year(first), peak.first) <= _FITS_DAYS and _apart(day_of_year(last), peak.last) <= _FITS_DAYS
        for first, last in peaks_in(season, year)
    )


def _apart(one: int, other: int) -> int:
    away = abs(one - other) % YEAR
    return min(away, YEAR - away)


def _name(peak: Peak, taken: set[str]) -> str:
    middle = (peak.first + (peak.last - peak.first) % YEAR // 2) % YEAR
    month = MONTHS[int(month_day(middle)[:2]) - 1]
    return next(name for name in (month, *(f"{month}-{number}" for number in range(2, YEAR))) if name not in taken)
