"""Series with a known truth: a base, a weekly rhythm, a peak in January, growth, noise of a fixed seed."""

import numpy as np

from fieldfare.ground.instants import date_of, day_of
from fieldfare.learn.forecast.model import Floats, Series

FIRST = 18_262
"""2020-01-01."""


def shaped(days: int, height: float = 2.0, growth: float = 0.1, noise: float = 0.05, seed: int = 1) -> Floats:
    at = np.arange(days)
    of_year = np.array(
        [(date_of(FIRST + int(each)) - date_of(FIRST + int(each)).replace(month=1, day=1)).days for each in at]
    )
    bump = np.where((of_year >= 1) & (of_year <= 39), height, 0.0)
    week = np.array([1.1, 1.1, 1.1, 1.1, 1.1, 0.8, 0.7])[(FIRST + at + 3) % 7]
    drawn = np.random.default_rng(seed).normal(1.0, noise, days)
    return np.asarray(np.maximum(100 * (1 + bump) * week * (1 + growth * at / 365) * drawn, 0.0), dtype=np.float64)


def series(values: Floats) -> Series:
    return Series(FIRST, values)


def day(text: str) -> int:
    from datetime import date

    return day_of(date.fromisoformat(text))
