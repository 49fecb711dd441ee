"""Measures, sequences and stretches of seasons, drawn densely: the lake agrees, and wakes do not come too late."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import ibis
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, Instant, day_start, local_day
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Condition, EventSequence, MeasureTest, Window
from fieldfare.know.audiences.ports import State
from fieldfare.know.audiences.to_lake import Moment, to_lake
from fieldfare.know.profiles.fold import fold, needs_personal
from fieldfare.know.profiles.merge import compact, merge
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from tests.amounts import examples
from tests.decide.know.audiences.definitions import PHASES, PLACES, during_dids, lake_of, measure_tests, sequences
from tests.decide.know.audiences.test_compile_values import parsed
from tests.decide.know.audiences.test_to_lake import VISITS
from tests.decide.know.worlds import LOCATIONS, SPAN, START_AT, TRAITS, ZONES, histories, instants, population

People = list[list[Event]]
of_events = st.one_of(measure_tests(), sequences(), during_dids)
QUIET: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
}


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


def documents(found: list[Condition], people: People) -> list[Document]:
    plan = FoldPlan(measures_of(found).values(), TRAITS)
    made = []
    for events in people:
        document, personal = Document(), dict[str, TraitValue]()
        for event in events:
            fold(document, personal if needs_personal(event, plan) else None, event, plan)
        made.append(document)
    return made


def edges(condition: Condition, at: Instant, zone: str) -> list[Instant]:
    """Return instants at which an event of ``at`` enters or leaves a window of the condition, or its span is over."""
    spans: list[Duration | None] = []
    looks: list[Any] = [condition]
    if isinstance(condition, MeasureTest):
        looks = [look for look in (condition.look, condition.baseline) if look is not None]
    for window in (look.window for look in looks):
        spans += [] if window is None else [window.oldest, window.newest]
    if isinstance(condition, EventSequence):
        spans += [step.within for step in condition.then]
    day, found = local_day(at, zone), list[Instant]()
    for span in spans:
        if span is not None and span.days is None:
            found.append(at + span.us)
        elif span is not None and span.days is not None:
            found += [day_start(day + span.days, zone), day_start(day + span.days + 1, zone)]
    return found


def moment(condition: Condition, people: People, seed: int, zone: str) -> Instant:
    """Return an instant at, or just before, an edge of the condition for somebody; else any instant of the span."""
    drawn = Random(seed)
    near = edges(condition, drawn.choice(drawn.choice(people)).occurred_at, zone)
    return drawn.choice(near) - drawn.choice([0, 0, 1]) if near else START_AT + drawn.randrange(SPAN + 10 * DAY)


@settings(max_examples=15, **QUIET)
@given(st.lists(of_events, min_size=5, max_size=5), st.sampled_from(ZONES), st.integers(0, 10_000))
def test_the_lake_agrees(duckdb: Any, found: list[Condition], zone: str, seed: int) -> None:
    people = population(seed, zone)
    evaluator = Evaluator([], zone=zone, phases=PHASES, places=PLACES)
    events, profiles = lake_of(duckdb, people)
    known = documents(found, people)
    for place, condition in enumerate(found):
        now = moment(condition, people, seed + place, zone)
        table = to_lake(condition, {}, events, profiles, Moment(now, zone, PHASES, PLACES, (*LOCATIONS,)))
        asked = {row["profile_id"] for row in duckdb.to_pyarrow(table).to_pylist()}
        assert asked == {who for who, document in enumerate(known) if evaluator.truth(condition, document, now)}


def longer(condition: Condition) -> Condition:
    """Planted: a window is one day longer, or one microsecond."""

    def stretched(window: Window | None) -> Window | None:
        if window is None:
            return None
        oldest = window.oldest
        if oldest.days is None:
            return Window(Duration(oldest.us // 1_000_000 + 1, "second"), window.newest)
        return Window(Duration(oldest.days + 1, "day"), window.newest)

    if isinstance(condition, MeasureTest):
        look = msgspec.structs.replace(condition.look, window=stretched(condition.look.window))
        return msgspec.structs.replace(condition, look=look)
    assert isinstance(condition, EventSequence)
    return msgspec.structs.replace(condition, window=stretched(condition.window))


def inclusive(condition: Condition) -> Condition:
    """Planted: what follows may come at the very end of its span, or on the day after."""
    assert isinstance(condition, EventSequence)
    (step,) = condition.then
    assert step.within is not None
    days = step.within.days
    within = Duration(step.within.us // 1_000_000 + 1, "second") if days is None else Duration(days + 1, "day")
    return msgspec.structs.replace(condition, then=(msgspec.structs.replace(step, within=within),))


BOOKED = {"did": "Checked In", "then": {"did": "Order Completed", "within": "3 days"}, "within": "12 days"}
MISSED = {"did": "Order Completed", "without": {"did": "Checked In", "within": "12 hours"}, "count": {"at_least": 2}}


HABIT = {"measure": VISITS, "over": "6 days", "compared_to": {"over": "30 days", "per": "7 days"}, "below": "80 %"}


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        ({"measure": VISITS, "over": "12 days", "at_least": 2}, longer),
        ({"measure": VISITS, "over": "240 hours", "at_least": 2}, longer),
        (HABIT, longer),
        (BOOKED, longer),
        (BOOKED, inclusive),
        (MISSED, inclusive),
    ],
)
def test_planted_edges_are_caught(duckdb: Any, node: dict[str, Any], fault: Callable[[Condition], Condition]) -> None:
    right = parsed(node)
    wrong = fault(right)
    assert any(caught(duckdb, right, wrong, seed) for seed in range(20))


def caught(connection: Any, right: Condition, wrong: Condition, seed: int) -> bool:
    """Return whether the lake, which agrees with the right condition on a crowd, disagrees with the wrong one."""
    zone = ZONES[seed % len(ZONES)]
    people, evaluator = population(seed, zone), Evaluator([], zone=zone, phases=PHASES, places=PLACES)
    # At the very edges: whole hours and midnights, where the events of this crowd lie too.
    now = day_start(local_day(START_AT, zone) + 20 + seed, zone) + (seed % 2) * 12 * HOUR
    events, profiles = lake_of(connection, people)
    table = to_lake(right, {}, events, profiles, Moment(now, zone, PHASES, PLACES, (*LOCATIONS,)))
    asked = {row["profile_id"] for row in connection.to_pyarrow(table).to_pylist()}
    known = documents([right, wrong], people)
    assert asked == {place for place, document in enumerate(known) if evaluator.truth(right, document, now)}
    return asked != {place for place, document in enumerate(known) if evaluator.truth(wrong, document, now)}


def constant(state: Callable[[Instant], State], now: Instant, probes: list[Instant]) -> bool:
    """Check that a change lies ahead and that the truth stays what it is until then, up to the last microsecond."""
    truth, change = state(now)
    if change is not None and change <= now:
        return False
    asked = [*probes, now + 1] if change is None else [*probes, change - 1, change - DAY, (now + change) // 2]
    return all(state(at)[0] is truth for at in asked if at >= now and (change is None or at < change))


@settings(max_examples=examples(200), **QUIET)
@given(st.data())
def test_nothing_changes_before_the_wake(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    condition = data.draw(of_events)
    (document,) = documents([condition], [data.draw(histories(zone))])
    now = data.draw(instants(zone))
    evaluator = Evaluator([], zone=zone, phases=PHASES, places=PLACES)
    probes = [day_start(local_day(now, zone) + data.draw(st.integers(0, 90)), zone) for _ in range(6)]
    probes += [now + data.draw(st.integers(0, 1_000)) * HOUR for _ in range(6)]
    assert constant(lambda at: evaluator.state(condition, document, at), now, probes)


@pytest.mark.parametrize("node", [{"measure": VISITS, "over": "9 days", "at_least": 1}, BOOKED, MISSED])
def test_wakes_that_come_too_late_are_caught(node: dict[str, Any]) -> None:
    condition = parsed(node)
    evaluator = Evaluator([], zone="UTC", phases=PHASES, places=PLACES)
    states = [
        (evaluator.state(condition, document, now), document, now)
        for document in documents([condition], population(1, "UTC"))
        for now in (START_AT + 25 * DAY, START_AT + 38 * DAY)
    ]
    waking = [(document, now) for (_, change), document, now in states if change is not None]
    assert waking
    for document, now in waking:

        def late(at: Instant, document: Document = document) -> State:
            truth, change = evaluator.state(condition, document, at)
            return truth, None if change is None else change + DAY

        assert not constant(late, now, [])


@settings(max_examples=examples(60), **QUIET)
@given(st.data())
def test_order_merges_and_compacting_change_no_truth(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    condition = data.draw(of_events)
    events = data.draw(histories(zone))
    now = max(event.received_at for event in events) + data.draw(st.integers(0, 20)) * DAY
    (whole,) = documents([condition], [events])
    cut = data.draw(st.integers(0, len(events)))
    one, other = documents([condition], [list(reversed(events[:cut])), list(reversed(events[cut:]))])
    plan = FoldPlan(measures_of([condition]).values(), TRAITS)
    joined = merge(one, other, plan)
    evaluator = Evaluator([], zone=zone, phases=PHASES, places=PLACES)
    truth = evaluator.truth(condition, whole, now)
    assert evaluator.truth(condition, joined, now) is truth
    compact(joined, plan, local_day(now, zone), now)
    assert evaluator.truth(condition, joined, now) is truth
    later = now + data.draw(st.integers(0, 40)) * DAY
    assert evaluator.truth(condition, joined, later) is evaluator.truth(condition, whole, later)
