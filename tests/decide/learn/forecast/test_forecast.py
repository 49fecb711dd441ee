"""Forecasts: better than plain ones, honest intervals, no look ahead, and an answer for every series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.learn.forecast.forecast import forecast
from fieldfare.learn.forecast.model import Floats, Forecast, Lack, NotComputable, Series
from fieldfare.learn.forecast.plain import plain
from tests.decide.learn.forecast.series import series, shaped

HORIZON = 60


def told(values: Floats, horizon: int = HORIZON) -> Forecast:
    found = forecast(series(values), horizon)
    assert isinstance(found, Forecast), found
    return found


def wape(mean: Floats, came: Floats) -> float:
    return float(np.abs(mean - came).sum() / came.sum())


def test_it_beats_the_weeks_before_where_there_is_a_season() -> None:
    values = shaped(365 * 3)
    errors, naive, inside = [], [], []
    for end in range(365 * 3 - 300, 365 * 3 - HORIZON + 1, 80):
        found, came = told(values[:end]), values[end : end + HORIZON]
        errors.append(wape(found.mean, came))
        naive.append(wape(plain(values[:end], HORIZON)[0], came))
        inside.append(float(((came >= found.low) & (came <= found.high)).mean()))
    assert np.mean(errors) < 0.7 * np.mean(naive)
    assert np.mean(inside) > 0.6


def test_nothing_after_the_series_is_looked_at() -> None:
    values = shaped(500)
    ahead = values.copy()
    ahead[400:] = 1e6
    assert np.array_equal(told(values[:400]).mean, told(ahead[:400]).mean)


def test_backtests_see_no_later_day() -> None:
    # The error in backtests is that of honest forecasts: with pure noise it cannot fall far below the noise's own.
    values = np.random.default_rng(3).normal(100, 20, 300).clip(0)
    found = told(values)
    assert found.error is not None
    assert found.error > 0.12


@pytest.mark.parametrize(
    ("values", "lack"),
    [
        (np.array([]), Lack.EMPTY),
        (np.full(90, np.nan), Lack.EMPTY),
        (np.ones(20), Lack.TOO_SHORT),
        (np.zeros(200), Lack.NOTHING_HAPPENS),
        (np.where(np.arange(900) % 9 == 0, 5.0, np.nan), Lack.MOSTLY_MISSING),
        (np.concatenate([np.full(200, 7.0), np.zeros(800)]), Lack.ENDED),
    ],
)
def test_what_cannot_be_told(values: Floats, lack: Lack) -> None:
    found = forecast(series(values), 30)
    assert isinstance(found, NotComputable)
    assert found.lack is lack
    assert found.why


def test_a_constant_stays() -> None:
    found = told(np.full(400, 50.0))
    assert np.allclose(found.mean, 50.0, rtol=1e-3)


def test_a_new_level_is_believed_after_some_weeks() -> None:
    values = np.concatenate([np.full(300, 200.0), np.full(80, 90.0)])
    assert abs(told(values).mean.mean() - 90) < 25


def test_a_single_wild_day_bends_little() -> None:
    values = shaped(400)
    wild = values.copy()
    wild[390] *= 40
    assert wape(told(wild).mean, told(values).mean) < 0.15


def test_holes_are_no_zeros() -> None:
    values = shaped(500)
    holed = values.copy()
    holed[450:470] = np.nan
    holed[::11] = np.nan
    assert wape(told(holed).mean, told(values).mean) < 0.15


def test_fewer_years_make_wider_intervals() -> None:
    values = shaped(365 * 4, height=0.0, growth=0.0)
    short, long_ = told(values[:200]), told(values)
    assert (short.high - short.low).mean() > (long_.high - long_.low).mean()


SERIES = st.lists(
    st.one_of(st.floats(0, 1e6, allow_nan=False), st.just(float("nan")), st.just(0.0)), min_size=0, max_size=120
)


@settings(max_examples=25, deadline=None)
@given(SERIES, st.integers(1, 120))
def test_every_series_gets_an_answer(values: list[float], horizon: int) -> None:
    found = forecast(Series(20_000, np.array(values, dtype=float)), horizon)
    if isinstance(found, NotComputable):
        return
    assert len(found.mean) == horizon
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.high).all()
    assert (found.low >= 0).all()
    assert (found.low <= found.mean + 1e-9).all()
    assert (found.mean <= found.high + 1e-9).all()
    assert found.first_day == 20_000 + len(values)


@settings(max_examples=6, deadline=None)
@given(st.floats(0.01, 1000))
def test_the_unit_does_not_matter(factor: float) -> None:
    values = shaped(260)
    assert np.allclose(told(values * factor).mean, told(values).mean * factor, rtol=0.02)
