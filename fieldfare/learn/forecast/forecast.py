"""Forecasts a daily series: many small regressions and plain methods, weighed by backtests, with their intervals. Pure.

No day of the future is looked at anywhere: shapes are weighed, and intervals found, by forecasts from earlier days of
the series alone (rolling origins), each fitted to what was known then. What cannot be told is
:class:`~fieldfare.learn.forecast.model.NotComputable`, with the reason.
"""

from itertools import product

import numpy as np

from fieldfare.learn.forecast.design import Shape
from fieldfare.learn.forecast.fit import predict
from fieldfare.learn.forecast.model import Bools, Floats, Forecast, Holidays, Lack, NotComputable, Series
from fieldfare.learn.forecast.plain import WEEK, YEAR, plain

SHAPES = tuple(
    Shape(logs, harmonics, level, slope)
    for logs, harmonics, level, slope in product((False, True), (1, 2, 3, 5, 9), (30.0, 300.0), (3.0, 30.0, 1000.0))
)
COVERAGE = 0.8
LEAST_DAYS = 4 * WEEK
MOST_DAYS = 4 * 366
MOST_HORIZON = 2 * 366
_ORIGINS = 8
_SHARPNESS = 0.2
"""A method whose error is larger by this share counts 1/e of the best."""
_LEAST_KNOWN = 1 / 4
_SILENT_DAYS = 2 * YEAR
_SPREAD_POWER = 0.5
_LEARNING = 2.0
_NOTHING = 1e-12
_FEW_YEARS = 0.3
_LEAST_YEARS = 1 / 4
_TAILS = ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)


def forecast(series: Series, horizon: int, holidays: Holidays | None = None) -> Forecast | NotComputable:
    """Return what is expected of the ``horizon`` days after the series (1 to :data:`MOST_HORIZON`)."""
    series = trimmed(series)
    lack = lacking(series)
    if lack is not None:
        return lack
    known_holidays = holidays or {}
    values = series.values
    backtests = _backtests(series, horizon, known_holidays)
    ahead = _candidates(series, horizon, known_holidays)
    weights = _weights(backtests, _able(ahead))
    mean = _blend(weights, ahead)
    tested = [each for each in backtests if len(each.came)]
    low, high = _tails(tested, weights, values)
    spread = _spread(weights, ahead, _noise(tested, weights, values)) * _unseen(values)
    error = _error(tested, weights)
    return Forecast(
        first_day=series.end_day,
        mean=mean,
        low=np.maximum(mean + min(low, 0.0) * spread, 0.0),
        high=mean + max(high, 0.0) * spread,
        coverage=COVERAGE,
        form=_form(weights),
        error=error,
    )


def trimmed(series: Series) -> Series:
    """Return the last years of the series, from its first known day on; days not known at its end stay."""
    known = np.flatnonzero(~np.isnan(series.values))
    start = int(known[0]) if len(known) else len(series.values)
    start = max(start, len(series.values) - MOST_DAYS)
    return Series(series.first_day + start, series.values[start:])


def lacking(series: Series) -> NotComputable | None:
    """Return why a trimmed series cannot be forecast; ``None`` when it can."""
    known = ~np.isnan(series.values)
    length = len(series.values)
    if not known.any():
        return NotComputable(Lack.EMPTY, "nothing is known of any day")
    if known.sum() < LEAST_DAYS:
        return NotComputable(Lack.TOO_SHORT, f"{known.sum()} days are known, and {LEAST_DAYS} are needed")
    if known.mean() < _LEAST_KNOWN:
        return NotComputable(Lack.MOSTLY_MISSING, f"of {length} days only {known.sum()} are known")
    if not (series.values[known] > 0).any():
        return NotComputable(Lack.NOTHING_HAPPENS, f"nothing happened on any of {known.sum()} days")
    last = int(np.flatnonzero(known & (np.nan_to_num(series.values) > 0))[-1])
    if length - last > _SILENT_DAYS:
        return NotComputable(Lack.ENDED, f"nothing happened on the last {length - 1 - last} days")
    return None


class _Backtest:
    """Forecasts from an earlier day, one row per method, and what came."""

    def __init__(self, told: Floats, came: Floats, past: int) -> None:
        """Keep the days of which something is known; ``past`` known days came before."""
        self.past = past
        known = ~np.isnan(came)
        self.told, self.came = told[:, known], came[known]

    def errors(self) -> Floats:
        """Return the sum of each method's absolute errors; NaN where it could not tell."""
        return np.asarray(np.abs(self.told - self.came).sum(axis=1), dtype=np.float64)


def _candidates(series: Series, horizon: int, holidays: Holidays) -> Floats:
    return np.concatenate([predict(series, SHAPES, holidays, horizon), plain(series.values, horizon)])


