"""Beliefs: the integrals against draws, small counts against exact sums, and why they are no licence to peek."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from fieldfare.learn.experiments.statistics.bayes import normal_belief, share_belief
from fieldfare.learn.experiments.statistics.sums import sums_of_hits


def exact_chance(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Return P(A > B) of two Beta posteriors with whole parameters, as a sum without any integral."""
    return math.fsum(
        math.exp(
            special.betaln(b[0] + i, b[1] + a[1])
            - math.log(a[1] + i)
            - special.betaln(1 + i, a[1])
            - special.betaln(*b)
        )
        for i in range(a[0])
    )


@settings(max_examples=20)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(20, 60), st.integers(20, 60))
def test_the_chance_to_be_better_is_the_exact_sum(hits: int, others: int, size: int, other: int) -> None:
    found = share_belief(sums_of_hits(hits, size), sums_of_hits(others, other), prior=(1, 1))
    told = exact_chance((hits + 1, size - hits + 1), (others + 1, other - others + 1))
    assert found.chance_better == pytest.approx(told, abs=1e-7)


@pytest.mark.parametrize(("hits", "others"), [(12, 5), (0, 4), (90, 60)])
def test_loss_and_interval_against_draws(hits: int, others: int) -> None:
    found = share_belief(sums_of_hits(hits, 100), sums_of_hits(others, 120))
    rng = np.random.default_rng(1)
    a = rng.beta(hits + 0.5, 100 - hits + 0.5, 200_000)
    b = rng.beta(others + 0.5, 120 - others + 0.5, 200_000)
    assert found.loss_if_treated == pytest.approx(np.maximum(b - a, 0).mean(), abs=3e-4)
    assert found.loss_if_control == pytest.approx(np.maximum(a - b, 0).mean(), abs=2e-4)
    assert (found.interval.low, found.interval.high) == pytest.approx(np.quantile(a - b, [0.025, 0.975]), abs=2e-3)


@given(st.floats(-5, 5), st.floats(0.1, 3))
def test_the_normal_belief_against_its_own_laws(value: float, error: float) -> None:
    flat = normal_belief(value, error)
    assert flat.loss_if_control - flat.loss_if_treated == pytest.approx(value, abs=1e-9)
    assert flat.chance_better == pytest.approx(1 - normal_belief(-value, error).chance_better)
    drawn_in = normal_belief(value, error, prior_spread=error)
    assert drawn_in.mean == pytest.approx(value / 2)


def test_hillstroms_womens_spend_as_gbstats_tells_it() -> None:
    belief = normal_belief(0.6501518638646859, (1.1511912668777335 - 0.14911246085163832) / 2 / 1.9600343)
    assert belief.chance_better == pytest.approx(0.994510, abs=2e-5)
    assert belief.loss_if_treated == pytest.approx(4.476e-4, rel=5e-3)


def test_planted_fault_stopping_as_soon_as_it_looks_good_finds_winners_everywhere() -> None:
    rng = np.random.default_rng(5)
    hits = rng.binomial(100, 0.1, (2, 500, 100)).cumsum(axis=2)
    sizes = 100 * np.arange(1, 101)
    shares = hits / sizes
    error = np.sqrt((shares * (1 - shares)).sum(axis=0) / sizes)
    better = special.ndtr((shares[0] - shares[1]) / error) > 0.95
    assert better.any(axis=1).mean() > 0.2
