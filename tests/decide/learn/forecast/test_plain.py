"""The plain forecasts that others have to beat."""

import numpy as np

from fieldfare.learn.forecast.plain import plain


def test_weekdays_repeat() -> None:
    values = np.tile([1.0, 2, 3, 4, 5, 6, 7], 20)
    assert plain(values, 9)[0].tolist() == [1, 2, 3, 4, 5, 6, 7, 1, 2]


def test_last_year_needs_a_year() -> None:
    assert np.isnan(plain(np.ones(300), 5)[2:]).all()
    values = np.concatenate([np.arange(364.0) + 1, np.full(40, 2.0)])
    assert plain(values, 3)[2].tolist() == [41.0, 42.0, 43.0]


def test_growth_is_bounded() -> None:
    values = np.concatenate([np.full(364, 10.0), np.full(100, 1000.0)])
    assert plain(values, 2)[3].tolist() == [20.0, 20.0]


def test_holes_are_left_out() -> None:
    values = np.tile([1.0, np.nan, 3.0, 3, 3, 3, 3], 20)
    assert np.isfinite(plain(values, 14)[0]).all()
