"""The regressions: they find what made a series, on both scales, and never go below nothing."""

import numpy as np
import pytest

from fieldfare.learn.forecast.design import Shape
from fieldfare.learn.forecast.fit import predict
from tests.decide.learn.forecast.series import FIRST, series, shaped


@pytest.mark.parametrize("logs", [False, True])
def test_weekdays_are_found(logs: bool) -> None:
    values = shaped(200, height=0.0, growth=0.0, noise=0.0)
    found = predict(series(values[:180]), [Shape(logs, 1, 30.0, 30.0)], {}, 20)[0]
    assert np.abs(found - values[180:]).max() < 6


def test_nothing_falls_below_nothing() -> None:
    values = np.linspace(100, 0, 120)
    assert (predict(series(values), [Shape(logs=False, harmonics=1, level=3.0, slope=0.1)], {}, 200) >= 0).all()


def test_a_holiday_is_learnt() -> None:
    values = np.random.default_rng(1).normal(100.0, 5.0, 400)
    days = tuple(FIRST + each for each in range(20, 430, 40))
    values[[each - FIRST for each in days if each < FIRST + 400]] = 20.0
    found = predict(series(values), [Shape(logs=False, harmonics=1, level=300.0, slope=30.0)], {"x": days}, 40)[0]
    assert found[days[-1] - FIRST - 400] < 70 < found[10]
