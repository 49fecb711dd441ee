"""What an experiment can find: the domain's pilots are told to be too small, and what would help is said."""

import math

import msgspec
import numpy as np
import pytest

from fieldfare.ground.instants import DAY
from fieldfare.learn.experiments.model import NotComputable, UnitKind, Why
from fieldfare.learn.experiments.registered.design import SHARES, Compared, Design, compared, design
from fieldfare.learn.experiments.registered.findings.plan import design_lines
from fieldfare.learn.experiments.registered.model import Looks, Registration, Trial
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits
from tests.decide.learn.experiments.registered.plans import CAME, LEFT, PLAN, SPENT

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


def test_an_event_is_also_planned_as_time_to_it() -> None:
    plan = msgspec.structs.replace(PLAN, smallest_effect=0.04)
    found = planned(plan, 2_000, 10_000, 0.5, 100, 60)
    assert found.as_time is not None
    assert found.as_time.hazard_ratio == pytest.approx(math.log(0.76) / math.log(0.8))
    assert found.as_time.events == pytest.approx(4 * (2.8016 / math.log(found.as_time.hazard_ratio)) ** 2, abs=1)
    assert found.as_time.units == pytest.approx(found.chosen.units, rel=0.02), "all are watched for the whole window"
    churn = msgspec.structs.replace(LEFT, window_us=30 * DAY)
    fewer = design(plan, churn, sums_of_hits(2_000, 10_000), Compared(control=0.5), 100, 60)
    assert isinstance(fewer, Design)
    assert fewer.as_time is not None
    assert fewer.as_time.hazard_ratio == pytest.approx(math.log(0.84) / math.log(0.8)), "less churn is the good way"
    all_of_them = msgspec.structs.replace(PLAN, smallest_effect=0.9)
    assert planned(all_of_them, 2_000, 10_000, 0.5, 100, 60).as_time is None


def test_people_assigned_together_need_more_of_them() -> None:
    """Households of three who do the same: three times the people; of three strangers: as many."""
    alike = sums_of({"value": [3] * 400 + [0] * 1_600, "base": [3] * 2_000})
    hits = np.random.default_rng(4).binomial(3, 0.2, 20_000)
    strangers = sums_of({"value": hits.tolist(), "base": [3] * 20_000})
    plan = msgspec.structs.replace(PLAN, smallest_effect=0.04)
    for history, cost in ((alike, 3.0), (strangers, 1.0)):
        found = design(plan, MONTH, history, Compared(control=0.5), 100, 60)
        assert isinstance(found, Design)
        assert (found.together, found.as_time) == (3.0, None)
        assert found.cost_of_clusters == pytest.approx(cost, rel=0.03)
        text = "\n".join(design_lines(plan, MONTH, found, "x", "EUR"))
        assert f"a unit is 3.00 people who meet the same, and {found.cost_of_clusters:.2f} times the people" in text


def test_few_places_are_to_be_matched() -> None:
    plan = msgspec.structs.replace(PLAN, unit=UnitKind.LOCATION)
    found = design(plan, MONTH, sums_of({"value": [3] * 12, "base": [9] * 12}), Compared(control=0.5), 1, 60)
    assert isinstance(found, NotComputable)
    assert "`fieldfare experiments match win-back`" in found.detail


@pytest.mark.parametrize(
    ("base", "effect", "falls", "per_arm"),
    [(0.08, 0.016, True, 4_093), (0.08, 0.008, True, 17_220), (0.055, 0.035, False, 858)],
)
def test_the_pilots_of_the_domain(base: float, effect: float, per_arm: int, *, falls: bool) -> None:
    """8 % churn by a fifth and a tenth; 5.5 % that become 9.0 %. The units and the smallest effect say the same."""
    metric = msgspec.structs.replace(LEFT if falls else CAME, window_us=30 * DAY)
    plan = msgspec.structs.replace(PLAN, smallest_effect=effect)
    history = sums_of_hits(round(base * 100_000), 100_000)
    found = design(plan, metric, history, Compared(control=0.5), 2 * per_arm / 60, 60)
    assert isinstance(found, Design)
    assert found.chosen.units / 2 == pytest.approx(per_arm, abs=1)
    assert found.chosen.finds == pytest.approx(effect, rel=1e-3)


def test_too_few_units_find_no_change_at_all() -> None:
    found = planned(PLAN, 700, 1_000, 0.15, 0.1, 60)
    assert math.isinf(found.chosen.finds)
    assert not found.answers
    assert "    nothing, not even everybody" in "\n".join(design_lines(PLAN, MONTH, found, "x", "EUR"))


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
