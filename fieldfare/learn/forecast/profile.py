"""The season of a series: its profile through the year, its peaks, its growth. Pure.

The profile is the usual volume of each day of the year over the year's mean (1: as much as usual), weekdays and slow
growth taken out. A peak is where the profile stands above 1.15 and above half the way from its quiet days to its
height; what rises before it is its preparation, what falls after it its cool-down.
"""

from datetime import date

import msgspec
import numpy as np

from fieldfare.ground.instants import date_of, day_of
from fieldfare.learn.forecast.forecast import lacking, trimmed
from fieldfare.learn.forecast.model import Bools, Floats, Ints, Lack, NotComputable, Series

YEAR = 365
_WEEK = 7
_WEEKS_YEAR = 52 * _WEEK
_SMOOTH = 7
_PEAK_LEVEL = 1.15
_RISING = 1.0
_QUIET_QUANTILE = 0.3
_LEAST_PEAK = 7
_MOST_GAP = 10
_MOST_PEAK = 200
_LEAST_LEAD, _MOST_LEAD = 28, 56
_LEAST_TAIL, _MOST_TAIL = 7, 28
_MOST_GROWTH = 20.0
_SURE = 2.5
"""A peak stands out by so many standard errors; with one year seen, nothing tells chance from season but this."""


class Profile(msgspec.Struct, frozen=True):
    """Index of each day of a year of 365 days (0 is 1 January), how many years were seen, and the quiet level."""

    index: Floats
    years: float
    quiet: float
    noise: float
    """How far the smoothed days of single years lie off the index, as a standard deviation."""
    by_year: tuple[Floats, ...]
    """The smoothed index of each single year, as far as it was seen; NaN elsewhere."""


class Peak(msgspec.Struct, frozen=True):
    """A recurring peak: days of the year, 0 to 364; ``last`` before ``first`` runs over the new year."""

    first: int
    last: int
    prepare_days: int
    cool_down_days: int
    factor: float
    """Mean volume of its days over that of quiet ones."""
    seen: int
    """Years in which it was there."""
    looked_at: int
    """Years in which it could have been."""


def day_of_year(day: int) -> int:
    """Return 0 to 364 of a day number; 29 February counts as the day before."""
    on = date_of(day)
    leap_passed = date(2025, 2, 28) if (on.month, on.day) == (2, 29) else on.replace(year=2025)
    return day_of(leap_passed) - day_of(date(2025, 1, 1))


def month_day(of_year: int) -> str:
    """Return ``MM-DD`` of a day of the year."""
    return date_of(day_of(date(2025, 1, 1)) + of_year % YEAR).strftime("%m-%d")


def season_profile(series: Series) -> Profile | NotComputable:
    """Return the profile; not computable with less than a year, or where nothing happens."""
    series = trimmed(series)
    lack = lacking(series)
    if lack is not None:
        return lack
    length = len(series.values)
    if length < _WEEKS_YEAR:
        why = f"{length} days are known, and a season needs a year ({_WEEKS_YEAR} days)"
        return NotComputable(Lack.TOO_SHORT, why)
    smooth = _centred(series.values, _SMOOTH * 2 + 1)
    level = _level(series.values)
    ratio = np.where(level > 0, smooth / np.where(level > 0, level, 1.0), np.nan)
    of_year = np.array([day_of_year(series.first_day + at) for at in range(length)])
    years = np.array([date_of(series.first_day + at).year for at in range(length)])
    by_year = []
    for year in sorted(set(years.tolist())):
        line = np.full(YEAR, np.nan)
        line[of_year[years == year]] = ratio[years == year]
        by_year.append(line)
    stacked = np.stack(by_year)
    seen = ~np.isnan(stacked)
    if seen.any(axis=0).mean() < 0.9:  # noqa: PLR2004 - nine days of ten
        return NotComputable(Lack.MOSTLY_MISSING, "some part of the year was never seen")
    counts = np.maximum(seen.sum(axis=0), 1)
    index = np.where(seen.any(axis=0), np.nansum(stacked, axis=0) / counts, np.nan)
    index = _filled(index)
    index /= index.mean()
    noise = float(np.nanstd(stacked - index))
    return Profile(index, length / YEAR, float(np.quantile(index, _QUIET_QUANTILE)), noise, tuple(by_year))


