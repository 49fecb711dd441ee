"""The words of a report never say more than the interval does."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.experiments.analyse import analyse
from fieldfare.learn.experiments.model import ArmTotals, Difference, Experiment, Population, Readout, Totals
from fieldfare.learn.experiments.report import report

EXPERIMENT = Experiment(
    name="journey.win-back", salt="s", holdout=0.15, goal_event="check_in", revenue_property="spend"
)
CLAIMS = ("more often", "less often", "brought more", "brought less")


def readout(treated: ArmTotals, holdout: ArmTotals, share: float = 0.15) -> Readout:
    experiment = Experiment(name="journey.x", salt="s", holdout=share, goal_event="check_in", revenue_property="spend")
    return analyse(experiment, Totals(treated=treated, holdout=holdout, immature=3), Population.ASSIGNED, 0)


def arm(members: int, conversions: int, each: int = 900) -> ArmTotals:
    return ArmTotals(
        members=members,
        conversions=conversions,
        revenue_sum=conversions * each,
        revenue_squares=conversions * each * each,
    )


def test_a_difference_that_is_shown() -> None:
    lines = report(readout(arm(2000, 180), arm(2000, 110), 0.5), "EUR")
    text = "\n".join(lines)
    assert "Conversion: treated members converted more often." in text
    assert "difference: +3.5 points, 95 % interval +1.9 points to +5.1 points (Wald, unpooled); p = 1.97e-05" in text
    assert "treated: 180 of 2,000 = 9.0%" in text
    assert "EUR" in text
    assert "3 left out because their window is not over" in text


def test_an_interval_with_zero_claims_nothing() -> None:
    text = "\n".join(report(readout(arm(850, 85), arm(150, 14)), "EUR"))
    assert "No difference is shown" in text
    assert not any(claim in text for claim in CLAIMS)


def test_a_broken_split_says_nothing_about_the_effect() -> None:
    text = "\n".join(report(readout(arm(2000, 180), arm(2000, 110), 0.15), "EUR"))
    assert "BROKEN" in text
    assert "Conversion" not in text
    assert "points" not in text


def test_too_few_members_give_the_reason() -> None:
    text = "\n".join(report(readout(arm(85, 20), arm(15, 1)), "EUR"))
    assert "not computable (too_small)" in text
    assert "15 members" in text


counts = st.tuples(st.integers(30, 3000), st.floats(0, 1))

Report = Callable[[Readout, str], list[str]]


def says_more_than_the_interval(write: Report, treated: tuple[int, float], holdout: tuple[int, float]) -> bool:
    share = holdout[0] / (treated[0] + holdout[0])
    what = readout(arm(treated[0], int(treated[0] * treated[1])), arm(holdout[0], int(holdout[0] * holdout[1])), share)
    signs = {answer.sign for answer in (what.conversion, what.revenue) if isinstance(answer, Difference)}
    text = "\n".join(write(what, "EUR"))
    up = "more often" in text or "brought more" in text
    down = "less often" in text or "brought less" in text
    return (up and 1 not in signs) or (down and -1 not in signs)


@given(counts, counts)
def test_the_wording_follows_the_interval(treated: tuple[int, float], holdout: tuple[int, float]) -> None:
    assert not says_more_than_the_interval(report, treated, holdout)


def test_planted_fault_wording_by_the_point_estimate_is_caught() -> None:
    def eager(what: Readout, currency: str) -> list[str]:
        return [
            line.replace("No difference is shown", "treated members converted more often")
            for line in report(what, currency)
        ]

    assert says_more_than_the_interval(eager, (850, 0.1), (150, 0.093))


@pytest.mark.parametrize("population", list(Population))
def test_the_report_says_whom_it_counts(population: Population) -> None:
    what = analyse(EXPERIMENT, Totals(treated=arm(85, 20), holdout=arm(15, 1)), population, 0)
    told = "intention to treat" if population is Population.ASSIGNED else "the holdout alone decided"
    assert any(told in line for line in report(what, "EUR"))
