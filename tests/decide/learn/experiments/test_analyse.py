"""The analysis: the domain's worked example to the digit, honest silence, and the coverage that 95 % promises."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from fieldfare.ground.instants import DAY
from fieldfare.learn.experiments.analyse import analyse, conversion, ratio_check, revenue
from fieldfare.learn.experiments.intervals import NEWCOMBE, WALD
from fieldfare.learn.experiments.model import (
    ArmTotals,
    Difference,
    Experiment,
    Interval,
    NotComputable,
    Population,
    RatioCheck,
    Relative,
    Totals,
    Why,
)

REACTIVATION = Totals(
    treated=ArmTotals(members=2000, conversions=180), holdout=ArmTotals(members=2000, conversions=110)
)
EXPERIMENT = Experiment(name="journey.win-back", salt="s", holdout=0.15, goal_event="check_in", window_us=30 * DAY)


def arms(treated: tuple[int, int], holdout: tuple[int, int]) -> Totals:
    return Totals(
        treated=ArmTotals(members=treated[1], conversions=treated[0]),
        holdout=ArmTotals(members=holdout[1], conversions=holdout[0]),
    )


def computed(answer: Difference | NotComputable) -> Difference:
    assert isinstance(answer, Difference), answer
    return answer


def test_the_worked_example_of_the_domain_to_the_digit() -> None:
    got = computed(conversion(REACTIVATION))
    assert (got.treated, got.holdout) == (0.09, 0.055)
    assert round(got.value * 100, 10) == 3.5
    assert round(got.standard_error, 7) == 0.0081815
    assert (round(got.interval.low * 100, 3), round(got.interval.high * 100, 3)) == (1.896, 5.104)
    assert got.interval.method == WALD
    assert got.statistic is not None
    assert got.p_value is not None
    assert round(got.statistic, 3) == 4.268
    assert f"{got.p_value:.2e}" == "1.97e-05"
    assert isinstance(got.relative, Relative)
    assert f"{got.relative.value:+.1%}" == "+63.6%"
    assert got.sign == 1


@pytest.mark.parametrize(
    ("treated", "holdout", "method"),
    [
        ((10, 100), (10, 100), WALD),
        ((9, 100), (10, 100), NEWCOMBE),
        ((90, 100), (91, 100), NEWCOMBE),
        ((0, 100), (0, 100), NEWCOMBE),
    ],
)
def test_small_counts_show_newcombes_interval(treated: tuple[int, int], holdout: tuple[int, int], method: str) -> None:
    got = computed(conversion(arms(treated, holdout)))
    assert got.interval.method == method
    assert got.interval.low < got.value < got.interval.high or got.value == 0.0


def test_no_conversion_at_all_is_an_interval_around_zero_and_no_test() -> None:
    got = computed(conversion(arms((0, 200), (0, 60))))
    assert (got.value, got.p_value, got.statistic, got.sign) == (0.0, None, None, 0)
    assert got.interval.low < 0 < got.interval.high
    assert isinstance(got.relative, NotComputable)
    assert got.relative.reason is Why.ZERO_BASE


@pytest.mark.parametrize(
    ("totals", "reason"),
    [
        (arms((0, 0), (5, 100)), Why.EMPTY_ARM),
        (arms((5, 100), (0, 0)), Why.EMPTY_ARM),
        (arms((5, 100), (2, 29)), Why.TOO_SMALL),
        (arms((1, 29), (2, 100)), Why.TOO_SMALL),
    ],
)
def test_an_empty_or_small_arm_gives_the_reason_and_no_number(totals: Totals, reason: Why) -> None:
    for answer in (conversion(totals), revenue(totals)):
        assert isinstance(answer, NotComputable)
        assert answer.reason is reason


def test_revenue_without_variation_is_not_computable() -> None:
    same = ArmTotals(members=50, revenue_sum=500, revenue_squares=5000)
    answer = revenue(Totals(treated=same, holdout=same))
    assert isinstance(answer, NotComputable)
    assert answer.reason is Why.NO_VARIATION


def money(values: list[int], conversions: int = 20) -> ArmTotals:
    return ArmTotals(
        members=len(values),
        conversions=conversions,
        revenue_sum=sum(values),
        revenue_squares=sum(value * value for value in values),
    )


def test_revenue_per_member_is_welchs_test() -> None:
    one, two = [0] * 80 + [1200, 300, 4500] * 10, [0] * 60 + [800] * 6
    got = computed(revenue(Totals(treated=money(one), holdout=money(two))))
    oracle = stats.ttest_ind(one, two, equal_var=False)
    assert (got.statistic, got.p_value) == pytest.approx((oracle.statistic, oracle.pvalue))
    assert (got.interval.low, got.interval.high) == pytest.approx(tuple(oracle.confidence_interval(0.95)))


@pytest.mark.parametrize(
    ("treated", "holdout", "share", "passed"),
    [(850, 150, 0.15, True), (870, 130, 0.15, True), (800, 200, 0.15, False), (1000, 0, 0.15, False)],
)
def test_a_split_that_the_coin_did_not_make_is_seen(treated: int, holdout: int, share: float, *, passed: bool) -> None:
    got = ratio_check(arms((0, treated), (0, holdout)), share)
    assert isinstance(got, RatioCheck)
    members = treated + holdout
    expected = stats.chisquare([treated, holdout], [members * (1 - share), members * share]).pvalue
    assert math.isclose(got.p_value, expected, rel_tol=1e-9)
    assert got.passed is passed


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_split_without_two_arms_cannot_be_checked(share: float) -> None:
    assert isinstance(ratio_check(arms((0, 100), (0, 0)), share), NotComputable)


def test_money_is_read_only_where_the_goal_declares_it() -> None:
    readout = analyse(EXPERIMENT, REACTIVATION, Population.ASSIGNED, 0)
    assert isinstance(readout.revenue, NotComputable)
    assert readout.revenue.reason is Why.NO_REVENUE_DECLARED


Analysis = Callable[[Totals], Difference | NotComputable]


def coverage(analysis: Analysis, *, rounds: int = 1500) -> tuple[float, float]:
    """Return the shares of experiments whose interval holds the true difference, and that claim a false one."""
    random = np.random.default_rng(20260301)
    held = claimed = 0
    for _ in range(rounds):
        hits_t, hits_h = int(random.binomial(900, 0.12)), int(random.binomial(160, 0.12))
        got = computed(analysis(arms((hits_t, 900), (hits_h, 160))))
        held += got.interval.low <= 0 <= got.interval.high
        claimed += got.sign != 0
    return held / rounds, claimed / rounds


def honest(analysis: Analysis) -> bool:
    held, claimed = coverage(analysis)
    return 0.93 <= held <= 0.97 and claimed <= 0.07


def test_where_nothing_changed_one_in_twenty_is_claimed() -> None:
    assert honest(conversion)


def test_planted_fault_a_one_sided_interval_claims_too_often() -> None:
    def one_sided(totals: Totals) -> Difference:
        got = computed(conversion(totals))
        half = 1.645 * got.standard_error
        return Difference(
            treated=got.treated,
            holdout=got.holdout,
            value=got.value,
            standard_error=got.standard_error,
            interval=Interval(got.value - half, got.value + half, "one-sided"),
            statistic=got.statistic,
            p_value=got.p_value,
            relative=got.relative,
        )

    assert not honest(one_sided)
