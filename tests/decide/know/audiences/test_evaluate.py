"""Evaluation: edges, dependence, wake-ups that are tight, and what is not looked at."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, Instant, day_start, local_day
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.evaluate import Evaluator, next_wake
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import (
    AllOf,
    AnyOf,
    Audience,
    Bound,
    Condition,
    Did,
    Edge,
    InAudience,
    InPhase,
    Negation,
    TraitAge,
    TraitTest,
    Window,
)
from fieldfare.know.audiences.ports import State
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document, PropertyTest, TraitValue
from fieldfare.know.profiles.plan import NOTHING, FoldPlan, Touched
from tests.amounts import examples
from tests.decide.know.audiences.definitions import PHASES, PLACES, audience_sets, conditions, cuts_for
from tests.decide.know.worlds import SPAN, START_AT, TRAITS, ZONES, histories, instants, make_event

RECENT = Did("Checked In", window=Window(Duration(7, "day")))
TWICE = Did("Checked In", bounds=(Bound("at_least", 2),), window=Window(Duration(7, "day")))
GOLD = TraitTest("plan", (PropertyTest("plan", "is", "gold"),))


def audience(name: str, condition: Condition) -> Audience:
    return Audience(name, condition, name)


def folded(events: list[Event], found: list[Condition]) -> Document:
    plan = FoldPlan(measures_of(found).values(), TRAITS)
    document, personal = Document(), dict[str, TraitValue]()
    for event in events:
        fold(document, personal, event, plan)
    return document


def test_join_and_leave_by_event_and_by_time() -> None:
    evaluator = Evaluator([audience("recent", RECENT)], zone="Europe/Berlin")
    plan = FoldPlan(measures_of([RECENT]).values(), TRAITS)
    document = Document()
    at = START_AT + 12 * HOUR
    event = make_event("Checked In", at=at, zone="Europe/Berlin")
    assert evaluator.evaluate(document, at, fold(document, None, event, plan)) == [Edge("recent", joined=True, at=at)]
    leaves_at = day_start(local_day(at, "Europe/Berlin") + 8, "Europe/Berlin")
    assert next_wake(document) == leaves_at
    assert evaluator.advance(document, leaves_at - 1) == []
    assert evaluator.advance(document, leaves_at + 5 * DAY) == [Edge("recent", joined=False, at=leaves_at)]
    assert (document.memberships, document.wakes, next_wake(document)) == ({}, {}, None)


def test_a_first_fold_evaluates_everything_and_later_ones_only_what_they_touch() -> None:
    nobody = audience("never", Negation(RECENT))
    gold = audience("gold", GOLD)
    evaluator = Evaluator([nobody, gold], zone="UTC")
    plan = FoldPlan(measures_of([RECENT]).values(), TRAITS)
    document = Document()
    edges = evaluator.evaluate(document, START_AT, fold(document, None, make_event("Other"), plan))
    assert edges == [Edge("never", joined=True, at=START_AT)]
    document.traits["plan"] = TraitValue("gold", "app", START_AT, START_AT)
    assert evaluator.evaluate(document, START_AT, Touched(measures=("unknown",), traits=("score",))) == []
    assert evaluator.evaluate(document, START_AT, Touched(traits=("plan",))) == [Edge("gold", joined=True, at=START_AT)]


def test_audiences_of_audiences_follow_in_the_same_call() -> None:
    chain = [
        audience("a", InAudience("b")),
        audience("b", Negation(InAudience("c"))),
        audience("c", GOLD),
    ]
    evaluator = Evaluator(chain, zone="UTC")
    document = Document()
    joined = evaluator.evaluate(document, 5)
    assert [(edge.audience, edge.joined) for edge in joined] == [("b", True), ("a", True)]
    document.traits["plan"] = TraitValue("gold", "app", 1, 1)
    changed = evaluator.evaluate(document, 6, Touched(traits=("plan",)))
    assert [(edge.audience, edge.joined) for edge in changed] == [("c", True), ("b", False), ("a", False)]


def test_time_reaches_audiences_of_audiences_at_the_very_instant() -> None:
    evaluator = Evaluator([audience("idle", Negation(InAudience("recent"))), audience("recent", RECENT)], zone="UTC")
    document = folded([make_event("Checked In")], [RECENT])
    evaluator.evaluate(document, START_AT)
    leaves_at = START_AT + 8 * DAY
    assert evaluator.advance(document, START_AT + 30 * DAY) == [
        Edge("recent", joined=False, at=leaves_at),
        Edge("idle", joined=True, at=leaves_at),
    ]


def test_what_is_no_longer_defined_is_left() -> None:
    evaluator = Evaluator([audience("gold", GOLD)], zone="UTC")
    document = Document(memberships={"old": 1}, wakes={"old": 2, "older": 3})
    assert evaluator.advance(document, 10) == []
    document.wakes["old"] = 2
    assert evaluator.evaluate(document, 10) == [Edge("old", joined=False, at=10)]
    assert (document.memberships, document.wakes) == ({}, {})


@pytest.mark.parametrize(
    ("condition", "days", "truth", "changes_on"),
    [
        (TWICE, [0, 1, 2], True, 9),  # the youngest two are of days 1 and 2
        (TWICE, [2], False, None),  # time alone brings no events
        (RECENT, [0, 1, 2], True, 10),
        (Negation(RECENT), [2], False, 10),
        (Negation(RECENT), [], True, None),
        (Did("Checked In", bounds=(Bound("exactly", 1),), window=Window(Duration(7, "day"))), [0, 1, 2], False, 9),
        (Did("Checked In", bounds=(Bound("at_most", 1),), window=Window(Duration(7, "day"))), [0, 1, 2], False, 9),
        (Did("Checked In", bounds=(Bound("at_least", 0),), window=Window(Duration(7, "day"))), [2], True, None),
        (Did("Checked In", window=Window(Duration(30, "day"), Duration(10, "day"))), [2], False, 12),
        (Did("Checked In", window=Window(Duration(1, "week"))), [2], True, 10),
        (Did("Checked In", window=Window(Duration(0, "day"))), [2], True, 3),
        (AllOf((RECENT, GOLD)), [2], False, None),  # time cannot make the trait gold
        (AnyOf((RECENT, TWICE)), [0, 2], True, 10),
        (AllOf((RECENT, TWICE)), [0, 2], True, 8),
    ],
)
def test_wakes_are_tight(condition: Condition, days: list[int], truth: bool, changes_on: int | None) -> None:
    now = START_AT + 2 * DAY + HOUR
    document = folded([make_event("Checked In", at=START_AT + day * DAY) for day in days], [condition])
    state = Evaluator([], zone="UTC").state(condition, document, now)
    assert state == (truth, None if changes_on is None else START_AT + changes_on * DAY)


@pytest.mark.parametrize(
    ("trait", "value", "newer", "span", "truth", "change"),
    [
        ("since", "2026-03-13", True, "7 day", True, START_AT + DAY),
        ("since", "2026-03-12", True, "7 day", False, None),
        ("since", "2026-03-12", False, "7 day", True, None),
        ("since", "2026-03-13", False, "7 day", False, START_AT + DAY),
        ("seen", "2026-03-13T23:00:00.000000Z", True, "7 day", True, START_AT + DAY),
        ("seen", "2026-03-19T12:00:00.000000Z", True, "12 hour", False, None),
        ("seen", "2026-03-19T12:00:00.000001Z", True, "12 hour", True, START_AT + 1),
        ("since", "2026-03-19", True, "25 hour", True, START_AT + HOUR),
        ("since", "2026-02-30", True, "7 day", False, None),
        ("since", "9999-12-31", False, "7 day", False, None),
        ("since", None, False, "7 day", False, None),
    ],
)
def test_ages_of_dates_and_instants(
    trait: str, value: object, newer: bool, span: str, truth: bool, change: int | None
) -> None:
    amount, unit = span.split()
    document = Document(traits={trait: TraitValue(value, "app", 0, 0)})
    condition = TraitAge(trait, newer, Duration(int(amount), unit))
    assert Evaluator([], zone="UTC").state(condition, document, START_AT) == (truth, change)


def test_phases_wake_at_their_change() -> None:
    document = Document(home_location="north")
    evaluator = Evaluator([audience("peak", InPhase("peak"))], zone="UTC", phases=PHASES, places=PLACES)
    evaluator.evaluate(document, START_AT)
    assert [(edge.joined, edge.at) for edge in evaluator.advance(document, START_AT + 25 * DAY)] == [
        (True, START_AT + 10 * DAY),
        (False, START_AT + 20 * DAY),
    ]


def constant_until(
    state: Callable[[Document, Instant], State], document: Document, now: Instant, probes: list[Instant]
) -> bool:
    """Check that the truth stays what it is until the change that was promised, and that a change lies ahead."""
    truth, change = state(document, now)
    if change is not None and change <= now:
        return False
    return all(state(document, at)[0] is truth for at in probes if at >= now and (change is None or at < change))


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_changes_before_the_wake(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    condition = data.draw(conditions())
    document = folded(data.draw(histories(zone)), [condition])
    now = data.draw(instants(zone))
    evaluator = Evaluator([], zone=zone, phases=PHASES, places=PLACES)
    change = evaluator.state(condition, document, now)[1]
    probes = [data.draw(instants(zone)) + data.draw(st.integers(0, 2)) * SPAN for _ in range(12)]
    probes += [now + 1] if change is None else [change - 1, change - HOUR, (now + change) // 2]
    assert constant_until(lambda found, at: evaluator.state(condition, found, at), document, now, probes)


def test_a_wake_that_comes_too_late_is_caught() -> None:
    evaluator = Evaluator([], zone="UTC")
    document = folded([make_event("Checked In")], [RECENT])

    def late(found: Document, at: Instant) -> State:
        truth, change = evaluator.state(RECENT, found, at)
        return truth, None if change is None else change + DAY

    probes = [START_AT + 8 * DAY]
    assert constant_until(lambda found, at: evaluator.state(RECENT, found, at), document, START_AT, probes)
    assert not constant_until(late, document, START_AT, probes)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_one_touch_at_a_time_equals_everything_anew(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    audiences = data.draw(audience_sets())
    cuts = cuts_for((found.condition for found in audiences), 0)
    evaluator = Evaluator(audiences, zone=zone, phases=PHASES, places=PLACES, cuts=cuts)
    plan = FoldPlan(measures_of(found.condition for found in audiences).values(), TRAITS)
    document, personal = Document(), dict[str, TraitValue]()
    members: set[str] = set()
    for event in data.draw(histories(zone)):
        edges = evaluator.advance(document, event.received_at) if document.first_seen_at is not None else []
        edges += evaluator.evaluate(document, event.received_at, fold(document, personal, event, plan))
        for edge in edges:
            assert (edge.audience in members) is not edge.joined
            members ^= {edge.audience}
        fresh = msgspec.structs.replace(document, memberships={}, wakes={})
        evaluator.evaluate(fresh, event.received_at)
        assert set(document.memberships) == members == set(fresh.memberships)
        # A later look may see that it need not look again; what must never be is a look that comes too late.
        assert fresh.wakes.keys() <= document.wakes.keys()
        assert all(document.wakes[name] <= at for name, at in fresh.wakes.items())
        for found in audiences:
            assert evaluator.truth(found.condition, document, event.received_at) is (found.name in members)


@pytest.mark.parametrize(
    ("window", "age", "joins"),
    [
        (None, 400 * DAY, True),
        (Window(Duration(1, "day")), 2 * DAY - 1, True),
        (Window(Duration(1, "day")), 2 * DAY, False),
        (Window(Duration(5, "hour")), 5 * HOUR - 1, True),
        (Window(Duration(5, "hour")), 5 * HOUR, False),
        (Window(Duration(9, "day"), Duration(2, "day")), 10 * DAY - 1, True),
        (Window(Duration(9, "day"), Duration(2, "day")), 10 * DAY, False),
    ],
)
def test_a_late_event_counts_as_long_as_it_lies_in_the_window(window: Window | None, age: int, joins: bool) -> None:
    condition = Did("Checked In", window=window)
    evaluator = Evaluator([audience("came", condition)], zone="UTC")
    plan = FoldPlan(measures_of([condition]).values(), TRAITS)
    document, now = Document(), START_AT + age
    evaluator.evaluate(document, now, fold(document, None, make_event("Other", at=now), plan))
    touched = fold(document, None, make_event("Checked In"), plan)
    assert bool(evaluator.evaluate(document, now, touched, happened_at=START_AT)) is joins


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_what_happened_long_ago_is_overlooked_by_no_audience_that_it_changes(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    audiences = data.draw(audience_sets())
    cuts = cuts_for((found.condition for found in audiences), 0)
    evaluator = Evaluator(audiences, zone=zone, phases=PHASES, places=PLACES, cuts=cuts)
    plan = FoldPlan(measures_of(found.condition for found in audiences).values(), TRAITS)
    document, personal = Document(), dict[str, TraitValue]()
    now = START_AT
    for late in data.draw(histories(zone)):
        now = max(now, late.occurred_at) + data.draw(st.sampled_from([0, 1, 5 * HOUR, 2 * DAY, 9 * DAY]))
        if document.first_seen_at is not None:
            evaluator.advance(document, now)
        touched = fold(document, personal, late, plan)
        evaluator.evaluate(document, now, touched, happened_at=late.occurred_at)
        fresh = msgspec.structs.replace(document, memberships={}, wakes={})
        evaluator.evaluate(fresh, now)
        assert document.memberships.keys() == fresh.memberships.keys()
        assert fresh.wakes.keys() <= document.wakes.keys()
        assert all(document.wakes[name] <= at for name, at in fresh.wakes.items())


def test_an_evaluator_that_overlooks_touches_is_caught() -> None:
    evaluator = Evaluator([audience("gold", GOLD)], zone="UTC")
    plan = FoldPlan([], TRAITS)
    document = Document()
    evaluator.evaluate(document, 1, fold(document, None, make_event("Other"), plan))
    touched = fold(document, None, make_event("identify", payload={"plan": "gold"}), plan)
    assert evaluator.evaluate(document, 2, NOTHING) == []
    assert not document.memberships
    assert evaluator.evaluate(document, 2, touched)
