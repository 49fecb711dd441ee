"""A broken split is seen, a fair one is left alone, and how much is seen is told."""

import numpy as np
import pytest
from scipy import stats

from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.statistics.mismatch import Mismatch, mismatch, mismatch_power


def checked(counts: dict[str, int], weights: dict[str, float]) -> Mismatch:
    found = mismatch(counts, weights)
    assert isinstance(found, Mismatch)
    return found


def test_hillstroms_thirds() -> None:
    found = checked({"mens": 21_307, "womens": 21_387, "none": 21_306}, dict.fromkeys(("mens", "womens", "none"), 1))
    assert (round(found.statistic, 5), round(found.p_value, 5)) == (0.20253, 0.90369)
    assert found.passed


def test_it_is_scipys_chi_squared() -> None:
    found = checked({"a": 480, "b": 330, "c": 190}, {"a": 5, "b": 3, "c": 2})
    told = stats.chisquare([480, 330, 190], [500, 300, 200])
    assert (found.statistic, found.p_value) == pytest.approx((told.statistic, told.pvalue))


def test_one_per_cent_of_one_arm_of_a_million_is_missed_by_nobody() -> None:
    assert checked({"a": 500_000, "b": 495_000}, {"a": 1, "b": 1}).p_value < 0.001
    assert mismatch_power(1_000_000, {"a": 1, "b": 1}, "b", 0.01) > 0.95


@pytest.mark.parametrize("lost", [0.0, 0.002, 0.005, 0.01])
def test_its_power_is_what_a_simulation_finds(lost: float) -> None:
    rng = np.random.default_rng(8)
    ones = rng.binomial(200_000, 0.5, 3_000)
    kept = rng.binomial(ones, 1 - lost)
    seen = [
        not checked({"a": int(200_000 - one), "b": int(left)}, {"a": 1, "b": 1}).passed
        for one, left in zip(ones, kept, strict=True)
    ]
    told = mismatch_power(200_000, {"a": 1, "b": 1}, "b", lost)
    assert abs(np.mean(seen) - told) < 4.5 * np.sqrt(told * (1 - told) / 3_000)


@pytest.mark.parametrize(
    ("counts", "weights"),
    [({}, {"a": 1.0, "b": 1.0}), ({"a": 5}, {"a": 1.0}), ({"a": 5, "b": 0}, {"a": 1.0, "b": 0.0}), ({"a": 1}, {})],
)
def test_a_split_that_is_none_is_not_checked(counts: dict[str, int], weights: dict[str, float]) -> None:
    assert isinstance(mismatch(counts, weights), NotComputable)
