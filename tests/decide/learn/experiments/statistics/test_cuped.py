"""CUPED: the variance falls by what theory says, the estimate stays where it was, and useless covariates say so."""

import numpy as np
import pytest
import statsmodels.api as sm

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.cuped import Adjusted, adjust, reduction_of
from fieldfare.learn.experiments.statistics.estimate import mean_of
from fieldfare.learn.experiments.statistics.model import Effect, Sums
from fieldfare.learn.experiments.statistics.sums import sums_of
from tests.decide.learn.experiments.statistics.drawn import arm, drawn


def made(correlation: float, size: int, seed: int, shift: float = 0.0) -> Sums:
    rng = np.random.default_rng(seed)
    before = rng.normal(10, 2, size)
    noise = rng.normal(0, 2, size)
    value = 3 + correlation * before + np.sqrt(1 - correlation**2) * noise + shift
    return sums_of({"value": value, "before": before})


@pytest.mark.parametrize("correlation", [0.2, 0.5, 0.8, 0.95])
def test_the_variance_falls_by_the_square_of_the_correlation(correlation: float) -> None:
    found = adjust({"a": made(correlation, 20_000, 1), "b": made(correlation, 20_000, 2)})
    assert isinstance(found, Adjusted)
    assert found.reduction == pytest.approx(correlation**2, abs=0.01)
    plain = mean_of(made(correlation, 20_000, 1))
    assert not isinstance(plain, NotComputable)
    assert found.arms["a"].variance / plain.variance == pytest.approx(1 - correlation**2, abs=0.015)


def test_it_is_the_regression_with_the_arm_and_the_covariates() -> None:
    arms = {name: arm(seed, 400, shift) for name, seed, shift in (("treated", 1, 0.3), ("control", 2, 0.0))}
    found = adjust({name: sums_of(columns) for name, columns in arms.items()}, ["before", "other"])
    assert isinstance(found, Adjusted)
    value = np.concatenate([columns["value"] for columns in arms.values()])
    named = [np.concatenate([columns[name] for columns in arms.values()]) for name in ("before", "other")]
    is_treated = np.repeat([1.0, 0.0], 400)
    told = sm.OLS(value, np.column_stack([np.ones(800), is_treated, *named])).fit()
    assert found.arms["treated"].value - found.arms["control"].value == pytest.approx(told.params[1])
    assert list(found.theta.values()) == pytest.approx(told.params[2:])


def test_the_effect_stays_unbiased_and_its_interval_covers() -> None:
    inside = 0
    for seed in range(200):
        found = adjust({"t": made(0.8, 150, 2 * seed, shift=0.5), "c": made(0.8, 150, 2 * seed + 1)})
        assert isinstance(found, Adjusted)
        effect = difference(found.arms["t"], found.arms["c"])
        assert isinstance(effect, Effect)
        inside += effect.interval.low <= 0.5 <= effect.interval.high
    assert 180 <= inside <= 199


@pytest.mark.parametrize(
    "arms",
    [
        {"a": sums_of({"value": [1, 2, 3], "before": [4, 4, 4]})},
        {"a": sums_of({"value": [1, 2, 3], "before": [1, 2, 3], "other": [2, 4, 6]})},
    ],
)
def test_a_covariate_that_says_nothing_is_no_covariate(arms: dict[str, Sums]) -> None:
    names = [name for name in ("before", "other") if name in arms["a"].sums]
    found = adjust(arms, names)
    assert isinstance(found, NotComputable)
    assert found.reason is Why.NO_COVARIATE


def test_history_tells_the_reduction_before_the_start() -> None:
    assert reduction_of(drawn(3, 500)) > 0.1
    assert reduction_of(Sums(size=1)) == 0.0


def test_planted_fault_a_covariate_of_after_takes_the_effect_away() -> None:
    rng = np.random.default_rng(4)
    arms = {}
    for name, shift in (("t", 1.0), ("c", 0.0)):
        value = rng.normal(shift, 1, 2_000)
        arms[name] = sums_of({"value": value, "before": value + rng.normal(0, 0.1, 2_000)})
    found = adjust(arms)
    assert isinstance(found, Adjusted)
    assert found.arms["t"].value - found.arms["c"].value < 0.05
