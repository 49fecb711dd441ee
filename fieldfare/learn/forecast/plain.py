"""Plain forecasts that a better one has to beat, and that stand in where it cannot: last weeks, last year. Pure."""

import numpy as np

from fieldfare.learn.forecast.model import Floats

WEEK = 7
YEAR = 52 * WEEK
_WEEKS = (4, 13)
_RECENT = 4 * WEEK
_MOST_GROWTH = 2.0
_WILD = 4.0
NAMES = ("the weekdays of the last 4 weeks", "the weekdays of the last 13 weeks", "last year", "last year, grown")


def plain(values: Floats, horizon: int) -> Floats:
    """Return one row per name of :data:`NAMES`; NaN where a method cannot tell."""
    return np.stack([*(_weekdays(values, horizon, weeks) for weeks in _WEEKS), *_last_year(values, horizon)])


def _weekdays(values: Floats, horizon: int, weeks: int) -> Floats:
    """Return the mean of each weekday over the last weeks; the mean of all days where a weekday is not known."""
    length = len(values)
    recent = _calmed(values[-weeks * WEEK :])
    place = np.arange(length - len(recent), length) % WEEK
    anyway = _mean(recent, _mean(values, np.nan))
    by_weekday = np.array([_mean(recent[place == each], anyway) for each in range(WEEK)])
    return by_weekday[np.arange(length, length + horizon) % WEEK]


def _calmed(values: Floats) -> Floats:
    """Return the values with wild ones cut to several times what three quarters of the days stay below."""
    known = values[~np.isnan(values)]
    usual = float(np.quantile(known, 0.75)) if len(known) else 0.0
    return np.minimum(values, _WILD * usual) if usual > 0 else values


def _last_year(values: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Return what was 52 weeks before, plain and by how much the last weeks lie above those of the year before."""
    nothing = np.full(horizon, np.nan)
    length = len(values)
    if length < YEAR + _RECENT:
        return nothing, nothing
    before = values[length - YEAR + np.arange(horizon) % YEAR]
    if np.isnan(before).mean() > 1 / 4:
        return nothing, nothing
    before = np.where(np.isnan(before), _mean(before, 0.0), before)
    now, then = values[-_RECENT:], values[length - YEAR - _RECENT : length - YEAR]
    both = ~np.isnan(now) & ~np.isnan(then)
    if not both.any() or then[both].sum() <= 0:
        return before, nothing
    growth = float(np.clip(now[both].sum() / then[both].sum(), 1 / _MOST_GROWTH, _MOST_GROWTH))
    return before, before * growth


def _mean(values: Floats, otherwise: float) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else otherwise
