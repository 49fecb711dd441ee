"""The columns of the regression: as many penalties as columns, a trend that ends, shapes that leave waves out."""

import numpy as np

from fieldfare.learn.forecast.design import Design, Shape


def test_each_column_has_its_penalty() -> None:
    design = Design(18_000, 400, {"x": (18_010,), "later": (19_000,)})
    rows = design.rows(0, 430)
    penalties = design.penalties(Shape(logs=False, harmonics=2, level=3.0, slope=4.0))
    assert rows.shape == (430, len(penalties))
    assert np.isfinite(rows).all()
    assert np.isinf(penalties).sum() == 14  # the waves of seven orders that the shape leaves out


def test_the_trend_flattens_ahead() -> None:
    design = Design(18_000, 400, {})
    trend = design.rows(0, 2_000)[:, 1 + len(design._steps)]
    assert trend[400] - trend[399] > 5 * (trend[600] - trend[599])
    assert trend[1_999] - trend[1_998] < 1e-6


def test_a_holiday_marks_its_neighbours() -> None:
    rows = Design(18_000, 40, {"x": (18_010,)}).rows(9, 12)
    assert rows[1, -4:].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert rows[0, -4:].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert rows[2, -4:].tolist() == [0.0, 0.0, 1.0, 0.0]
