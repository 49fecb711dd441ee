"""Small samples: SciPy's permutation and paired tests, and deals that are the same in every run."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.small import Dealt, Paired, paired, permutation

VALUES = st.lists(st.integers(0, 9), min_size=2, max_size=6)
TESTS = 2_000 if os.environ.get("FIELDFARE_ROUNDS") == "full" else 400
"""Tests without effect; one in twenty of them is to be found."""
FAR = 4.5 * (0.05 * 0.95 / TESTS) ** 0.5
"""By chance the share of false alarms lies further away once in a hundred thousand runs."""


def apart(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(x) - np.mean(y))


@settings(max_examples=25)
@given(VALUES, VALUES)
def test_all_deals_are_scipys(one: list[int], other: list[int]) -> None:
    found = permutation(one, other)
    if isinstance(found, NotComputable):
        assert len({*one, *other}) == 1
        return
    told = stats.permutation_test((one, other), apart, n_resamples=np.inf, alternative="greater")
    assert found.exact
    assert found.one_sided == pytest.approx(told.pvalue)


def test_some_deals_are_near_all_of_them_and_never_zero() -> None:
    rng = np.random.default_rng(2)
    one, other = rng.gamma(2, 3, 60).tolist(), rng.gamma(2, 2, 50).tolist()
    found = permutation(one, other)
    assert isinstance(found, Dealt)
    assert not found.exact
    told = stats.permutation_test((one, other), apart, n_resamples=20_000, rng=rng)
    assert found.p_value == pytest.approx(told.pvalue, abs=0.01)
    assert permutation(one, other) == found, "the deals are the same in every run"
    assert isinstance(sure := permutation([9.0] * 40, [0.0] * 40), Dealt)
    assert 0 < sure.p_value < 1e-3


def test_the_permutation_of_a_fair_coin_is_fair() -> None:
    rng = np.random.default_rng(3)
    found = [permutation(rng.normal(size=6).tolist(), rng.normal(size=6).tolist()) for _ in range(150)]
    p_values = [each.p_value for each in found if isinstance(each, Dealt)]
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3


@settings(max_examples=25)
@given(st.lists(st.floats(-5, 5, width=16), min_size=5, max_size=9), st.integers(0, 99))
def test_pairs_are_scipys(one: list[float], seed: int) -> None:
    other = np.random.default_rng(seed).normal(0, 1, len(one))
    found = paired(one, other.tolist())
    assert isinstance(found, Paired)
    told = stats.ttest_rel(one, other)
    span = told.confidence_interval()
    assert (found.t_p_value, found.interval.low, found.interval.high) == pytest.approx(
        (told.pvalue, span.low, span.high), rel=1e-6, abs=1e-9
    )
    assert found.wilcoxon_p_value == pytest.approx(stats.wilcoxon(one, other).pvalue)
    flipped = stats.permutation_test((np.array(one) - other,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert found.flipped_p_value == pytest.approx(flipped.pvalue, abs=1e-6)


def test_many_pairs_are_flipped_by_fixed_coins() -> None:
    rng = np.random.default_rng(1)
    one = rng.normal(0.3, 1, 40).tolist()
    found = paired(one, [0.0] * 40)
    assert isinstance(found, Paired)
    assert found.flipped_p_value == pytest.approx(found.t_p_value, abs=0.02)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (permutation([], [1.0]), Why.EMPTY_ARM),
        (permutation([1.0], [1.0]), Why.NO_VARIATION),
        (permutation([1.0] * 900, [0.0] * 900), Why.NOT_BOUNDED),
        (paired([1.0], [0.0]), Why.TOO_SMALL),
        (paired([1.0, 2.0], [0.0, 1.0]), Why.NO_VARIATION),
    ],
)
def test_without_a_number_there_is_a_reason(found: object, why: Why) -> None:
    assert isinstance(found, NotComputable)
    assert found.reason is why


def test_matched_places_raise_no_false_alarm_and_pairs_made_afterwards_do() -> None:
    rng = np.random.default_rng(13)
    ours = {"t": 0, "wilcoxon": 0, "flipped": 0}
    afterwards = 0
    for _ in range(TESTS):
        level = rng.gamma(3, 2, 10)
        sides = level[:, None] + rng.normal(0, 0.5, (10, 2))
        found = paired(sides[:, 0].tolist(), sides[:, 1].tolist())
        assert isinstance(found, Paired)
        ours["t"] += found.t_p_value < 0.05
        ours["wilcoxon"] += found.wilcoxon_p_value < 0.05
        ours["flipped"] += found.flipped_p_value < 0.05
        chosen = np.sort(sides, axis=1)[:9, :]  # the better place of each was "treated"
        told = paired(chosen[:, 1].tolist(), chosen[:, 0].tolist())
        assert isinstance(told, Paired)
        afterwards += told.t_p_value < 0.05
    assert abs(ours["t"] / TESTS - 0.05) < FAR
    assert ours["wilcoxon"] / TESTS < 0.05 + FAR, "its p-values are steps"
    assert ours["flipped"] / TESTS < 0.05 + FAR
    assert afterwards / TESTS > 0.9
