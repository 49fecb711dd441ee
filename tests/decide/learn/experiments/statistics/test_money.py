"""Money: the worksheet, the sensitivity and the worked example of the domain, each with its definition of a return."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.experiments.model import Interval, NotComputable
from fieldfare.learn.experiments.statistics.money import (
    attrition,
    margin_of_discount,
    must_be_true,
    payback,
    per_person,
    roi,
    worksheet,
)

LICENCE, IMPLEMENTATION, MIGRATION = (60, 60, 60), (75, 10, 10), (20, 0, 0)
TRAINING, SUPPORT, HARDWARE = (15, 5, 5), (12, 12, 12), (8, 2, 2)
BENEFITS = (45 + 120, 60 + 180, 60 + 200)


def costs(implementation: tuple[float, ...] = IMPLEMENTATION) -> list[float]:
    lines = (LICENCE, implementation, MIGRATION, TRAINING, SUPPORT, HARDWARE)
    return [sum(year) for year in zip(*lines, strict=True)]


def test_the_worksheet_of_three_years() -> None:
    found = worksheet(costs(), BENEFITS)
    assert [year.cost for year in found.years] == [190, 89, 89]
    assert [year.net for year in found.years] == [-25, 151, 171]
    assert [year.cumulative_net for year in found.years] == [-25, 126, 297]
    assert [year.cumulative_roi for year in found.years] == pytest.approx([-0.1316, 0.4516, 0.8071], abs=5e-5)
    assert found.payback_months == pytest.approx(13.99, abs=5e-3)


@pytest.mark.parametrize(
    ("factor", "net", "cumulative"),
    [(1.25, -43.75, 0.6975), (1 / 0.75, -50.0, 0.6639), (1.4, -55.0, 0.6379), (1 / 0.6, -75.0, 0.5417)],
)
def test_when_the_implementation_costs_more(factor: float, net: float, cumulative: float) -> None:
    found = worksheet(costs((75 * factor, 10 * factor, 10 * factor)), BENEFITS)
    assert found.years[0].net == pytest.approx(net)
    assert found.years[2].cumulative_roi == pytest.approx(cumulative, abs=5e-5)


def test_what_never_comes_back_says_so() -> None:
    assert isinstance(worksheet([10, 10], [1, 1]).payback_months, NotComputable)
    assert worksheet([0], [5]).payback_months == 0
    assert isinstance(worksheet([0], [5]).years[0].cumulative_roi, NotComputable)


def test_later_attrition_of_the_worked_example() -> None:
    sixty, everybody, nobody = attrition(70, 45, 700, [60 / 70, 1, 0])
    assert (sixty.revenue, sixty.net) == pytest.approx((5_850, 5_150))
    assert sixty.roi == pytest.approx(7.36, abs=5e-3)
    assert (everybody.revenue, everybody.net, everybody.roi) == (6_300, 5_600, 8.0)
    assert (nobody.revenue, nobody.net, nobody.roi) == (3_150, 2_450, 3.5)


def test_what_must_be_true() -> None:
    found = must_be_true(Interval(0.01896, 0.05104, ""), 45, 2_000, 700)
    assert found.people == pytest.approx(15.56, abs=5e-3)
    assert found.effect == pytest.approx(0.0078, abs=5e-5)
    assert found.value == pytest.approx(10.0)
    assert found.share_kept == 0
    assert found.holds
    assert per_person(700, 70) == 10


def test_what_pays_only_if_they_stay() -> None:
    found = must_be_true(Interval(0.0, 0.01, ""), 45, 2_000, 700, later_periods=2)
    assert found.share_kept == pytest.approx((700 / 450 - 1) / 2)
    assert not found.holds


def test_where_nobody_is_added_nothing_pays() -> None:
    found = must_be_true(Interval(-0.02, 0.0, ""), 45, 2_000, 700)
    assert isinstance(found.value, NotComputable)
    assert isinstance(found.share_kept, NotComputable)
    assert isinstance(must_be_true(Interval(0, 1, ""), 0, 1, 1).people, NotComputable)
    assert isinstance(per_person(700, 0), NotComputable)
    assert isinstance(roi(5, 0), NotComputable)


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(0, 300)), min_size=1, max_size=8))
def test_the_payback_is_where_the_cumulative_net_is_zero(years: list[tuple[float, float]]) -> None:
    found = worksheet([cost for cost, _ in years], [benefit for _, benefit in years])
    if isinstance(found.payback_months, NotComputable):
        assert all(year.cumulative_net < 0 for year in found.years)
    else:
        year = int(min(found.payback_months / 12, len(years) - 1e-9))
        assert found.years[year].cumulative_net >= -1e-9 or found.payback_months % 12 == 0


@pytest.mark.parametrize(
    ("revenue", "cost", "periods", "after"),
    [
        (3_150, 700, 1, 700 / 3_150),
        (350, 700, 2, 2.0),
        (5, 0, 1, 0.0),
        (-5, 0, 1, 0.0),
        (349, 700, 2, "within the 2 periods"),
        (0, 700, 1, "within the one period"),
        (-5, 700, 1, "within the one period"),
    ],
)
def test_after_how_many_periods_the_cost_has_come_back(
    revenue: float, cost: float, periods: int, after: float | str
) -> None:
    found = payback(revenue, cost, periods)
    if isinstance(found, NotComputable):
        assert isinstance(after, str)
        assert after in found.detail
    else:
        assert found == pytest.approx(after)


def test_a_discount_costs_more_than_it_shows() -> None:
    assert margin_of_discount(revenue=900, discounts=100, margin=0.5) == pytest.approx(400)
