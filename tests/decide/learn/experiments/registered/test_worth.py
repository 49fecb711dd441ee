"""An effect in money: it scales with the people, and the low end of the interval is what one may plan with."""

import msgspec
import pytest

from fieldfare.learn.experiments.model import Interval, NotComputable
from fieldfare.learn.experiments.registered.model import Payoff
from fieldfare.learn.experiments.registered.worth import KEPT, money_of
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.estimate import share_of
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sums import sums_of_hits


def effect() -> Effect:
    found = difference(share_of(sums_of_hits(180, 2_000)), share_of(sums_of_hits(110, 2_000)))
    assert isinstance(found, Effect)
    return found


def test_messages_are_part_of_the_cost() -> None:
    found = money_of(
        Payoff(value=4_500, cost=50_000, message_cost=10), "treated", effect(), effect().interval, 2_000, 2_000
    )
    assert found.cost == 70_000
    assert found.roi == pytest.approx(3.5)
    assert found.must_be_true.holds
    assert found.attrition == ()


def test_later_periods_make_the_table_of_attrition() -> None:
    found = money_of(
        Payoff(value=4_500, cost=70_000, later_periods=1), "treated", effect(), effect().interval, 2_000, 0
    )
    assert [each.share for each in found.attrition] == list(KEPT)
    assert found.attrition[-1].roi == pytest.approx(8.0)
    assert found.payback == pytest.approx(70_000 / 315_000)
    assert found.payback_low == pytest.approx(70_000 / (effect().interval.low * 2_000 * 4_500))


def test_the_cost_may_come_back_in_a_later_period() -> None:
    """The first period brings 3,150 of the 4,000; without a later one the money does not come back."""
    payoff = Payoff(value=4_500, cost=400_000)
    once, twice = (
        money_of(each, "treated", effect(), effect().interval, 2_000, 0)
        for each in (payoff, msgspec.structs.replace(payoff, later_periods=2))
    )
    assert isinstance(once.payback, NotComputable)
    assert "within the one period" in once.payback.detail
    assert twice.payback == pytest.approx(400_000 / 315_000)
    assert twice.payback_low == pytest.approx(400_000 / (effect().interval.low * 2_000 * 4_500))


def test_a_wide_interval_does_not_hold_at_its_low_end() -> None:
    found = money_of(Payoff(value=4_500, cost=70_000), "treated", effect(), Interval(-0.01, 0.08, "wide"), 2_000, 0)
    assert not found.must_be_true.holds
    assert found.net_interval.low < 0 < found.net
    assert isinstance(found.payback_low, NotComputable)
