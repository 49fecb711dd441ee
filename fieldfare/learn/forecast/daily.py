"""Daily numbers: from hours with holes, and from counts of events with days on which the flow stood still. Pure."""

from collections.abc import Collection, Mapping

import numpy as np

from fieldfare.ground.instants import Day
from fieldfare.learn.forecast.model import Floats, Series

_WEEK = 7
LEAST_HOURS = 18
_MOST_OUTAGE = 14


def daily_from_hours(hours: Floats, least: int = LEAST_HOURS) -> Floats:
    """Return one sum a day of rows of 24 hours (NaN: not known); NaN for days of which fewer than ``least`` are known.

    Missing hours are filled by the share that they usually have on that weekday. Days are consecutive.
    """
    known = ~np.isnan(hours)
    told = np.full(len(hours), np.nan)
    for weekday in range(_WEEK):
        rows = np.arange(weekday, len(hours), _WEEK)
        usual = _usual(hours[rows], hours)
        shares = np.where(known[rows], usual, 0.0).sum(axis=1) / max(float(usual.sum()), 1e-12)
        enough = (known[rows].sum(axis=1) >= least) & (shares > 0)
        sums = np.nansum(hours[rows], axis=1)
        told[rows] = np.where(enough, sums / np.where(enough, shares, 1.0), np.nan)
        whole = known[rows].all(axis=1)
        told[rows] = np.where(whole, sums, told[rows])
    return told


def _usual(same: Floats, all_: Floats) -> Floats:
    """Return the usual value of each hour: the median of that weekday, else of all days, else 1."""
    return np.array([_median(same[:, hour], _median(all_[:, hour], 1.0)) for hour in range(same.shape[1])])


def _median(values: Floats, otherwise: float) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else otherwise


def series_of(counts: Mapping[Day, float], alive: Collection[Day], end_day: Day) -> Series:
    """Return the series of an event from its first day to the day before ``end_day``; a day without any is 0.

    ``alive`` are the days on which anything at all arrived. A short stretch of days on which nothing arrived, on
    weekdays that are usually not silent, is not known: the flow stood still. Longer ones are a closed season.
    """
    first = min(counts, default=end_day)
    days = np.arange(first, end_day)
    values = np.array([counts.get(int(day), 0.0) for day in days], dtype=float)
    silent = np.array([int(day) not in alive for day in days], dtype=bool)
    usual = np.array(
        [not silent[weekday::_WEEK].all() and silent[weekday::_WEEK].mean() < 1 / 2 for weekday in range(7)]
    )
    at = 0
    while at < len(days):
        stop = at
        while stop < len(days) and silent[stop]:
            stop += 1
        if 0 < stop - at <= _MOST_OUTAGE and usual[np.arange(at, stop) % _WEEK].all():
            values[at:stop] = np.nan
        at = max(stop, at + 1)
    return Series(first, values)
