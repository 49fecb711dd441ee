"""The season through the year: its peaks are found where they were put, and none in noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.forecast.model import NotComputable
from fieldfare.learn.forecast.profile import day_of_year, growth, month_day, peaks_of, season_profile
from tests.decide.learn.forecast.series import day, series, shaped


def test_the_peak_is_where_it_was_put() -> None:
    profile = season_profile(series(shaped(365 * 3)))
    assert not isinstance(profile, NotComputable)
    (peak,) = peaks_of(profile)
    assert month_day(peak.first) in {"12-30", "12-31", "01-01", "01-02", "01-03", "01-04"}
    assert month_day(peak.last) in {"02-06", "02-07", "02-08", "02-09", "02-10", "02-11"}
    assert 2.4 < peak.factor < 3.3
    assert peak.seen == peak.looked_at >= 3
    assert peak.prepare_days >= 28


@pytest.mark.parametrize("seed", range(6))
def test_noise_has_no_season(seed: int) -> None:
    profile = season_profile(series(shaped(365 * 3, height=0.0, noise=0.3, seed=seed)))
    assert not isinstance(profile, NotComputable)
    assert peaks_of(profile) == []


def test_what_happened_once_in_three_years_is_no_season() -> None:
    values = shaped(365 * 3, height=0.0)
    values[500:530] *= 4
    profile = season_profile(series(values))
    assert not isinstance(profile, NotComputable)
    assert peaks_of(profile) == []


def test_less_than_a_year_has_no_season() -> None:
    assert isinstance(season_profile(series(shaped(300))), NotComputable)


def test_growth() -> None:
    found = growth(series(shaped(365 * 3, height=0.0, growth=0.5, noise=0.0)))
    assert found is not None
    assert 0.2 < found < 0.4
    assert growth(series(shaped(500))) is None


def test_leap_days() -> None:
    assert day_of_year(day("2024-02-29")) == day_of_year(day("2024-02-28")) == day_of_year(day("2025-02-28")) == 58
    assert day_of_year(day("2024-12-31")) == 364


@given(st.integers(0, 364))
def test_days_of_the_year_have_names(of_year: int) -> None:
    assert day_of_year(day(f"2025-{month_day(of_year)}")) == of_year


def test_all_year_alike_is_no_peak() -> None:
    profile = season_profile(series(np.full(800, 5.0)))
    assert not isinstance(profile, NotComputable)
    assert peaks_of(profile) == []
