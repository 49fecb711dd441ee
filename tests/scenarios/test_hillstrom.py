"""Hillstrom's e-mail experiment: the reference's figures, to 1e-9 against SciPy and statsmodels on the same data."""

import functools
from collections import defaultdict

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats import proportion, weightstats

from fieldfare.learn.experiments.model import Relative
from fieldfare.learn.experiments.statistics.bayes import normal_belief
from fieldfare.learn.experiments.statistics.compare import difference, pooled_test
from fieldfare.learn.experiments.statistics.cuped import Adjusted, adjust
from fieldfare.learn.experiments.statistics.estimate import mean_of
from fieldfare.learn.experiments.statistics.mismatch import Mismatch, mismatch
from fieldfare.learn.experiments.statistics.model import Effect, NotComputable, Sums
from fieldfare.learn.experiments.statistics.sequences import always_valid
from fieldfare.learn.experiments.statistics.sums import sums_of
from tests.decide.learn.experiments.statistics.shared import MISSING, table

MENS, WOMENS, NONE = "Mens E-Mail", "Womens E-Mail", "No E-Mail"
NEAR = pytest.approx


@functools.cache
def columns() -> dict[str, dict[str, np.ndarray]]:
    rows = table("hillstrom", "hillstrom.csv")
    if rows is None:
        pytest.skip(MISSING)
    held: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        held[row["segment"]].append(row)
    return {
        arm: {
            "visit": np.array([int(row["visit"]) for row in members]),
            "conversion": np.array([int(row["conversion"]) for row in members]),
            "spend": np.array([round(float(row["spend"]) * 100) for row in members]),
            "history": np.array([round(float(row["history"]) * 100) for row in members]),
        }
        for arm, members in held.items()
    }


@functools.cache
def sums(arm: str, metric: str) -> Sums:
    here = columns()[arm]
    return sums_of({"value": here[metric], "before": here["history"]})


def effect(arm: str, control: str, metric: str) -> Effect:
    found = difference(mean_of(sums(arm, metric)), mean_of(sums(control, metric)))
    assert isinstance(found, Effect)
    return found


@pytest.mark.parametrize(
    ("arm", "size", "visits", "conversions", "spend", "spread"),
    [
        (MENS, 21_307, 3_894, 267, 1.422617, 17.754205),
        (WOMENS, 21_387, 3_238, 189, 1.077202, 15.116106),
        (NONE, 21_306, 2_262, 122, 0.652789, 11.588200),
    ],
)
def test_the_arms(arm: str, size: int, visits: int, conversions: int, spend: float, spread: float) -> None:
    found = sums(arm, "spend")
    assert found.size == size
    assert (sums(arm, "visit").total("value"), sums(arm, "conversion").total("value")) == (visits, conversions)
    assert (found.mean("value") / 100, found.covariance("value", "value") ** 0.5 / 100) == NEAR(
        (spend, spread), abs=1e-6
    )


def test_the_split() -> None:
    found = mismatch({arm: len(here["visit"]) for arm, here in columns().items()}, dict.fromkeys(columns(), 1))
    assert isinstance(found, Mismatch)
    assert (found.statistic, found.p_value) == NEAR((0.20253, 0.90369), abs=5e-6)


@pytest.mark.parametrize(
    ("arm", "control", "metric", "value", "t", "p", "z"),
    [
        (MENS, NONE, "visit", 0.076590, 22.6202, 1.4e-112, 22.4860),
        (MENS, NONE, "conversion", 0.006805, 7.3897, 1.50e-13, 7.3851),
        (MENS, NONE, "spend", 0.769827, 5.3001, 1.16e-07, None),
        (WOMENS, NONE, "visit", 0.045233, 13.9847, 2.4e-44, 13.9492),
        (WOMENS, NONE, "conversion", 0.003111, 3.7816, 1.56e-04, 3.7796),
        (WOMENS, NONE, "spend", 0.424412, 3.2564, 1.13e-03, None),
        (MENS, WOMENS, "visit", 0.031356, 8.691, 3.7e-18, None),
        (MENS, WOMENS, "conversion", 0.003694, 3.712, 2.1e-04, None),
        (MENS, WOMENS, "spend", 0.345415, 2.164, 0.0305, None),
    ],
)
def test_the_contrasts(arm: str, control: str, metric: str, value: float, t: float, p: float, z: float | None) -> None:
    found = effect(arm, control, metric)
    scale = 100 if metric == "spend" else 1
    assert found.value / scale == NEAR(value, abs=6e-7)
    assert found.statistic == NEAR(t, abs=6e-4)
    assert found.p_value == NEAR(p, rel=0.04)
    one, other = columns()[arm][metric], columns()[control][metric]
    told = stats.ttest_ind(one, other, equal_var=False)
    span = told.confidence_interval()
    assert found.statistic == NEAR(told.statistic, abs=1e-9)
    assert found.p_value == NEAR(told.pvalue, rel=1e-9)
    assert (found.interval.low, found.interval.high) == NEAR((span.low, span.high), abs=1e-9)
    means = weightstats.CompareMeans(weightstats.DescrStatsW(one), weightstats.DescrStatsW(other))
    assert (found.interval.low, found.interval.high) == NEAR(means.tconfint_diff(usevar="unequal"), abs=1e-9)
    if z is not None:
        pooled = pooled_test(sums(arm, metric), sums(control, metric))
        assert pooled == NEAR(proportion.proportions_ztest([one.sum(), other.sum()], [len(one), len(other)]), abs=1e-9)
        assert pooled is not None
        assert pooled[0] == NEAR(z, abs=1e-4)


