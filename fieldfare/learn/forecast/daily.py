"""Daily numbers from hourly ones with holes: a day of which enough is known is filled by what its weekday is like. Pure."""

import numpy as np

from fieldfare.learn.forecast.model import Floats

_WEEK = 7
LEAST_HOURS = 18


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
    """Return the usual value of each hour: the median of the weekday's days, else of all days, else the same for all."""
    return np.array([_median(same[:, hour], _median(all_[:, hour], 1.0)) for hour in range(same.shape[1])])


def _median(values: Floats, otherwise: float) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else otherwise
