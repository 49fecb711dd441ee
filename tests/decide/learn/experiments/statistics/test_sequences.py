"""Intervals that hold at every look: the widths of the paper, and A/A tests that are looked at daily."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.model import Effect, Estimate, NotComputable
from fieldfare.learn.experiments.statistics.sequences import always_valid, p_value, width

FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
TESTS, DAYS, PER_DAY = 2_000, 28, 2_000 if FULL else 400
"""Two thousand A/A tests are looked at daily in every run; the full rounds have five times the people."""


def test_at_its_best_it_is_half_as_wide_again_as_a_fixed_interval() -> None:
    assert width(0.95, 5_000) / 1.959964 == pytest.approx(1.55, abs=0.005)
    assert (width(0.95, 5_000) / 1.959964) ** 2 == pytest.approx(2.4, abs=0.01)
    assert width(0.95, 5_000) < min(width(0.95, 1_000), width(0.95, 50_000))


@given(st.floats(0, 12), st.integers(10, 10**7), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_p_value_falls_below_the_level_where_the_interval_leaves_zero(z: float, size: int, level: float) -> None:
    if abs(z - width(level, size)) > 1e-6:
        assert (p_value(z, size, level) < 1 - level) == (z > width(level, size))


@given(st.floats(0.05, 1), st.floats(0.05, 1), st.integers(50, 10**6))
def test_it_never_says_more_than_the_fixed_interval(treated: float, control: float, size: int) -> None:
    one, other = (Estimate(each, each / size, size - 1) for each in (treated, control))
    effect = difference(one, other)
    assert isinstance(effect, Effect)
    looked = always_valid(effect, 2 * size)
    if looked.sign:
        assert looked.sign == effect.sign
    assert not isinstance(looked.relative, NotComputable)


def looks(hits: float, days: int, per_day: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the statistic after each day of every A/A test of a share, and how many units there were."""
    rng = np.random.default_rng(2026)
    counted = rng.binomial(per_day // 2, hits, (2, TESTS, days)).cumsum(axis=2)
    sizes = per_day // 2 * np.arange(1, days + 1)
    shares = counted / sizes
    spread = (shares * (1 - shares)).sum(axis=0) / sizes
    return (shares[0] - shares[1]) / np.sqrt(spread), 2 * sizes


@pytest.mark.parametrize("hits", [0.1, 0.5])
def test_daily_looks_at_two_thousand_tests_without_effect_find_one_in_at_most_twenty(hits: float) -> None:
    statistics, sizes = looks(hits, DAYS, PER_DAY)
    widths = np.array([width(0.95, int(size)) for size in sizes])
    false = (np.abs(statistics) > widths).any(axis=1).mean()
    assert false <= 0.05
    peeked = (np.abs(statistics) > 1.959964).any(axis=1).mean()
    assert peeked > 0.2, "a fixed interval, looked at daily, finds one in four"


def test_planted_fault_an_interval_tuned_anew_at_each_look_does_not_hold() -> None:
    statistics, sizes = looks(0.5, 200, 400)
    tuned_anew = np.array([width(0.95, int(size), tuning=int(size)) for size in sizes])
    honest = np.array([width(0.95, int(size)) for size in sizes])
    assert (np.abs(statistics) > tuned_anew).any(axis=1).mean() > (np.abs(statistics) > honest).any(axis=1).mean()
