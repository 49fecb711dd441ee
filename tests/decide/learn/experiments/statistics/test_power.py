"""Power: statsmodels on random plans, the written reference values, the domain's own pilots, and simulated tests."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats import power as told
from statsmodels.stats import proportion

from fieldfare.learn.experiments.statistics.power import (
    Aim,
    Variance,
    always_valid_factor,
    arcsine_effect,
    days_for,
    effect_of_clusters,
    events_for,
    power_for,
    power_of_t,
    size_for,
    size_for_hazard,
    size_for_mean,
    size_for_share,
    smallest_effect,
    smallest_hazard,
    smallest_of_pairs,
    smallest_share,
    unit_variance_of_ratio,
)
from fieldfare.learn.experiments.statistics.survival import Hazards, LifeTable, hazards
from tests.decide.learn.experiments.statistics.drawn import drawn

EVEN = Aim()


@pytest.mark.parametrize(("apart", "per_arm"), [(0.2, 393.4057), (0.5, 63.7656)])
def test_the_reference_values_of_t(apart: float, per_arm: float) -> None:
    assert size_for_mean(apart, 1.0, EVEN) / 2 == pytest.approx(per_arm, abs=1e-4)


@settings(max_examples=20)
@given(st.floats(0.1, 1.5), st.floats(0.5, 0.95), st.floats(0.1, 0.5))
def test_means_are_statsmodels(apart: float, power: float, control: float) -> None:
    found = size_for_mean(apart, 1.0, Aim(power=power, control=control))
    ratio = (1 - control) / control
    size = found * control
    again = told.TTestIndPower().power(apart, size, 0.05, ratio)
    assert again == pytest.approx(power, abs=1e-6)
    assert power_of_t(apart * math.sqrt(found * control * (1 - control)), found - 2) == pytest.approx(power, abs=1e-6)


@pytest.mark.parametrize(
    ("base", "other", "values"),
    [
        (0.10, 0.12, (3838.10, 3840.85, 3834.60)),
        (0.10, 0.11, (14748.05, 14750.79, 14744.10)),
        (0.05, 0.06, (8154.99, 8157.73, 8142.60)),
    ],
)
def test_the_reference_values_of_shares(base: float, other: float, values: tuple[float, float, float]) -> None:
    found = [size_for_share(base, other, EVEN, variance) / 2 for variance in Variance]
    assert found == pytest.approx(values, rel=3e-6)


def test_shares_are_statsmodels() -> None:
    pooled = proportion.samplesize_proportions_2indep_onetail(0.02, 0.10, 0.8)
    assert size_for_share(0.10, 0.12, EVEN, Variance.POOLED) / 2 == pytest.approx(pooled, rel=1e-6)
    arcsine = told.NormalIndPower().solve_power(arcsine_effect(0.12, 0.1), power=0.8, alpha=0.05)
    assert size_for_share(0.10, 0.12, EVEN, Variance.ARCSINE) / 2 == pytest.approx(arcsine, rel=1e-5)
    assert arcsine_effect(0.12, 0.10) == pytest.approx(0.0639821, abs=1e-7)


@pytest.mark.parametrize(("holdout", "lift"), [(0.05, 0.147), (0.10, 0.107), (0.20, 0.080), (0.50, 0.064)])
def test_what_hillstroms_customers_could_find(holdout: float, lift: float) -> None:
    base = 0.1062
    found = smallest_effect(64_000, base * (1 - base), Aim(control=holdout)) / base
    assert found == pytest.approx(lift, abs=6e-4)


@pytest.mark.parametrize(
    ("base", "other", "per_arm"),
    [(0.08, 0.064, 4093), (0.1536, 0.1239, 2123), (0.08, 0.072, 17_220), (0.055, 0.09, 858)],
)
def test_the_pilots_of_the_domain_need_more_people(base: float, other: float, per_arm: int) -> None:
    assert size_for_share(base, other, EVEN) / 2 == pytest.approx(per_arm, abs=0.5)


@pytest.mark.parametrize(
    ("size", "base", "rises"),
    [
        (1_200, 0.20, (0.310, 0.293, 0.283, 0.277)),
        (1_200, 0.055, (0.120, 0.110, 0.105, 0.101)),
    ],
)
def test_twelve_hundred_members_find_only_large_effects(size: int, base: float, rises: tuple[float, ...]) -> None:
    found = [smallest_share(size, base, Aim(control=holdout)) for holdout in (0.10, 0.15, 0.20, 0.25)]
    assert found == pytest.approx(rises, abs=6e-4)


def test_two_hundred_find_next_to_nothing() -> None:
    quarter = Aim(control=0.25)
    assert [smallest_share(200, base, quarter) for base in (0.10, 0.05)] == pytest.approx([0.255, 0.172], abs=6e-4)
    assert smallest_share(4, 0.5, EVEN) is None
    assert size_for_share(0.10, 0.118, Aim(control=0.15)) == pytest.approx(17_501, abs=0.5)


@given(st.floats(0.02, 0.9), st.floats(0.01, 0.09), st.floats(0.1, 0.9))
def test_size_effect_and_power_say_the_same(base: float, effect: float, control: float) -> None:
    aim = Aim(control=control)
    other = base + effect
    size = size_for_share(base, other, aim)
    power = power_for(effect, size, other * (1 - other), base * (1 - base), aim)
    assert power == pytest.approx(0.8, abs=1e-6)
    assert smallest_share(size, base, aim) == pytest.approx(other, abs=1e-6)


def test_simulated_tests_find_a_ratio_as_often_as_planned() -> None:
    sums = drawn(1, 4_000)
    variance = unit_variance_of_ratio(sums)
    effect = 0.15 * sums.total("value") / sums.total("base")
    size = round(size_for(effect, variance, variance, EVEN))
    statistics = np.random.default_rng(2).normal(effect / math.sqrt(4 * variance / size), 1, 20_000)
    assert (np.abs(statistics) > 1.959964).mean() == pytest.approx(0.8, abs=0.012)


@settings(max_examples=20)
@given(st.integers(4, 60), st.sampled_from([0.9, 0.95, 0.99]), st.sampled_from([0.5, 0.8, 0.9]))
def test_pairs_are_statsmodels_one_sample_t(pairs: int, level: float, power: float) -> None:
    found = smallest_of_pairs(pairs, 3.0, Aim(level=level, power=power))
    assert found is not None
    # One side of theirs: for both they have no number far away, where the wrong side is nothing.
    again = told.TTestPower().power(found / 3.0, pairs, (1 - level) / 2, alternative="larger")
    assert again == pytest.approx(power, abs=2e-3)
    assert smallest_of_pairs(3, 3.0, EVEN) is None


@pytest.mark.parametrize(("base", "other"), [(0.2, 0.25), (0.08, 0.064)])
def test_log_rank_tests_of_the_planned_size_find_the_effect_as_often_as_planned(base: float, other: float) -> None:
    """Simulated lives of constant hazard, all watched for thirty days, by the product's own log-rank test."""
    ratio = math.log1p(-other) / math.log1p(-base)
    size = math.ceil(size_for_hazard(ratio, base, EVEN) / 2)
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(200):
        tables = []
        for share in (other, base):
            days = rng.geometric(1 - (1 - share) ** (1 / 30), size)
            seen = np.bincount(days[days <= 30], minlength=31)
            tables.append(LifeTable(size=size, events=dict(enumerate(seen.tolist())), censored={30: size}))
        tested = hazards(tables[0], tables[1])
        assert isinstance(tested, Hazards)
        found += tested.p_value < 0.05
    assert found / 200 == pytest.approx(0.8, abs=4.5 * math.sqrt(0.16 / 200))


def test_time_to_event() -> None:
    assert events_for(0.5, EVEN) == pytest.approx(65.35, abs=0.01)  # Schoenfeld's worked case
    size = size_for_hazard(0.8, 0.2, EVEN)
    assert smallest_hazard(size, 0.2, EVEN) == pytest.approx(0.8, abs=1e-6)
    assert smallest_hazard(1, 0.2, EVEN) is None


def test_what_makes_a_test_larger_or_smaller() -> None:
    plain = size_for_share(0.1, 0.12, EVEN)
    assert size_for_share(0.1, 0.12, Aim(reduction=0.3)) == pytest.approx(0.7 * plain)
    assert effect_of_clusters(1, 0.3) == 1
    assert effect_of_clusters(50, 0.02) == pytest.approx(1.98)
    assert effect_of_clusters(50, 0.02, 1.0) > effect_of_clusters(50, 0.02)
    assert size_for_share(0.1, 0.12, Aim(effect_of_clusters=1.98)) == pytest.approx(1.98 * plain)
    assert always_valid_factor(5_000, EVEN) == pytest.approx(1.91, abs=0.01)


def test_how_long_it_takes() -> None:
    assert days_for(1_000, 40, 30) == 55
    assert math.isinf(days_for(1_000, 0, 30))