@pytest.mark.parametrize(
    ("metric", "value", "t"), [("visit", 0.060882, 21.92), ("conversion", 0.004955, 6.906), ("spend", 0.596796, 5.302)]
)
def test_any_mail_against_none(metric: str, value: float, t: float) -> None:
    found = difference(mean_of(sums(MENS, metric) + sums(WOMENS, metric)), mean_of(sums(NONE, metric)))
    assert isinstance(found, Effect)
    assert found.value / (100 if metric == "spend" else 1) == NEAR(value, abs=6e-7)
    assert found.statistic == NEAR(t, abs=6e-3)


@pytest.mark.parametrize(
    ("arm", "metric", "fixed", "looked", "lift", "lift_looked", "p"),
    [
        (MENS, "spend", (0.485140, 1.054515), (0.302066, 1.237589), (0.544285, 1.814293), (0.135932, 2.222645), 0.0121),
        (
            WOMENS,
            "spend",
            (0.168957, 0.679868),
            (0.004648, 0.844177),
            (0.149112, 1.151191),
            (-0.173157, 1.473460),
            0.342,
        ),
        (
            WOMENS,
            "conversion",
            (0.001499, 0.004723),
            (0.000462, 0.005761),
            (0.193230, 0.893396),
            (-0.031944, 1.118570),
            0.0868,
        ),
        (WOMENS, "visit", (0.038894, 0.051573), (0.034816, 0.055650), (0.354399, 0.497711), (0.308309, 0.543801), 0.0),
    ],
)
def test_gbstats_intervals(
    arm: str,
    metric: str,
    fixed: tuple[float, float],
    looked: tuple[float, float],
    lift: tuple[float, float],
    lift_looked: tuple[float, float],
    p: float,
) -> None:
    found, scale = effect(arm, NONE, metric), 100 if metric == "spend" else 1
    always = always_valid(found, sums(arm, metric).size + sums(NONE, metric).size)
    assert (found.interval.low / scale, found.interval.high / scale) == NEAR(fixed, abs=2e-6)
    assert (always.interval.low / scale, always.interval.high / scale) == NEAR(looked, abs=2e-6)
    assert isinstance(found.relative, Relative)
    assert not isinstance(always.relative, NotComputable)
    assert (found.relative.interval.low, found.relative.interval.high) == NEAR(lift, abs=3e-5)
    assert (always.relative.low, always.relative.high) == NEAR(lift_looked, abs=5e-5)
    assert p >= 0


@pytest.mark.parametrize(
    ("arm", "metric", "chance"),
    [(WOMENS, "spend", 0.994510), (WOMENS, "conversion", 0.998824), (MENS, "spend", 0.999864)],
)
def test_gbstats_beliefs(arm: str, metric: str, chance: float) -> None:
    found = effect(arm, NONE, metric).relative
    assert isinstance(found, Relative)
    belief = normal_belief(found.value, (found.interval.high - found.value) / 1.96)
    assert belief.chance_better == NEAR(chance, abs=5e-5)


@pytest.mark.parametrize(("metric", "reduction"), [("visit", 0.004), ("conversion", 0.0009), ("spend", 0.0005)])
def test_what_cuped_really_yields(metric: str, reduction: float) -> None:
    found = adjust({arm: sums(arm, metric) for arm in (MENS, WOMENS, NONE)})
    assert isinstance(found, Adjusted)
    assert found.reduction == NEAR(reduction, rel=0.2)
