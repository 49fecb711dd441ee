"""Estimates of one arm: means, shares, ratios and clusters against brute force, strata against a whole population."""

import math
import os

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from numpy.typing import NDArray

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.estimate import mean_of, over_strata, ratio_of, share_of
from fieldfare.learn.experiments.statistics.model import Effect, Estimate, Sums
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits
from tests.decide.learn.experiments.statistics.drawn import SEEDS, arm, drawn

TESTS = 2_000 if os.environ.get("FIELDFARE_ROUNDS") == "full" else 400
"""Tests without effect; one in twenty of them is to be found."""
FAR = 4.5 * (0.05 * 0.95 / TESTS) ** 0.5
"""By chance the share of false alarms lies further away once in a hundred thousand runs."""


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


@pytest.mark.parametrize("seed", range(3))
def test_clusters_have_the_robust_variance_of_statsmodels(seed: int) -> None:
    """Least squares of people on a constant, with the covariance of clusters and its correction for few."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, 40)
    group = np.repeat(np.arange(40), sizes)
    value = rng.normal(0, 1, 40)[group] + rng.normal(2, 1, len(group))
    told = sm.OLS(value, np.ones(len(group))).fit(cov_type="cluster", cov_kwds={"groups": group})
    found = known(ratio_of(sums_of({"value": np.bincount(group, value), "base": sizes})))
    assert found.value == pytest.approx(told.params[0])
    assert found.variance == pytest.approx(told.cov_params()[0, 0])


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


def rejects(treated: Estimate | NotComputable, control: Estimate | NotComputable) -> bool:
    effect = difference(treated, control)
    assert isinstance(effect, Effect)
    return bool(effect.sign)


def households(rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return sizes, and sums of what people do who do alike at home."""
    sizes = rng.integers(1, 6, 80)
    return sizes, sizes * rng.normal(0, 1, 80) + np.sqrt(sizes) * rng.normal(0, 0.5, 80)


def test_households_raise_no_false_alarm_and_people_counted_one_by_one_do() -> None:
    rng = np.random.default_rng(12)
    ours = one_by_one = 0
    for _ in range(TESTS):
        arms = [households(rng) for _ in range(2)]
        ours += rejects(*(ratio_of(sums_of({"value": sums, "base": sizes})) for sizes, sums in arms))
        people = [np.repeat(sums / sizes, sizes) for sizes, sums in arms]
        one_by_one += rejects(*(mean_of(sums_of({"value": each})) for each in people))
    assert abs(ours / TESTS - 0.05) < FAR + 0.005, "few households: the normal approximation is a little off"
    assert one_by_one / TESTS > 0.15
