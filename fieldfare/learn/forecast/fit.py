"""Ridge regressions of a series, one per shape, deaf to single wild days. Pure NumPy, closed form.

Days that lie far off are given less weight in a few rounds (Huber's weights), so that a storm or a burst pipe does not
bend the season; the weights and the products of columns are worked out once for all shapes of one scale. Nothing is
drawn at random.
"""

from collections.abc import Sequence

import numpy as np

from fieldfare.learn.forecast.design import Design, Shape
from fieldfare.learn.forecast.model import Floats, Holidays, Series

_ROUNDS = 3
_FAR = 2.5
_MAD = 1.4826
_LEAST_SPREAD = 0.02
_TINY = 1e-9
_LOG_UNIT = 9.0
"""Logarithms are of one plus so many times the value over the mean: near nothing they are straight."""
_MOST_LOG = 12.0
_MIDDLE = {logs: Shape(logs, 3, 30.0, 30.0) for logs in (False, True)}


def predict(series: Series, shapes: Sequence[Shape], holidays: Holidays, horizon: int) -> Floats:
    """Return one row per shape with the values of the next ``horizon`` days, never below nothing."""
    known = ~np.isnan(series.values)
    length = len(series.values)
    unit = float(np.mean(np.abs(series.values[known]))) or 1.0
    design = Design(series.first_day, length, holidays)
    rows, ahead = design.rows(0, length)[known], design.rows(length, length + horizon)
    told = np.zeros((len(shapes), horizon))
    for logs in {shape.logs for shape in shapes}:
        target = _to_scale(series.values[known], unit, logs=logs)
        centre = float(np.median(target))
        importance = _importance(rows, target - centre, design.penalties(_MIDDLE[logs]))
        gram = (rows * importance[:, None]).T @ rows
        moments = rows.T @ (importance * (target - centre))
        for index, shape in enumerate(shapes):
            if shape.logs is logs:
                coefficients = _solve(gram, moments, design.penalties(shape))
                told[index] = _from_scale(ahead @ coefficients + centre, unit, logs=logs)
    return np.maximum(told, 0.0)


def _to_scale(values: Floats, unit: float, *, logs: bool) -> Floats:
    return np.log1p(np.maximum(values, 0) * _LOG_UNIT / unit) if logs else values / unit


def _from_scale(values: Floats, unit: float, *, logs: bool) -> Floats:
    return np.expm1(np.minimum(values, _MOST_LOG)) * unit / _LOG_UNIT if logs else values * unit


def _importance(rows: Floats, target: Floats, penalties: Floats) -> Floats:
    importance = np.ones(len(target))
    for _ in range(_ROUNDS):
        weighted = rows * importance[:, None]
        left = target - rows @ _solve(weighted.T @ rows, weighted.T @ target, penalties)
        spread = max(float(np.median(np.abs(left))) * _MAD, _LEAST_SPREAD)
        importance = np.minimum(1.0, _FAR * spread / np.maximum(np.abs(left), _TINY))
    return importance


def _solve(gram: Floats, moments: Floats, penalties: Floats) -> Floats:
    kept = np.isfinite(penalties)
    coefficients = np.zeros(len(penalties))
    coefficients[kept] = np.linalg.solve(gram[np.ix_(kept, kept)] + np.diag(penalties[kept]), moments[kept])
    return coefficients
