"""Comparisons inside strata: statsmodels' numbers, the stated coverage, small strata together, few hits without."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import Split
from fieldfare.learn.experiments.permuted import Dealt, next_in
from fieldfare.learn.experiments.registered.compare import compare_arms
from fieldfare.learn.experiments.registered.stratified import LEAST, cells_of
from fieldfare.learn.experiments.statistics.estimate import ratio_of, ratio_over_strata
from fieldfare.learn.experiments.statistics.model import Effect, Estimate, Sums
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits

SPENT = Metric(name="spend", kind=MetricKind.REVENUE, shape=Shape.MEAN, fold=Fold.SUM)
PLANNED = Metric(name="spend", kind=MetricKind.REVENUE, shape=Shape.MEAN, fold=Fold.SUM, before_us=1)
CAME = Metric(name="came", kind=MetricKind.CONVERSION, shape=Shape.SHARE)
PAIR = ("treated", "holdout")
Held = dict[int, dict[str, Sums]]


def whole(strata: Mapping[int, Mapping[str, Sums]]) -> dict[str, Sums]:
    return {arm: sum((arms[arm] for arms in strata.values()), Sums()) for arm in PAIR}


def compared(metric: Metric, strata: Held, *, inside: bool = True) -> Effect:
    found, _ = compare_arms(metric, whole(strata), "treated", 0.95, "holdout", strata if inside else None)
    assert isinstance(found, Effect)
    return found


def drawn(rng: np.random.Generator, sizes: Mapping[int, int], levels: Mapping[int, float], effect: float) -> Held:
    return {
        stratum: {
            arm: sums_of({"value": np.round(rng.normal(levels[stratum] + effect * (arm == "treated"), 100, size))})
            for arm in PAIR
        }
        for stratum, size in sizes.items()
    }


def test_equal_shares_have_the_number_of_least_squares_with_the_strata_and_their_interactions() -> None:
    """Lin's regression: with centred indicators of strata and all interactions, HC2 is the stratified variance."""
    rng = np.random.default_rng(4)
    stratum = np.repeat([0, 1, 2], [60, 100, 140])
    treated = np.tile([0, 1], 150)
    value = np.round(rng.normal(100 * stratum + 30 * treated * (stratum + 1), 40))
    held = {
        each: {arm: sums_of({"value": value[(stratum == each) & (treated == (arm == "treated"))]}) for arm in PAIR}
        for each in (0, 1, 2)
    }
    marks = np.column_stack([stratum == 1, stratum == 2]).astype(float)
    centred = marks - marks.mean(axis=0)
    columns = np.column_stack([np.ones(300), treated, centred, centred * treated[:, None]])
    told = sm.OLS(value, columns).fit(cov_type="HC2")
    found = compared(SPENT, held)
    assert found.value == pytest.approx(told.params[1], rel=1e-9)
    assert found.standard_error == pytest.approx(told.bse[1], rel=1e-9)
    assert "inside strata" in found.interval.method


def test_what_strata_differ_by_widens_nothing_and_tips_nothing() -> None:
    rng = np.random.default_rng(5)
    held = drawn(rng, {1: 200, 2: 200, 3: 40}, {1: 0, 2: 5_000, 3: 20_000}, 50)
    inside, plain = compared(SPENT, held), compared(SPENT, held, inside=False)
    assert inside.standard_error < plain.standard_error / 10
    assert inside.sign == 1
    assert plain.sign == 0
    one_sided = {**held, 3: {"treated": held[3]["treated"] + held[3]["treated"], "holdout": held[3]["holdout"]}}
    assert compared(SPENT, one_sided).value == pytest.approx(50, abs=30), "an uneven stratum tips nothing"
    assert compared(SPENT, one_sided, inside=False).value > 500


