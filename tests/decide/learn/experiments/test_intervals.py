"""Every formula equals SciPy's or statsmodels', and a wrong formula is caught by the same comparison."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from fieldfare.learn.experiments import intervals
from fieldfare.learn.experiments.intervals import Mean, Share
from fieldfare.learn.experiments.model import Interval

SHARES = [(180, 2000, 110, 2000), (12, 40, 30, 55), (1, 900, 7, 100), (499, 500, 30, 60)]

Two = Callable[[Share, Share], Interval]


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n, m = draw(st.integers(5, 5000)), draw(st.integers(5, 5000))
    return draw(st.integers(1, n - 1)), n, draw(st.integers(1, m - 1)), m


def close(interval: Interval, expected: tuple[float, float]) -> bool:
    return math.isclose(interval.low, expected[0], rel_tol=1e-9, abs_tol=1e-12) and math.isclose(
        interval.high, expected[1], rel_tol=1e-9, abs_tol=1e-12
    )


def agrees(ours: Two, method: str, compare: str, case: tuple[int, int, int, int]) -> bool:
    """Compare an interval of ours with statsmodels'."""
    a, n, b, m = case
    low, high = confint_proportions_2indep(a, n, b, m, method=method, compare=compare)
    shift = 1 if compare == "ratio" else 0
    return close(ours(Share(a, n), Share(b, m)), (low - shift, high - shift))


@given(shares())
def test_wald_newcombe_and_katz_equal_statsmodels(case: tuple[int, int, int, int]) -> None:
    assert agrees(intervals.wald, "wald", "diff", case)
    assert agrees(intervals.newcombe, "newcomb", "diff", case)
    assert agrees(intervals.ratio, "log", "ratio", case)


@given(shares())
def test_wilson_equals_statsmodels_and_katz_equals_scipy(case: tuple[int, int, int, int]) -> None:
    a, n, b, m = case
    assert intervals.wilson(Share(a, n)) == pytest.approx(proportion_confint(a, n, method="wilson"), abs=1e-12)
    low, high = relative_risk(a, n, b, m).confidence_interval(0.95)
    assert close(intervals.ratio(Share(a, n), Share(b, m)), (low - 1, high - 1))


@given(shares())
def test_pooled_z_equals_statsmodels(case: tuple[int, int, int, int]) -> None:
    a, n, b, m = case
    assert intervals.pooled_z(Share(a, n), Share(b, m)) == pytest.approx(proportions_ztest([a, b], [n, m]), rel=1e-7)


def pooled_wald(treated: Share, holdout: Share) -> Interval:
    pooled = (treated.hits + holdout.hits) / (treated.size + holdout.size)
    half = intervals.Z * math.sqrt(pooled * (1 - pooled) * (1 / treated.size + 1 / holdout.size))
    value = treated.value - holdout.value
    return Interval(value - half, value + half, "pooled")


def one_sided_wald(treated: Share, holdout: Share) -> Interval:
    half = 1.6448536269514722 * math.sqrt(treated.variance + holdout.variance)
    value = treated.value - holdout.value
    return Interval(value - half, value + half, "one-sided")


def swapped(treated: Share, holdout: Share) -> Interval:
    return intervals.wald(holdout, treated)


@pytest.mark.parametrize("fault", [pooled_wald, one_sided_wald, swapped])
def test_planted_fault_a_wrong_error_is_caught(fault: Two) -> None:
    assert not all(agrees(fault, "wald", "diff", case) for case in SHARES)
    assert all(agrees(intervals.wald, "wald", "diff", case) for case in SHARES)


values = st.lists(st.integers(-50_000, 500_000), min_size=2, max_size=60)


def mean_of(sample: list[int]) -> Mean:
    return intervals.mean_of(len(sample), sum(sample), sum(value * value for value in sample))


def oracle(treated: list[int], holdout: list[int]) -> tuple[float, float, float, float]:
    test = stats.ttest_ind(treated, holdout, equal_var=False)
    low, high = CompareMeans(DescrStatsW(treated), DescrStatsW(holdout)).tconfint_diff(usevar="unequal")
    return float(low), float(high), float(test.statistic), float(test.pvalue)


def student(treated: Mean, holdout: Mean) -> tuple[Interval, float, float]:
    freedom = treated.size + holdout.size - 2
    spread = ((treated.size - 1) * treated.spread + (holdout.size - 1) * holdout.spread) / freedom
    error = math.sqrt(spread * (1 / treated.size + 1 / holdout.size))
    half = float(stats.t.ppf(0.975, freedom)) * error
    value = treated.value - holdout.value
    return Interval(value - half, value + half, "Student"), value / error, 0.0


def matches(test: Callable[[Mean, Mean], tuple[Interval, float, float]], one: list[int], two: list[int]) -> bool:
    interval, statistic, p_value = test(mean_of(one), mean_of(two))
    got = (interval.low, interval.high, statistic, p_value)
    return got == pytest.approx(oracle(one, two), rel=1e-6, abs=1e-9)


@given(values, values)
def test_welch_equals_scipy_and_statsmodels(one: list[int], two: list[int]) -> None:
    if len(set(one)) > 1 and len(set(two)) > 1:
        assert matches(intervals.welch, one, two)


def test_planted_fault_equal_variances_are_caught() -> None:
    one, two = [0, 0, 100, 0, 4000, 0, 0, 900], [0, 20, 10, 0]
    assert matches(intervals.welch, one, two)
    assert not matches(student, one, two)


def test_sums_of_squares_do_not_lose_digits() -> None:
    sample = [10**9, 10**9 + 1, 10**9 + 2]
    assert mean_of(sample).spread == 1.0
