"""What an experiment can find: the domain's pilots are told to be too small, and what would help is said."""

import msgspec
import pytest

from fieldfare.ground.instants import DAY
from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.registered.design import SHARES, Compared, Design, compared, design
from fieldfare.learn.experiments.registered.model import Looks, Registration, Trial
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits
from tests.decide.learn.experiments.registered.plans import CAME, PLAN, SPENT

MONTH = msgspec.structs.replace(CAME, window_us=30 * DAY)


def planned(plan: Registration, hits: int, size: int, holdout: float, per_day: float, days: float) -> Design:
    found = design(plan, MONTH, sums_of_hits(hits, size), Compared(control=holdout), per_day, days)
    assert isinstance(found, Design)
    return found


def test_twelve_hundred_members_cannot_find_a_fifth_of_eight_per_cent() -> None:
    plan = msgspec.structs.replace(PLAN, smallest_effect=0.20, effect_is_lift=True)
    found = planned(plan, 800, 10_000, 0.15, 20, 60)
    assert found.effect == pytest.approx(0.016)
    assert not found.answers
    assert found.chosen.units > 15_000
    assert any("Pool it" in each for each in found.advice)
    assert any("belief" in each for each in found.advice)


def test_a_large_pilot_can() -> None:
    plan = msgspec.structs.replace(PLAN, smallest_effect=0.035)
    found = planned(plan, 550, 10_000, 0.5, 100, 40)
    assert found.answers
    assert found.advice == ()
    assert found.chosen.days == pytest.approx(found.chosen.units / 100 + 30, abs=1)


def test_a_larger_holdout_is_advised_where_it_helps() -> None:
    plan = msgspec.structs.replace(PLAN, smallest_effect=0.03)
    found = planned(plan, 1_000, 10_000, 0.10, 100, 60)
    assert not found.answers
    assert "A holdout of" in found.advice[0]
    assert [each.holdout for each in found.options] == list(SHARES)
    assert [each.finds for each in found.options] == sorted((each.finds for each in found.options), reverse=True)


@pytest.mark.parametrize(
    ("looks", "more"), [(Looks.FIXED, 1.0), (Looks.OBRIEN_FLEMING, 1.03), (Looks.POCOCK, 1.2), (Looks.ALWAYS, 1.9)]
)
def test_looks_cost_units(looks: Looks, more: float) -> None:
    plan = msgspec.structs.replace(PLAN, looks=looks, look_at=(0.25, 0.5, 0.75, 1.0))
    found = planned(plan, 1_000, 10_000, 0.5, 100, 60)
    assert found.inflation == pytest.approx(more, abs=0.1)
    fixed = planned(PLAN, 1_000, 10_000, 0.5, 100, 60)
    assert found.chosen.units == pytest.approx(fixed.chosen.units * found.inflation, rel=0.04)


def test_cuped_shortens_a_test_by_what_history_says() -> None:
    history = sums_of({"value": [10, 22, 29, 41] * 50, "before": [1, 2, 3, 4] * 50})
    plan = msgspec.structs.replace(PLAN, primary="spent", smallest_effect=2.0)
    found = design(plan, SPENT, history, Compared(control=0.5), 10, 60)
    without = design(plan, msgspec.structs.replace(SPENT, before_us=0), history, Compared(control=0.5), 10, 60)
    assert isinstance(found, Design)
    assert isinstance(without, Design)
    assert found.reduction > 0.9
    assert found.chosen.units < without.chosen.units / 5


@pytest.mark.parametrize(
    ("history", "is_lift", "why"),
    [
        (Sums(), False, Why.TOO_SMALL),
        (sums_of_hits(0, 100), False, Why.NO_VARIATION),
        (sums_of({"value": [5] * 40}), True, Why.NO_VARIATION),
    ],
)
def test_without_a_history_there_is_a_reason(history: Sums, why: Why, *, is_lift: bool) -> None:
    plan = msgspec.structs.replace(PLAN, effect_is_lift=is_lift)
    found = design(plan, SPENT if is_lift else CAME, history, Compared(control=0.5), 10, 60)
    assert isinstance(found, NotComputable)
    assert found.reason is why


def test_several_variants_are_planned_one_by_one() -> None:
    """The smallest with the control, each at its part of the error, and with the share of people that these two get."""
    trial = Trial(weights={"plain": 0.5, "warm": 0.3, "short": 0.2}, control="plain")
    told = compared(trial, None)
    assert (told.control, told.part, told.questions) == pytest.approx((0.5 / 0.7, 0.7, 2))
    plan = msgspec.structs.replace(PLAN, smallest_effect=0.02)
    one = design(plan, MONTH, sums_of_hits(1_000, 10_000), Compared(control=0.5), 100, 60)
    two = design(plan, MONTH, sums_of_hits(1_000, 10_000), Compared(control=0.5, part=0.5, questions=2), 100, 60)
    assert isinstance(one, Design)
    assert isinstance(two, Design)
    assert two.per_day == 50
    assert one.chosen.units < two.chosen.units < 1.4 * one.chosen.units
    assert two.chosen.finds > one.chosen.finds * 1.4
