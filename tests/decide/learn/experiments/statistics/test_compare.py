"""Two arms beside each other: SciPy, statsmodels and tea-tasting on random data, gbstats from a table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tea_tasting
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion, weightstats
from tea_tasting.aggr import Aggregates

from fieldfare.learn.experiments.model import NotComputable, Relative, Why
from fieldfare.learn.experiments.statistics.bayes import normal_belief
from fieldfare.learn.experiments.statistics.compare import (
    Lift,
    difference,
    freedom_of,
    pooled_test,
    quantile,
    relative_variance,
)
from fieldfare.learn.experiments.statistics.cuped import Adjusted, adjust
from fieldfare.learn.experiments.statistics.estimate import mean_of, ratio_of, share_of
from fieldfare.learn.experiments.statistics.model import Effect, Estimate, Sums
from fieldfare.learn.experiments.statistics.sequences import always_valid
from fieldfare.learn.experiments.statistics.sums import sums_of_hits
from tests.decide.learn.experiments.statistics.drawn import SEEDS, arm, drawn

LEVELS = st.sampled_from([0.8, 0.95, 0.99])
TABLE = json.loads(Path(__file__).with_name("gbstats.json").read_text())["rows"]


def known(found: Effect | NotComputable) -> Effect:
    assert isinstance(found, Effect), found
    return found


@settings(max_examples=25)
@given(SEEDS, SEEDS, LEVELS)
def test_means_are_welchs_in_scipy_and_statsmodels(one: int, other: int, level: float) -> None:
    treated, control = arm(one, 50)["value"], arm(other, 80)["value"]
    found = known(difference(mean_of(drawn(one, 50)), mean_of(drawn(other, 80)), level))
    told = stats.ttest_ind(treated, control, equal_var=False)
    span = told.confidence_interval(level)
    assert (found.statistic, found.p_value) == pytest.approx((told.statistic, told.pvalue), abs=1e-12)
    assert (found.interval.low, found.interval.high) == pytest.approx((span.low, span.high))
    means = weightstats.CompareMeans(weightstats.DescrStatsW(treated), weightstats.DescrStatsW(control))
    assert (found.interval.low, found.interval.high) == pytest.approx(means.tconfint_diff(1 - level, usevar="unequal"))


@settings(max_examples=25)
@given(st.integers(1, 99), st.integers(1, 99), LEVELS)
def test_shares_are_walds_and_the_pooled_z(one: int, other: int, level: float) -> None:
    treated, control = sums_of_hits(one, 100), sums_of_hits(other, 100)
    found = known(difference(share_of(treated), share_of(control), level))
    span = proportion.confint_proportions_2indep(one, 100, other, 100, method="wald", alpha=1 - level)
    assert (found.interval.low, found.interval.high) == pytest.approx(span)
    assert pooled_test(treated, control) == pytest.approx(proportion.proportions_ztest([one, other], [100, 100]))


def aggregates(columns: dict[str, Any]) -> Aggregates:
    names = list(columns)
    matrix = np.cov(np.vstack([columns[name] for name in names]))
    pairs = [(a, b) for i, a in enumerate(names) for j, b in enumerate(names) if i < j]
    return Aggregates(
        count_=len(columns[names[0]]),
        mean_={name: float(np.mean(columns[name])) for name in names},
        var_={name: float(matrix[i, i]) for i, name in enumerate(names)},
        cov_={(a, b): float(matrix[names.index(a), names.index(b)]) for a, b in pairs},
    )


@settings(max_examples=25)
@given(SEEDS, SEEDS, LEVELS)
def test_means_and_ratios_are_tea_tastings(one: int, other: int, level: float) -> None:
    treated, control = aggregates(arm(one, 70)), aggregates(arm(other, 90))
    mean = tea_tasting.Mean("value", confidence_level=level).analyze_aggregates(control, treated)
    found = known(difference(mean_of(drawn(one, 70)), mean_of(drawn(other, 90)), level, Lift.LOG))
    assert (found.interval.low, found.interval.high, found.p_value) == pytest.approx(
        (mean.effect_size_ci_lower, mean.effect_size_ci_upper, mean.pvalue)
    )
    ratio = tea_tasting.RatioOfMeans("value", "base", confidence_level=level).analyze_aggregates(control, treated)
    found = known(difference(ratio_of(drawn(one, 70)), ratio_of(drawn(other, 90)), level))
    assert (found.value, found.interval.low, found.interval.high, found.p_value) == pytest.approx(
        (ratio.effect_size, ratio.effect_size_ci_lower, ratio.effect_size_ci_upper, ratio.pvalue)
    )


@settings(max_examples=25)
@given(SEEDS, SEEDS)
def test_cuped_is_tea_tastings(one: int, other: int) -> None:
    found = adjust({"treated": drawn(one, 70), "control": drawn(other, 90)})
    assert isinstance(found, Adjusted)
    effect = known(difference(found.arms["treated"], found.arms["control"]))
    told = tea_tasting.Mean("value", "before").analyze_aggregates(aggregates(arm(other, 90)), aggregates(arm(one, 70)))
    # tea-tasting takes theta from all units as one sample; ours is pooled within arms: an effect is no part of it.
    assert effect.value == pytest.approx(told.effect_size, abs=0.35 * effect.standard_error)
    wide = told.effect_size_ci_upper - told.effect_size_ci_lower
    assert effect.interval.high - effect.interval.low == pytest.approx(wide, rel=0.05)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (min(one, other), max(one, other))


def _of(row: dict[str, Any], name: str) -> Sums:
    told = row["arms"][name]
    names = {"y": "value", "d": "base", "x": "before"}
    pairs = {pair: told[pair] for pair in ("yy", "dd", "xx", "yd", "yx") if pair in told}
    return Sums(
        size=told["size"],
        sums={names[each]: told[each] for each in names if each in told},
        products={_pair(names[pair[0]], names[pair[1]]): value for pair, value in pairs.items()},
    )


def _estimates(row: dict[str, Any]) -> tuple[Estimate | NotComputable, Estimate | NotComputable]:
    arms = [_of(row, "treated"), _of(row, "control")]
    plain: dict[str, Callable[[Sums], Estimate | NotComputable]]
    plain = {"mean": mean_of, "ratio": ratio_of, "share": share_of}
    if row["kind"] in plain:
        estimate = plain[row["kind"]]
        return estimate(arms[0]), estimate(arms[1])
    found = adjust({"treated": arms[0], "control": arms[1]})
    assert isinstance(found, Adjusted)
    assert found.theta["before"] == pytest.approx(row["theta"], rel=2e-2)
    return found.arms["treated"], found.arms["control"]


@pytest.mark.parametrize("row", TABLE, ids=[f"{row['kind']}-{index}" for index, row in enumerate(TABLE)])
def test_gbstats_says_the_same(row: dict[str, Any]) -> None:
    near = {"share": 2e-3, "cuped": 2e-2}.get(row["kind"], 1e-9)  # they take t for shares, and theta from all units
    found = known(difference(*_estimates(row)))
    size = sum(arm["size"] for arm in row["arms"].values())
    looked, told = always_valid(found, size), row["absolute"]
    belief = normal_belief(found.value, found.standard_error)
    scale = found.standard_error
    assert found.value == pytest.approx(told["value"], abs=near * scale)
    assert (found.interval.low, found.interval.high) == pytest.approx(told["interval"], abs=2 * near * scale)
    assert (looked.interval.low, looked.interval.high) == pytest.approx(told["sequential"], abs=3 * near * scale)
    assert looked.p_value == pytest.approx(told["sequential_p_value"], abs=5 * near)
    assert belief.chance_better == pytest.approx(told["chance_better"], abs=near)
    # They say what a choice costs as a signed number.
    assert belief.loss_if_treated == pytest.approx(abs(told["loss_if_treated"]), abs=near * scale)
    assert belief.loss_if_control == pytest.approx(abs(told["loss_if_control"]), abs=near * scale)
    if row["kind"] == "cuped":
        return  # they divide by the unadjusted mean
    assert isinstance(found.relative, Relative)
    assert found.relative.value == pytest.approx(row["relative"]["value"])
    span, lift = found.relative.interval, row["relative"]["interval"]
    assert (span.low, span.high) == pytest.approx(lift, abs=2 * near * (lift[1] - lift[0]))


@settings(max_examples=25)
@given(SEEDS, SEEDS)
def test_fiellers_set_holds_what_no_test_rejects(one: int, other: int) -> None:
    treated, control = mean_of(drawn(one)), mean_of(drawn(other))
    assert isinstance(treated, Estimate)
    assert isinstance(control, Estimate)
    found = known(difference(treated, control, 0.95, Lift.FIELLER)).relative
    assert isinstance(found, Relative)
    for edge in (found.interval.low, found.interval.high):
        ratio = 1 + edge
        gap = treated.value - ratio * control.value
        spread = treated.variance + ratio**2 * control.variance
        assert abs(gap) / np.sqrt(spread) == pytest.approx(quantile(0.95, freedom_of(treated, control)))


@pytest.mark.parametrize(
    ("treated", "control", "why"),
    [
        (Estimate(1, 0, 9), Estimate(1, 0, 9), Why.NO_VARIATION),
        (NotComputable(Why.TOO_SMALL, ""), Estimate(1, 1, 9), Why.TOO_SMALL),
        (Estimate(1, 1, 9), NotComputable(Why.EMPTY_ARM, ""), Why.EMPTY_ARM),
    ],
)
def test_without_a_number_there_is_a_reason(
    treated: Estimate | NotComputable, control: Estimate | NotComputable, why: Why
) -> None:
    found = difference(treated, control)
    assert isinstance(found, NotComputable)
    assert found.reason is why


@pytest.mark.parametrize(
    ("treated", "control", "lift"),
    [
        (Estimate(1, 1, 9), Estimate(0, 1, 9), Lift.DELTA),
        (Estimate(-1, 1, 9), Estimate(1, 1, 9), Lift.LOG),
        (Estimate(1, 1, 9), Estimate(1, 4, 9), Lift.FIELLER),
    ],
)
def test_a_ratio_to_nothing_is_not_computable(treated: Estimate, control: Estimate, lift: Lift) -> None:
    assert isinstance(known(difference(treated, control, lift=lift)).relative, NotComputable)


def test_planted_fault_a_lift_that_forgets_the_controls_chance_is_caught_by_the_table() -> None:
    treated, control = Estimate(1.1, 0.01, 99), Estimate(1.0, 0.01, 99)
    assert relative_variance(treated, control) > 1.9 * treated.variance / control.value**2
