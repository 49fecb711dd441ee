"""Uniform boundaries: the numbers of the authors' own tests, and coins that are watched toss by toss."""

import math

import numpy as np
import pytest

from fieldfare.learn.experiments.statistics.mixtures import (
    LogMartingale,
    best_rho,
    beta_binomial,
    bound,
    crossed,
    gamma_exponential,
    gamma_poisson,
    normal,
    normal_bound,
    one_sided_normal,
    stitched_bound,
)

TWO_SIDED, ONE_SIDED = best_rho(100, 0.05), best_rho(100, 0.10)


def test_the_width_and_the_mixture_of_the_authors() -> None:
    assert pytest.approx(12.60056, abs=1e-5) == TWO_SIDED
    assert normal(TWO_SIDED)(10, 100) == pytest.approx(-0.6510052, abs=1e-7)


@pytest.mark.parametrize(
    ("mixture", "told"),
    [
        (normal(TWO_SIDED), 30.35209),
        (one_sided_normal(ONE_SIDED), 27.66071),
        (gamma_exponential(ONE_SIDED, 2), 33.02017),
        (gamma_poisson(ONE_SIDED, 2), 30.1949),
        (beta_binomial(TWO_SIDED, 0.2, 0.8, two_sided=True), 31.4308),
        (beta_binomial(ONE_SIDED, 0.2, 0.8, two_sided=False), 28.41238),
    ],
)
def test_the_boundaries_of_the_authors(mixture: LogMartingale, told: float) -> None:
    assert bound(mixture, 100, 0.05) == pytest.approx(told, abs=2e-5)


def test_the_closed_form_and_the_stitched_boundary() -> None:
    assert normal_bound(100, 0.05, TWO_SIDED) == pytest.approx(bound(normal(TWO_SIDED), 100, 0.05))
    assert stitched_bound(100, 0.05, 10, 3, 1.4, 2) == pytest.approx(64.48755, abs=1e-5)


def test_a_sum_cannot_exceed_its_most() -> None:
    mixture = beta_binomial(best_rho(2, 0.1), 0.01, 0.99, two_sided=False)
    assert bound(mixture, 0.001, 0.05, most=0.5) == 0.5


def watched(chance: float, seed: int, tests: int = 400, tosses: int = 1_500) -> float:
    """Return the share of counters that are stopped, watched every ten units."""
    hits = np.random.default_rng(seed).binomial(10, chance, (tests, tosses // 10)).cumsum(axis=1)
    # For each number of units the fewest hits that stop: the boundary is worked out once.
    stops = []
    for size in range(10, tosses + 1, 10):
        low, high = 0, size + 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if crossed(middle, size, 0.01, 0.05, 1_000) else (middle + 1, high)
        stops.append(low)
    return float((hits >= np.array(stops)).any(axis=1).mean())


def test_complaints_within_the_threshold_stop_one_in_at_most_twenty() -> None:
    assert watched(0.01, 1) <= 0.05


def test_three_times_as_many_complaints_stop_nearly_all() -> None:
    assert watched(0.03, 2) > 0.9


def test_fewer_hits_than_allowed_never_stop() -> None:
    assert not crossed(0, 10_000, 0.01, 0.05, 1_000)
    assert not crossed(100, 10_000, 0.01, 0.05, 1_000)
    assert math.isfinite(bound(one_sided_normal(ONE_SIDED), 1e6, 0.05))
