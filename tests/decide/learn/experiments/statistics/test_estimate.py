"""Estimates of one arm: means, shares, ratios and clusters against brute force, strata against a whole population."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.estimate import mean_of, over_strata, ratio_of, share_of
from fieldfare.learn.experiments.statistics.model import Estimate, Sums
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits
from tests.decide.learn.experiments.statistics.drawn import SEEDS, arm, drawn


def known(found: Estimate | NotComputable) -> Estimate:
    assert isinstance(found, Estimate), found
    return found


@settings(max_examples=25)
@given(SEEDS)
def test_a_mean_has_the_variance_of_a_mean(seed: int) -> None:
    values, found = arm(seed)["value"], known(mean_of(drawn(seed)))
    assert found.value == pytest.approx(values.mean())
    assert found.variance == pytest.approx(values.var(ddof=1) / len(values))


def test_the_delta_method_agrees_with_the_bootstrap() -> None:
    columns = arm(5, 2_000)
    found = known(ratio_of(sums_of(columns)))
    rng = np.random.default_rng(1)
    chosen = rng.integers(0, 2_000, (1_500, 2_000))
    ratios = columns["value"][chosen].sum(axis=1) / columns["base"][chosen].sum(axis=1)
    assert math.sqrt(found.variance) == pytest.approx(ratios.std(ddof=1), rel=0.06)
    naive = math.sqrt(known(mean_of(sums_of({"value": columns["value"] / columns["base"]}))).variance)
    assert abs(naive / ratios.std(ddof=1) - 1) > 0.1, "a mean of ratios is another number"


def test_where_households_were_assigned_the_variance_is_theirs() -> None:
    rng = np.random.default_rng(2)
    sizes = rng.integers(1, 6, 3_000)
    shared = rng.normal(0, 1, 3_000)
    totals = np.array([np.sum(each + rng.normal(0, 1, size)) for each, size in zip(shared, sizes, strict=True)])
    clustered = known(ratio_of(sums_of({"value": totals, "base": sizes})))
    chosen = rng.integers(0, 3_000, (1_200, 3_000))
    means = totals[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    assert math.sqrt(clustered.variance) == pytest.approx(means.std(ddof=1), rel=0.07)


def test_strata_take_their_differences_out_of_the_variance() -> None:
    rng = np.random.default_rng(3)
    levels = {"low": 1.0, "high": 50.0}
    arms = {name: sums_of({"value": rng.normal(level, 1, 500)}) for name, level in levels.items()}
    found = known(over_strata({name: mean_of(sums) for name, sums in arms.items()}, {"low": 0.5, "high": 0.5}))
    whole = known(mean_of(arms["low"] + arms["high"]))
    assert found.value == pytest.approx(whole.value)
    assert found.variance < whole.variance / 100
    assert found.freedom == pytest.approx(998, rel=0.02)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (mean_of(Sums()), Why.EMPTY_ARM),
        (mean_of(Sums(size=1)), Why.TOO_SMALL),
        (share_of(Sums()), Why.EMPTY_ARM),
        (ratio_of(Sums(size=1)), Why.TOO_SMALL),
        (ratio_of(sums_of({"value": [1, 2], "base": [0, 0]})), Why.ZERO_BASE),
        (over_strata({"a": Estimate(1, 1, 9)}, {"a": 1, "b": 1}), Why.EMPTY_ARM),
    ],
)
def test_without_a_number_there_is_a_reason(found: object, why: Why) -> None:
    assert isinstance(found, NotComputable)
    assert found.reason is why


def test_a_share_has_the_unpooled_variance() -> None:
    assert known(share_of(sums_of_hits(30, 100))) == Estimate(0.3, 0.3 * 0.7 / 100, float("inf"))
