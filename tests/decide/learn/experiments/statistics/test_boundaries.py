"""Planned looks: the constants of the books, the power of the measured study, and a simulation of A/A tests."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.model import Interval
from fieldfare.learn.experiments.statistics.boundaries import (
    Spending,
    bounds_of,
    equal_looks,
    exits,
    expected_information,
    inflation,
    power_of,
    repeated,
    repeated_p_value,
    spent,
)
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.model import Effect, Estimate

DRIFT = float(stats.norm.isf(0.025) + stats.norm.ppf(0.8))


@pytest.mark.parametrize(
    ("looks", "obrien_fleming", "pocock"),
    [(2, 1.9774, 2.1783), (3, 2.0040, 2.2895), (4, 2.0243, 2.3613), (5, 2.0401, 2.4132), (10, 2.0865, 2.5550)],
)
def test_the_constants_of_the_books(looks: int, obrien_fleming: float, pocock: float) -> None:
    falling = bounds_of(Spending.OBRIEN_FLEMING, equal_looks(looks))
    assert falling[-1] == pytest.approx(obrien_fleming, abs=6e-5)
    assert falling[0] == pytest.approx(falling[-1] * math.sqrt(looks))
    assert set(np.round(bounds_of(Spending.POCOCK, equal_looks(looks)), 4)) == {pocock}


def test_lan_and_demets_at_five_equal_looks() -> None:
    found = bounds_of(Spending.LAN_DEMETS_OBRIEN_FLEMING, equal_looks(5))
    assert found == pytest.approx([4.8769, 3.3570, 2.6803, 2.2898, 2.0310], abs=6e-5)


@pytest.mark.parametrize(
    ("bounds", "looks", "told"),
    [([1.96] * 5, 5, 0.14), ([1.96] * 100, 100, 0.37), ([1.959964], 1, 0.05)],
)
def test_what_peeking_does(bounds: list[float], looks: int, told: float) -> None:
    assert exits(bounds, equal_looks(looks)).total == pytest.approx(told, abs=0.006)


def test_the_power_of_the_measured_study() -> None:
    looks = equal_looks(5)
    assert power_of(bounds_of(Spending.OBRIEN_FLEMING, looks), looks, DRIFT) == pytest.approx(0.788, abs=0.004)
    assert power_of(bounds_of(Spending.POCOCK, looks), looks, DRIFT) == pytest.approx(0.703, abs=0.009)
    assert power_of([1.959964], [1.0], DRIFT) == pytest.approx(0.8, abs=1e-4)


@settings(max_examples=30)
@given(
    st.sampled_from([Spending.LAN_DEMETS_OBRIEN_FLEMING, Spending.LAN_DEMETS_POCOCK]),
    st.lists(st.floats(0.02, 1), min_size=1, max_size=6),
    st.sampled_from([0.9, 0.95]),
)
def test_looks_at_any_times_spend_the_error_and_no_more(kind: Spending, steps: list[float], level: float) -> None:
    looks = (np.cumsum(steps) / sum(steps)).tolist()
    bounds = bounds_of(kind, looks, level)
    told = exits(bounds, looks)
    assert told.total == pytest.approx(1 - level, abs=1e-6)
    assert told.above == pytest.approx(told.below, abs=1e-9)
    assert sum(told.above[:1]) == pytest.approx(spent(kind, looks[0], (1 - level) / 2), abs=1e-6)


def test_a_simulation_of_tests_without_effect_and_with() -> None:
    looks = equal_looks(5)
    bounds = np.array(bounds_of(Spending.OBRIEN_FLEMING, looks))
    noise = np.random.default_rng(3).normal(0, math.sqrt(0.2), (200_000, 5)).cumsum(axis=1)
    for drift, told in ((0.0, 0.05), (DRIFT, power_of(tuple(bounds), looks, DRIFT))):
        statistics = (noise + drift * np.array(looks)) / np.sqrt(looks)
        crossed = (statistics > bounds).any(axis=1) if drift else (np.abs(statistics) > bounds).any(axis=1)
        assert crossed.mean() == pytest.approx(told, abs=0.003)


def test_what_a_plan_costs_and_saves() -> None:
    looks = equal_looks(5)
    assert inflation(Spending.OBRIEN_FLEMING, looks) == pytest.approx(1.028, abs=1e-3)
    assert inflation(Spending.POCOCK, looks) == pytest.approx(1.229, abs=1e-3)
    assert expected_information(bounds_of(Spending.POCOCK, looks), looks, DRIFT) < 0.75
    assert expected_information(bounds_of(Spending.OBRIEN_FLEMING, looks), looks, 0.0) > 0.98


def test_the_repeated_interval_is_as_wide_as_its_boundary() -> None:
    effect = difference(Estimate(1.2, 0.01, 500), Estimate(1.0, 0.01, 500))
    assert isinstance(effect, Effect)
    found = repeated(effect, 2.5)
    assert isinstance(found, Interval)
    assert (found.high - found.low) / 2 == pytest.approx(2.5 * effect.standard_error)


KINDS = (Spending.LAN_DEMETS_OBRIEN_FLEMING, Spending.LAN_DEMETS_POCOCK)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [0.2, 0.05, 0.01, 0.001])
def test_the_repeated_p_value_is_the_error_of_the_boundary(kind: Spending, error: float) -> None:
    looks = (0.2, 0.45, 0.8, 1.0)
    for taken in range(1, 5):
        bound = bounds_of(kind, looks[:taken], 1 - error)[-1]
        found = repeated_p_value(kind, looks[:taken], -bound)
        assert bound == 8 or found == pytest.approx(error, rel=1e-5)
        assert repeated_p_value(kind, looks[:taken], bound + 0.01) < max(found, 2e-12) < 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_repeated_p_value_of_one_look_is_that_of_a_test(kind: Spending) -> None:
    for statistic in (0.5, 1.2, 2.5, 4.0):
        assert repeated_p_value(kind, (1.0,), statistic) == pytest.approx(2 * stats.norm.sf(statistic), rel=1e-5)
    assert repeated_p_value(kind, (0.5, 1.0), 0.0) == 1.0
    assert repeated_p_value(kind, (0.5, 1.0), 30.0) == 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_metrics_is_seldom_wrong_over_all_looks(kind: Spending) -> None:
    """Benjamini and Hochberg over repeated p-values, in 40,000 A/A tests of three metrics with four looks."""
    looks, asked = equal_looks(4), 3
    noise = np.random.default_rng(8).normal(0, 0.5, (40_000, asked, 4)).cumsum(axis=2)
    far = np.sort(np.abs(noise) / np.sqrt(looks), axis=1)[:, ::-1]  # the farthest metric of each look first
    bounds = np.array([bounds_of(kind, looks, 1 - 0.05 * (rank + 1) / asked) for rank in range(asked)])
    claimed = (far >= bounds).any(axis=(1, 2)).mean()
    assert claimed == pytest.approx(0.05, abs=0.003)
    fixed = stats.norm.isf(0.05 * np.arange(1, asked + 1) / asked / 2)
    assert (far >= fixed[:, None]).any(axis=(1, 2)).mean() > 0.11, "the interval of one look finds what is not there"


@settings(max_examples=40)
@given(st.sampled_from(KINDS), st.lists(st.floats(0.02, 1), min_size=1, max_size=5))
def test_less_error_asks_for_more_at_every_look(kind: Spending, steps: list[float]) -> None:
    """So that a p-value, and the corrections that compare it with several errors, mean what they say."""
    looks = (np.cumsum(steps) / sum(steps)).tolist()
    bounds = np.array([bounds_of(kind, looks, 1 - error) for error in (0.05, 0.025, 0.01, 0.001, 1e-5)])
    assert (np.diff(bounds, axis=0) >= -1e-6).all()