def _backtests(series: Series, horizon: int, holidays: Holidays) -> list[_Backtest]:
    length = len(series.values)
    ahead = max(WEEK, min(horizon, length // 4))
    room = length - ahead - max(LEAST_DAYS, min(2 * ahead, length - 2 * ahead))
    if room < 0:
        return []
    count = min(_ORIGINS, 1 + room // WEEK)
    step = 0.0 if count == 1 else min(max(ahead / 2, WEEK), room / (count - 1))
    found = []
    for each in range(count):
        origin = length - ahead - int(each * step)
        past, came = Series(series.first_day, series.values[:origin]), series.values[origin : origin + ahead]
        known = int((~np.isnan(past.values[-366:])).sum())
        if not np.isnan(came).all() and known >= LEAST_DAYS // 2:
            found.append(_Backtest(_candidates(past, ahead, holidays), came, known))
    return found


def _weights(backtests: list[_Backtest], able: Bools) -> Floats:
    """Return how much each method counts: by its error where it could tell, against what others had there."""
    if not backtests:
        weights = able.astype(float)
        return np.asarray(weights / weights.sum(), dtype=np.float64)
    errors = np.stack([each.errors() for each in backtests])
    sizes = np.nanmedian(errors, axis=1, keepdims=True) * np.ones_like(errors)
    sizes[np.isnan(errors)] = 0.0
    trust = _trust(backtests)[:, None]
    mean = (trust * np.nan_to_num(errors)).sum(axis=0) / np.maximum((trust * sizes).sum(axis=0), _NOTHING)
    tested = (~np.isnan(errors)).mean(axis=0) >= 1 / 2
    mean = np.where(tested & able, mean, np.inf)
    best = mean.min()
    is_exact = best <= _NOTHING
    weights = (mean <= _NOTHING).astype(float) if is_exact else np.exp(-(mean / best - 1) / _SHARPNESS)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _able(told: Floats) -> Bools:
    return np.asarray(~np.isnan(told).any(axis=1), dtype=np.bool_)


def _blend(weights: Floats, told: Floats) -> Floats:
    """Return the weighed mean of the rows that could tell."""
    able = _able(told)
    kept = np.where(able, weights, 0.0)
    total = kept.sum()
    if total <= 0:
        kept, total = able.astype(float), float(able.sum())
    return np.asarray((kept / total) @ np.where(able[:, None], told, 0.0), dtype=np.float64)


def _trust(backtests: list[_Backtest]) -> Floats:
    """Return how much each backtest counts: what was foretold from less is a worse guide to what more can tell."""
    past = np.array([float(each.past) for each in backtests] or [1.0])
    return np.asarray((past / past.max()) ** _LEARNING, dtype=np.float64)


def _tails(backtests: list[_Backtest], weights: Floats, values: Floats) -> tuple[float, float]:
    """Return how far below and above a day lay in backtests, in units of its spread: the mean of their quantiles."""
    noise = _noise(backtests, weights, values)
    if not backtests:
        known = values[~np.isnan(values)]
        scaled = (known - known.mean()) / (noise * max(float(known.mean()), 1e-9) ** _SPREAD_POWER)
        low, high = np.quantile(scaled, _TAILS)
        return float(low), float(high)
    trust = _trust(backtests)
    quantiles = [
        np.quantile((each.came - _blend(weights, each.told)) / _spread(weights, each.told, noise), _TAILS)
        for each in backtests
    ]
    low, high = (trust / trust.sum()) @ np.stack(quantiles)
    return float(low), float(high)


def _unseen(values: Floats) -> float:
    """Return by how much an interval widens because few years were seen."""
    years = float((~np.isnan(values)).sum()) / 365
    return 1 + _FEW_YEARS / max(years, _LEAST_YEARS)


def _noise(backtests: list[_Backtest], weights: Floats, values: Floats) -> float:
    """Return the usual error of a day, in units of a power of its value."""
    errors = [
        np.abs(each.came - told) / np.maximum(told, 1e-9) ** _SPREAD_POWER
        for each in backtests
        for told in (_blend(weights, each.told),)
    ]
    if not errors:
        known = values[~np.isnan(values)]
        errors = [np.abs(known - known.mean()) / max(float(known.mean()), 1e-9) ** _SPREAD_POWER]
    return max(float(np.median(np.concatenate(errors))), 1e-9)


def _spread(weights: Floats, told: Floats, noise: float) -> Floats:
    """Return how far off a day may be, up to a factor: what days are usually off, and how the methods disagree."""
    mean = _blend(weights, told)
    apart = _blend(weights, (told - mean) ** 2)
    return np.sqrt(noise**2 * np.maximum(mean, 1e-9) ** (2 * _SPREAD_POWER) + apart)


def _error(backtests: list[_Backtest], weights: Floats) -> float | None:
    wrong = sum(float(np.abs(each.came - _blend(weights, each.told)).sum()) for each in backtests)
    came = sum(float(each.came.sum()) for each in backtests)
    return wrong / came if came > 0 else None


def _form(weights: Floats) -> str:
    regressions = float(weights[: len(SHAPES)].sum())
    logs = float(sum(weight for weight, shape in zip(weights, SHAPES, strict=False) if shape.logs))
    scale = "effects multiply" if logs > regressions / 2 else "effects add up"
    return (
        f"{regressions:.0%} regressions on season, weekday, holidays and trend ({scale}), {1 - regressions:.0%} plain"
    )
