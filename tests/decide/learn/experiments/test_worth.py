"""Worth in people and money: the domain's worked example (section 8.3) to its printed digits."""

import pytest

from fieldfare.learn.experiments.analyse import conversion
from fieldfare.learn.experiments.model import ArmTotals, Difference, Interval, NotComputable, Totals, Worth
from fieldfare.learn.experiments.worth import worth


def difference(treated: int = 180, holdout: int = 110) -> Difference:
    answer = conversion(
        Totals(
            treated=ArmTotals(members=2000, conversions=treated), holdout=ArmTotals(members=2000, conversions=holdout)
        )
    )
    assert isinstance(answer, Difference)
    return answer


def test_the_worked_example_of_the_domain() -> None:
    got = worth(difference(), 2000, value=4500, cost=70_000)
    assert round(got.people, 6) == 70
    assert round(got.revenue / 100, 2) == 3150
    assert round(got.net / 100, 2) == 2450
    assert isinstance(got.roi, float)
    assert round(got.roi, 6) == 3.5
    assert spans(got.people_interval, 1) == (37.9, 102.1)
    assert spans(got.revenue_interval, 100) == (1706.8, 4593.2)
    assert spans(got.net_interval, 100) == (1006.8, 3893.2)
    assert isinstance(got.roi_interval, Interval)
    assert (round(got.roi_interval.low, 2), round(got.roi_interval.high, 2)) == (1.44, 5.56)
    assert isinstance(got.cost_per_person, float)
    assert round(got.cost_per_person / 100, 2) == 10.0
    assert isinstance(got.break_even_people, float)
    assert round(got.break_even_people, 2) == 15.56
    assert round(got.break_even_people / 2000 * 100, 2) == 0.78


def spans(interval: Interval, scale: int) -> tuple[float, float]:
    return round(interval.low / scale, 1), round(interval.high / scale, 1)


@pytest.mark.parametrize(("retained", "revenue", "net", "roi"), [(60, 5850, 5150, 7.36), (70, 6300, 5600, 8.0)])
def test_two_months_of_the_worked_example(retained: int, revenue: int, net: int, roi: float) -> None:
    first = worth(difference(), 2000, value=4500, cost=70_000)
    two_months = first.revenue + retained * 4500
    assert round(two_months / 100) == revenue
    assert round((two_months - 70_000) / 100) == net
    assert round((two_months - 70_000) / 70_000, 2) == roi


def gross(got: Worth) -> float:
    return got.revenue / 70_000


def test_planted_fault_gross_over_cost_is_not_the_return() -> None:
    got = worth(difference(), 2000, value=4500, cost=70_000)
    assert round(gross(got), 6) == 4.5
    assert got.roi != gross(got)


def test_what_has_no_meaning_is_said() -> None:
    free = worth(difference(), 2000, value=4500, cost=0)
    assert isinstance(free.roi, NotComputable)
    assert isinstance(free.roi_interval, NotComputable)
    nobody = worth(difference(100, 110), 2000, value=0, cost=10)
    assert isinstance(nobody.cost_per_person, NotComputable)
    assert isinstance(nobody.break_even_people, NotComputable)
