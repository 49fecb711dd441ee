"""Medians from counts: the catalogue's example, NumPy's medians, and an interval that covers as often as it says."""

from collections import Counter

import numpy as np
import pytest

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.medians import median_of, nth
from fieldfare.learn.experiments.statistics.model import Effect, Estimate


def estimate(values: list[int]) -> Estimate:
    found = median_of(Counter(values))
    assert isinstance(found, Estimate)
    return found


def test_the_sample_of_the_catalogue() -> None:
    """Minutes 2, 4, 6, 8, 40: the median is 6, the mean 12."""
    assert estimate([2, 4, 6, 8, 40]).value == 6


def test_it_is_numpys_median() -> None:
    rng = np.random.default_rng(3)
    for size in (5, 6, 51, 1_000):
        values = rng.geometric(0.05, size).tolist()
        assert estimate(values).value == np.median(values)
        assert [nth(Counter(values), place) for place in range(size)] == sorted(values)


def test_the_variance_is_about_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(7)
    values = np.round(rng.exponential(600, 800)).astype(int)
    drawn = np.median(rng.choice(values, (2_000, len(values))), axis=1)
    assert estimate(values.tolist()).variance ** 0.5 == pytest.approx(float(drawn.std()), rel=0.35)


def test_the_interval_of_a_difference_covers_the_truth() -> None:
    """Skewed waits with medians 100 and 60; of 400 intervals of 95 % about twenty miss."""
    rng = np.random.default_rng(11)
    covered = means = 0
    for _ in range(400):
        slow, fast = (np.round(rng.exponential(scale / np.log(2), 150)).astype(int) for scale in (100, 60))
        effect = difference(estimate(fast.tolist()), estimate(slow.tolist()))
        assert isinstance(effect, Effect)
        covered += effect.interval.low <= -40 <= effect.interval.high
        means += abs(float(fast.mean() - slow.mean()) + 40) < 8
    assert 368 <= covered <= 396
    assert means < 200, "the means are somewhere else, so a mean in place of the median would be seen"


def test_without_a_number_there_is_a_reason() -> None:
    assert median_of({}) == NotComputable(
        Why.EMPTY_ARM, "An arm has 0 values, and the interval of a median needs at least 5."
    )
    few = median_of({3: 4})
    assert isinstance(few, NotComputable)
    assert few.reason is Why.TOO_SMALL