@pytest.mark.parametrize("metric", [SPENT, CAME], ids=["mean", "share"])
def test_intervals_of_people_who_were_dealt_hold_as_often_as_they_say(metric: Metric) -> None:
    """Two hundred people of four strata arrive in any order and are dealt; the truth is no effect."""
    rng, runs, kept, wide = np.random.default_rng(6), 250, 0, 0
    for run in range(runs):
        split = Split(name=f"journey.{run}", salt="clubs", weights={"holdout": 0.5, "treated": 0.5})
        at: dict[int, Dealt] = {}
        values: dict[tuple[int, str], list[int]] = {(each, arm): [] for each in range(4) for arm in PAIR}
        for stratum in rng.choice(4, 200, p=[0.4, 0.3, 0.2, 0.1]).tolist():
            arm, at[stratum] = next_in(split, stratum, at.get(stratum, Dealt()))
            told = rng.normal(300 * stratum, 100) if metric is SPENT else rng.random() < 0.2 + 0.2 * stratum
            values[stratum, arm].append(round(told))
        held = {each: {arm: sums_of({"value": values[each, arm]}) for arm in PAIR} for each in range(4)}
        inside = compared(metric, held).interval
        plain = compared(metric, held, inside=False).interval
        kept += inside.low <= 0 <= inside.high
        wide += inside.high - inside.low < plain.high - plain.low
    assert 0.92 < kept / runs < 0.98
    assert wide / runs > 0.95, "strata explain something, so the interval is shorter"


def test_strata_with_too_few_units_are_put_together_by_their_sizes() -> None:
    few = {stratum: {arm: sums_of_hits(0, LEAST - 1) for arm in PAIR} for stratum in (7, 8)}
    large = {1: dict.fromkeys(PAIR, sums_of_hits(5, 50)), 2: dict.fromkeys(PAIR, sums_of_hits(5, 40))}
    assert {name: arms["treated"].size for name, arms in cells_of(large | few, PAIR).items()} == {
        "1": 50,
        "2": 40,
        "rest": 2 * (LEAST - 1),
    }
    alone = {7: few[7]}
    assert {name: arms["treated"].size for name, arms in cells_of(large | alone, PAIR).items()} == {
        "1": 50,
        "rest": 40 + LEAST - 1,
    }, "what is still too small goes with the smallest"
    assert cells_of({1: large[1]}, PAIR) == {}
    assert cells_of(few, PAIR) == {}
    assert cells_of({}, PAIR) == {}
    lacking = {9: {"treated": sums_of_hits(1, 30)}}
    assert sum(arms["treated"].size for arms in cells_of(large | lacking, PAIR).values()) == 120


def test_few_hits_are_read_without_strata() -> None:
    held = {stratum: {"treated": sums_of_hits(2, 200), "holdout": sums_of_hits(1, 200)} for stratum in (1, 2)}
    assert "Newcombe" in compared(CAME, held).interval.method


def test_cuped_has_one_theta_inside_all_cells() -> None:
    rng, held = np.random.default_rng(7), Held()
    for stratum, level in ((1, 0), (2, 5_000)):
        held[stratum] = {}
        for arm in PAIR:
            before = rng.normal(1_000, 300, 150)
            after = level + before + 80 * (arm == "treated") + rng.normal(0, 50, 150)
            held[stratum][arm] = sums_of({"value": np.round(after), "before": np.round(before)})
    found, reduction = compare_arms(PLANNED, whole(held), "treated", 0.95, "holdout", held)
    assert isinstance(found, Effect)
    assert reduction > 0.9
    assert found.value == pytest.approx(80, abs=15)
    assert found.standard_error < compared(SPENT, held).standard_error / 3


def test_a_ratio_over_one_stratum_is_the_ratio_and_over_several_that_of_the_weighed_sums() -> None:
    rng = np.random.default_rng(8)

    def arm(level: float, size: int) -> Sums:
        base = 1 + rng.poisson(3, size)
        return sums_of({"value": rng.poisson(level * base), "base": base})

    one = arm(2, 300)
    assert told(ratio_over_strata({"a": one}, {"a": 1})) == pytest.approx(told(ratio_of(one)))
    strata = {"a": arm(2, 200), "b": arm(20, 100)}
    value, variance, _ = told(ratio_over_strata(strata, {"a": 200, "b": 100}))
    together = strata["a"] + strata["b"]
    assert value == pytest.approx(together.total("value") / together.total("base"))
    assert variance < told(ratio_of(together))[1] / 3


def told(found: Any) -> tuple[float, float, float]:
    assert isinstance(found, Estimate)
    return found.value, found.variance, found.freedom