def _level(values: Floats) -> Floats:
    """Return the mean of the 52 weeks around each day; at the ends that of the nearest whole year."""
    known = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    length = len(values)
    start = np.clip(np.arange(length) - _WEEKS_YEAR // 2, 0, length - _WEEKS_YEAR)
    many = counts[start + _WEEKS_YEAR] - counts[start]
    return np.where(many > 0, (sums[start + _WEEKS_YEAR] - sums[start]) / np.maximum(many, 1), np.nan)


def _centred(values: Floats, width: int) -> Floats:
    """Return the mean of the known days around each; NaN where fewer than half of them are known."""
    half = width // 2
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    known = (~np.isnan(windows)).sum(axis=1)
    whole = np.minimum(
        np.minimum(np.arange(len(values)) + half + 1, width), len(values) - np.arange(len(values)) + half
    )
    return np.where(known * 2 >= whole, np.nansum(windows, axis=1) / np.maximum(known, 1), np.nan)


def _filled(index: Floats) -> Floats:
    known = np.flatnonzero(~np.isnan(index))
    return np.interp(np.arange(YEAR), known, index[known], period=YEAR)


def peaks_of(profile: Profile) -> list[Peak]:
    """Return the peaks, the highest first; none where no part of the year stands out."""
    index = profile.index
    found = []
    for begins, length in _runs(index > _PEAK_LEVEL):
        days = (begins + np.arange(length)) % YEAR
        height = profile.quiet + (float(index[days].max()) - profile.quiet) / 2
        top = np.flatnonzero(index[days] >= max(_PEAK_LEVEL, height))
        first, last = int(days[top[0]]), int(days[top[-1]])
        days = (first + np.arange((last - first) % YEAR + 1)) % YEAR
        if not _LEAST_PEAK <= len(days) <= _MOST_PEAK:
            continue
        factor = float(index[days].mean()) / max(profile.quiet, 1e-3)
        seen = [bool(np.nanmean(line[days]) > _PEAK_LEVEL) for line in profile.by_year if _is_seen(line, days)]
        smoothed = max(len(days) * len(seen) / (2 * _SMOOTH + 1), 1.0)  # so many values that do not overlap
        is_chance = float(index[days].mean()) - 1 < _SURE * profile.noise / smoothed**0.5
        if sum(seen) * 2 <= len(seen) or is_chance:
            continue
        lead, tail = _slope(index, first, -1), _slope(index, last, 1)
        lead, tail = min(max(lead, _LEAST_LEAD), _MOST_LEAD), min(max(tail, _LEAST_TAIL), _MOST_TAIL)
        found.append(Peak(first, last, lead, tail, factor, sum(seen), len(seen)))
    return sorted(found, key=lambda peak: -peak.factor)


def _is_seen(line: Floats, days: Ints) -> bool:
    return bool((~np.isnan(line[days])).mean() >= 1 / 2)


def _slope(index: Floats, edge: int, way: int) -> int:
    """Return for how many days beyond the edge the index stays above the usual."""
    days = 0
    while days < _MOST_LEAD and index[(edge + way * (days + 1)) % YEAR] > _RISING:
        days += 1
    return days


def _runs(above: Bools) -> list[tuple[int, int]]:
    """Return (first day, length) of the runs around the year; short gaps do not part them."""
    if above.all() or not above.any():
        return []
    start = int(np.flatnonzero(~above)[0])
    turned = np.roll(above, -start)
    runs: list[tuple[int, int]] = []
    at = 0
    while at < YEAR:
        if turned[at]:
            stop = at
            while stop < YEAR and turned[stop]:
                stop += 1
            if runs and at - (runs[-1][0] + runs[-1][1]) <= _MOST_GAP:
                runs[-1] = runs[-1][0], stop - runs[-1][0]
            else:
                runs.append((at, stop - at))
            at = stop
        else:
            at += 1
    return [((start + first) % YEAR, length) for first, length in runs]


def growth(series: Series) -> float | None:
    """Return the last 52 weeks over the 52 before on days that both know, less 1; ``None`` where that is too little."""
    values = trimmed(series).values
    if len(values) < 2 * _WEEKS_YEAR:
        return None
    now, before = values[-_WEEKS_YEAR:], values[-2 * _WEEKS_YEAR : -_WEEKS_YEAR]
    both = ~np.isnan(now) & ~np.isnan(before)
    if both.mean() < 1 / 2 or before[both].sum() <= 0:
        return None
    return min(float(now[both].sum() / before[both].sum()), _MOST_GROWTH) - 1
