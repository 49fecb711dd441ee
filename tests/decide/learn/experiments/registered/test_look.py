"""Where an experiment stands in its plan, and which interval is read."""

import msgspec
import pytest

from fieldfare.ground.instants import DAY
from fieldfare.learn.experiments.model import Relative
from fieldfare.learn.experiments.registered.look import (
    counted_until,
    is_last,
    look_of,
    planned_looks,
    reached_of,
    read_until,
    shown_interval,
    shown_lift,
    shown_p_value,
    stops_at,
)
from fieldfare.learn.experiments.registered.model import Looks, Reached, Registration
from fieldfare.learn.experiments.statistics.boundaries import exits
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.model import Effect, Estimate
from fieldfare.learn.experiments.statistics.sequences import always_valid
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, PLAN, reached

PLANNED = msgspec.structs.replace(PLAN, looks=Looks.OBRIEN_FLEMING, units=1_000, look_at=(0.2, 0.4, 0.6, 0.8, 1.0))


@pytest.mark.parametrize(
    ("came", "bound", "next_at"),
    [
        (199, None, 200),
        (200, 4.8769, 400),
        (400, 3.3570, 600),
        (599, 3.3570, 600),
        (800, 2.2898, 1_000),
        (1_000, 2.0310, None),
        (1_500, 2.0310, None),
    ],
)
def test_planned_looks_have_the_boundaries_of_lan_and_demets(
    came: int, bound: float | None, next_at: int | None
) -> None:
    """Whoever reads between two looks reads the one that was: its boundary stands until the next."""
    look = look_of(PLANNED, came, 0.95, AS_OF, CAME.window_us, reached(PLANNED, came))
    assert (look.next_at, look.may_say) == (next_at, bound is not None)
    assert (look.taken, look.of) == (min(came // 200, 5), 5)
    assert look.units == (None if came < 200 else min(came // 200 * 200, 1_000))
    assert look.bound == (None if bound is None else pytest.approx(bound, abs=6e-5))
    assert is_last(look) == (came >= 1_000)
    assert look.progress == min(came / 1_000, 1.0)


def test_a_look_is_when_the_window_of_its_last_unit_is_over() -> None:
    at = AS_OF - CAME.window_us
    came = reached(PLANNED, 400, at + 1)
    look = look_of(PLANNED, 399, 0.95, AS_OF, CAME.window_us, came)
    assert (look.taken, look.units, look.next_at, look.next_on) == (1, 200, 400, AS_OF // DAY + 1)
    assert read_until(came, CAME.window_us, AS_OF) == came[0].at + 1
    assert read_until(came, CAME.window_us, AS_OF + 1) == at + 2
    assert read_until(came[1:], CAME.window_us, AS_OF) is None


def test_a_look_has_the_boundary_of_the_units_that_it_has() -> None:
    """Many come at one instant, such as the list of a broadcast: a look then has more than planned, or is several."""
    window = CAME.window_us
    more = (Reached(at=0, units=300), Reached(at=DAY, units=400))
    planned = look_of(PLANNED, 400, 0.95, AS_OF, window, reached(PLANNED, 400)).bound
    with_more = look_of(PLANNED, 400, 0.95, AS_OF, window, more).bound
    assert planned is not None
    assert with_more is not None
    assert with_more > planned, "the larger first look has spent more"
    at_once = look_of(PLANNED, 1_200, 0.95, AS_OF, window, (Reached(at=0, units=1_200, is_last=True),) * 5)
    assert at_once.bound == pytest.approx(1.95996, abs=1e-4)
    assert at_once.units == 1_200
    assert is_last(at_once)


@pytest.mark.parametrize(
    ("plan", "planned"),
    [
        (PLANNED, (200, 400, 600, 800, 1_000)),
        (msgspec.structs.replace(PLANNED, units=101, look_at=(0.25, 0.5, 1.0)), (26, 51, 101)),
        (msgspec.structs.replace(PLANNED, looks=Looks.FIXED), (1_000,)),
        (msgspec.structs.replace(PLANNED, looks=Looks.ALWAYS), ()),
        (msgspec.structs.replace(PLANNED, looks=Looks.FIXED, units=None, stop=None), ()),
    ],
)
def test_at_how_many_units_one_looks(plan: Registration, planned: tuple[int, ...]) -> None:
    assert planned_looks(plan) == planned
    came = reached(plan, 2_000)
    assert counted_until(plan, came) == (came[-1].at + 1 if planned else None)
    assert counted_until(plan, came[:-1]) is None


FEWER = msgspec.structs.replace(PLANNED, stop=AS_OF // DAY - 1 - CAME.window_us // DAY)
CAME_SO_FAR = ((AS_OF - 90 * DAY, 200), (AS_OF - 80 * DAY, 410), (None, None), (None, None), (None, None))


def test_where_fewer_come_than_planned_the_last_look_is_at_the_stop() -> None:
    """It spends all that is left of the error, as if so many had been planned."""
    came = reached_of(FEWER, CAME_SO_FAR, 500)
    assert came[-1] == Reached(at=AS_OF - CAME.window_us - 1, units=500, is_last=True)
    assert counted_until(FEWER, came) == stops_at(FEWER) == AS_OF - CAME.window_us
    before = look_of(FEWER, 499, 0.95, AS_OF - 2, CAME.window_us, came)
    assert (before.taken, before.units, before.next_at, before.next_on) == (2, 410, 600, None)
    assert (before.ends_on, is_last(before)) == (AS_OF // DAY, False)
    last = look_of(FEWER, 500, 0.95, AS_OF, CAME.window_us, came)
    assert (last.units, last.next_at, last.progress, last.ends_on) == (500, None, 1.0, None)
    assert is_last(last)
    planned = msgspec.structs.replace(FEWER, units=500, look_at=(0.4, 0.82, 1.0))
    assert last.bound == look_of(planned, 500, 0.95, AS_OF, CAME.window_us, came).bound
    fixed = msgspec.structs.replace(FEWER, looks=Looks.FIXED)
    alone = reached_of(fixed, [(None, None)], 500)
    assert look_of(fixed, 500, 0.95, AS_OF, CAME.window_us, alone).may_say
    assert not look_of(fixed, 500, 0.95, AS_OF - 2, CAME.window_us, alone).may_say


@pytest.mark.parametrize("rule", [Looks.OBRIEN_FLEMING, Looks.POCOCK])
def test_a_last_look_over_fewer_keeps_the_error(rule: Looks) -> None:
    """The boundaries of each look as it was read: together they are crossed without a cause as seldom as told."""
    plan = msgspec.structs.replace(FEWER, looks=rule)
    came = reached_of(plan, CAME_SO_FAR, 500)
    read = [look_of(plan, each.units, 0.95, each.at + CAME.window_us, CAME.window_us, came) for each in came]
    assert [each.units for each in read] == [200, 410, 500]
    bounds = [each.bound for each in read if each.bound is not None]
    assert 0.025 < exits(bounds, (0.4, 0.82, 1.0)).total <= 0.05 + 1e-6


def test_nobody_at_all_is_a_look_without_a_boundary() -> None:
    came = reached_of(FEWER, [(None, None)] * 5, 0)
    look = look_of(FEWER, 0, 0.95, AS_OF, CAME.window_us, came)
    assert (look.bound, look.units, is_last(look)) == (None, 0, True)


def test_without_a_stop_what_was_not_reached_is_waited_for() -> None:
    endless = msgspec.structs.replace(FEWER, stop=None)
    came = reached_of(endless, CAME_SO_FAR, 500)
    assert [each.units for each in came] == [200, 410]
    assert counted_until(endless, came) is None
    assert look_of(endless, 500, 0.95, AS_OF, CAME.window_us, came).ends_on is None
    whole = reached_of(FEWER, [(each.at, each.units) for each in reached(PLANNED, 1_000)], 1_000)
    assert (len(whole), whole[-1].is_last) == (5, True)


def test_which_interval_is_read() -> None:
    effect = difference(Estimate(0.12, 1e-5, 9_999), Estimate(0.10, 1e-5, 9_999))
    assert isinstance(effect, Effect)
    always = always_valid(effect, 20_000)
    early = look_of(PLANNED, 100, 0.95, AS_OF)
    planned = look_of(PLANNED, 400, 0.95, AS_OF, CAME.window_us, reached(PLANNED, 400))
    anytime = look_of(msgspec.structs.replace(PLAN, looks=Looks.ALWAYS), 100, 0.95, AS_OF)
    once = look_of(PLAN, 400, 0.95, AS_OF)
    assert shown_interval(effect, always, early) is None
    assert shown_interval(effect, always, anytime) == always.interval
    assert shown_interval(effect, always, once) == effect.interval
    at_look = shown_interval(effect, always, planned)
    assert at_look is not None
    assert at_look.low < effect.interval.low, "a planned look costs width"
    assert effect.p_value is not None
    assert shown_p_value(effect, always, once) == effect.p_value
    assert shown_p_value(effect, always, anytime) == always.p_value
    p_value = shown_p_value(effect, always, planned)
    assert p_value is not None
    assert (p_value <= 0.05) == (at_look.low > 0), "the p-value and the interval say the same"
    assert p_value > effect.p_value


def test_the_lift_is_as_wide_by_the_rule_as_the_difference() -> None:
    effect = difference(Estimate(0.12, 1e-5, 9_999), Estimate(0.10, 1e-5, 9_999))
    assert isinstance(effect, Effect)
    always = always_valid(effect, 20_000)
    planned = look_of(PLANNED, 400, 0.95, AS_OF, CAME.window_us, reached(PLANNED, 400))
    for look in (look_of(PLANNED, 100, 0.95, AS_OF), planned, look_of(PLAN, 400, 0.95, AS_OF)):
        lift, shown = shown_lift(effect, always, look), shown_interval(effect, always, look) or always.interval
        assert isinstance(lift, Relative)
        assert isinstance(effect.relative, Relative)
        wider = (lift.interval.high - lift.interval.low) / (
            effect.relative.interval.high - effect.relative.interval.low
        )
        assert wider == pytest.approx((shown.high - shown.low) / (effect.interval.high - effect.interval.low))
        assert lift.value == effect.relative.value


def test_without_planned_units_one_looks_when_the_last_window_is_over() -> None:
    stop, window = AS_OF // DAY - 10, 9 * DAY
    plan = msgspec.structs.replace(PLAN, units=None, stop=stop)
    over = look_of(plan, 500, 0.95, AS_OF, window)
    running = look_of(plan, 500, 0.95, AS_OF - 1, window)
    assert (over.may_say, over.next_on) == (True, None)
    assert (running.may_say, running.next_on) == (False, AS_OF // DAY)
    assert look_of(msgspec.structs.replace(plan, looks=Looks.ALWAYS), 500, 0.95, AS_OF - 1, window).may_say
    endless = look_of(msgspec.structs.replace(plan, stop=None), 500, 0.95, AS_OF)
    assert (endless.may_say, endless.rule) == (True, Looks.ALWAYS), "nothing says when it ends: each reading may be it"
    places = msgspec.structs.replace(plan, stop=None, blocks=(("a", "b"),))
    assert look_of(places, 500, 0.95, AS_OF).rule is Looks.FIXED
