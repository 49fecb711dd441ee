"""Relaxed audiences: evaluated at boundaries alone, exact there, at less cost; and audiences by a query."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, day_start, local_day
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.evaluate import Evaluator, next_wake
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import (
    AllOf,
    Audience,
    Condition,
    Did,
    Edge,
    InAudience,
    InPhase,
    Listed,
    Negation,
    Refresh,
    Window,
)
from fieldfare.know.audiences.refresh import boundary
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.plan import FoldPlan, Touched
from fieldfare.testing.places import ScheduledPhases
from tests.amounts import examples
from tests.decide.know.audiences.definitions import PHASES, PLACES, audience_sets
from tests.decide.know.worlds import START_AT, TRAITS, ZONES, histories, make_event

ZONE = "Europe/Berlin"
RECENT = Did("Checked In", window=Window(Duration(7, "day")))
NIGHT = day_start(local_day(START_AT, ZONE) + 1, ZONE)


def audience(name: str, condition: Condition, refresh: Refresh = Refresh.LIVE) -> Audience:
    return Audience(name, condition, name, refresh=refresh)


class Walk:
    """One profile, walked as the pipeline does."""

    def __init__(self, audiences: Sequence[Audience], **settings: object) -> None:
        self.evaluator = Evaluator(audiences, zone=ZONE, **settings)  # type: ignore[arg-type]
        self.plan = FoldPlan(measures_of(each.condition for each in audiences).values(), TRAITS)
        self.document, self.personal = Document(), dict[str, TraitValue]()
        self.edges: list[Edge] = []

    def take(self, event: Event) -> None:
        self.advance(event.received_at)
        touched = fold(self.document, self.personal, event, self.plan)
        self.edges += self.evaluator.evaluate(self.document, event.received_at, touched)

    def advance(self, now: Instant) -> None:
        self.edges += self.evaluator.advance(self.document, now)


def test_it_joins_at_the_boundary_and_leaves_at_one() -> None:
    walk = Walk([audience("recent", RECENT, Refresh.NIGHTLY)])
    at = START_AT + 12 * HOUR
    walk.take(make_event("Checked In", at=at, zone=ZONE))
    assert (walk.edges, next_wake(walk.document)) == ([], NIGHT)
    walk.take(make_event("Checked In", at=at + HOUR, zone=ZONE))
    walk.advance(NIGHT + 30 * DAY)
    leaves_at = day_start(local_day(at, ZONE) + 8, ZONE)
    assert walk.edges == [Edge("recent", joined=True, at=NIGHT), Edge("recent", joined=False, at=leaves_at)]


def test_at_a_boundary_itself_what_it_asks_for_counts_at_once() -> None:
    # `recent` ends at a midnight, and at that midnight `idle` is looked at, whichever of them wakes first.
    walk = Walk([audience("idle", Negation(InAudience("recent")), Refresh.NIGHTLY), audience("recent", RECENT)])
    walk.take(make_event("Checked In", at=START_AT + 12 * HOUR, zone=ZONE))
    walk.advance(NIGHT + 30 * DAY)
    leaves_at = day_start(local_day(START_AT, ZONE) + 8, ZONE)
    assert walk.edges[1:] == [Edge("recent", joined=False, at=leaves_at), Edge("idle", joined=True, at=leaves_at)]


def test_who_asks_for_it_takes_it_as_it_stands() -> None:
    walk = Walk([audience("asks", InAudience("slow")), audience("slow", RECENT, Refresh.WEEKLY)])
    walk.take(make_event("Checked In", at=START_AT + 12 * HOUR, zone=ZONE))
    asked = InAudience("slow")
    now = START_AT + 13 * HOUR
    assert walk.evaluator.state(asked, walk.document, now) == (False, None)
    assert walk.evaluator.truth(RECENT, walk.document, now)
    monday = boundary(Refresh.WEEKLY, START_AT, ZONE)
    walk.advance(monday)
    assert [each.audience for each in walk.edges] == ["slow", "asks"]
    assert {each.at for each in walk.edges} == {monday}
    assert walk.evaluator.truth(asked, walk.document, monday)


def test_a_merge_or_another_definition_brings_it_up_to_date_at_once() -> None:
    walk = Walk([audience("recent", RECENT, Refresh.NIGHTLY)])
    at = START_AT + 12 * HOUR
    walk.take(make_event("Checked In", at=at, zone=ZONE))
    assert walk.evaluator.evaluate(walk.document, at + HOUR) == [Edge("recent", joined=True, at=at + HOUR)]


def test_a_wake_that_is_due_is_not_put_off_by_an_event() -> None:
    walk = Walk([audience("recent", RECENT, Refresh.NIGHTLY)])
    walk.take(make_event("Checked In", at=START_AT + 12 * HOUR, zone=ZONE))
    late = make_event("Checked In", at=NIGHT + HOUR, zone=ZONE)
    touched = fold(walk.document, walk.personal, late, walk.plan)  # nobody has let the time come to it
    assert walk.evaluator.evaluate(walk.document, NIGHT + HOUR, touched) == [
        Edge("recent", joined=True, at=NIGHT + HOUR)
    ]


class Counting:
    """Phases that count how often they are asked: so often the condition was evaluated."""

    def __init__(self) -> None:
        self.times = 0

    def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
        self.times += 1
        return frozenset({"peak"}), None


@pytest.mark.parametrize(("refresh", "most"), [(Refresh.LIVE, 400), (Refresh.HOURLY, 75), (Refresh.NIGHTLY, 11)])
def test_it_costs_less_than_a_live_one(refresh: Refresh, most: int) -> None:
    phases = Counting()
    walk = Walk([audience("x", AllOf((InPhase("peak"), RECENT)), refresh)], phases=phases)
    for number in range(400):
        at = START_AT + (number * 10 + 5) * MINUTE
        walk.take(make_event("Checked In", at=at, zone=ZONE))
    walk.advance(START_AT + 4 * DAY)
    assert phases.times <= most
    assert (refresh is Refresh.LIVE) == (phases.times == 400)
    assert "x" in walk.document.memberships


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    audience_sets(),
    st.sampled_from([Refresh.HOURLY, Refresh.NIGHTLY, Refresh.WEEKLY]),
    st.sampled_from(ZONES),
    st.integers(0, 9),
    st.data(),
)
def test_at_boundaries_a_relaxed_audience_is_as_a_live_one(
    audiences: list[Audience], refresh: Refresh, zone: str, boundaries: int, data: st.DataObject
) -> None:
    """Whatever the definitions and the history: at each boundary that nothing lies on, both are the same."""
    history = data.draw(histories(zone))
    relaxed = [msgspec.structs.replace(each, refresh=refresh) for each in audiences]
    walks = [Walk(some, phases=PHASES, places=PLACES) for some in (audiences, relaxed)]
    for walk in walks:
        walk.evaluator = Evaluator([audiences, relaxed][walks.index(walk)], zone=zone, phases=PHASES, places=PLACES)
        for event in sorted(history, key=lambda each: each.received_at):
            walk.take(event)
    at = max(event.received_at for event in history)
    for _ in range(boundaries + 1):
        at = boundary(refresh, at + 1, zone)
        for walk in walks:
            walk.advance(at)
        assert set(walks[0].document.memberships) == set(walks[1].document.memberships)


def test_a_query_puts_in_and_out_and_what_asks_for_it_follows() -> None:
    queried = Audience("q", Listed("q", "SELECT"), "q", refresh=Refresh.HOURLY)
    walk = Walk(
        [
            queried,
            audience("asks", AllOf((InAudience("q"), RECENT))),
            audience("slow", InAudience("q"), Refresh.NIGHTLY),
        ]
    )
    at = START_AT + 12 * HOUR
    walk.take(make_event("Checked In", at=at, zone=ZONE))
    assert walk.edges == []
    joined = walk.evaluator.place(walk.document, "q", at + HOUR, inside=True)
    assert joined == [Edge("q", joined=True, at=at + HOUR), Edge("asks", joined=True, at=at + HOUR)]
    assert walk.evaluator.place(walk.document, "q", at + HOUR, inside=True) == []
    assert walk.evaluator.evaluate(walk.document, at + 2 * HOUR) == [Edge("slow", joined=True, at=at + 2 * HOUR)]
    assert "q" in walk.document.memberships, "evaluating anew leaves whom the query named"
    left = walk.evaluator.place(walk.document, "q", at + 3 * HOUR, inside=False)
    assert [(each.audience, each.joined) for each in left] == [("q", False), ("asks", False)]
    walk.advance(NIGHT)
    assert walk.document.memberships == {}


def test_definitions_and_boundaries_can_be_asked_for() -> None:
    evaluator = Evaluator([audience("a", RECENT), audience("b", RECENT, Refresh.NIGHTLY)], zone=ZONE)
    assert (evaluator.definition("a"), evaluator.definition("none")) == ("a", None)
    assert evaluator.next_boundary("a", START_AT) is None
    assert evaluator.next_boundary("b", START_AT) == NIGHT


def test_what_it_asks_for_turning_in_the_day_does_not_turn_it_before_the_boundary() -> None:
    walk = Walk([audience("follows", InAudience("recent"), Refresh.NIGHTLY), audience("recent", RECENT)])
    at = START_AT + 12 * HOUR
    walk.take(make_event("Checked In", at=at, zone=ZONE))
    assert walk.edges == [Edge("recent", joined=True, at=at)]
    walk.advance(NIGHT)
    assert walk.edges[1:] == [Edge("follows", joined=True, at=NIGHT)]


RUSH = ScheduledPhases(
    {
        None: [(0, frozenset({"off"})), (START_AT + 5 * DAY + HOUR, frozenset({"peak"}))],
        "south": [(0, frozenset({"peak"}))],
    }
)


def in_rush(condition: Condition) -> Audience:
    plain = audience("recent", condition, Refresh.WEEKLY)
    return msgspec.structs.replace(plain, by_phase={"peak": Refresh.LIVE})


def test_in_a_phase_it_follows_by_the_rhythm_of_the_phase() -> None:
    walk = Walk([in_rush(RECENT)], phases=RUSH)
    walk.take(make_event("Checked In", at=START_AT + 4 * DAY, zone=ZONE))
    walk.advance(START_AT + 30 * DAY)
    leaves_at = day_start(local_day(START_AT + 4 * DAY, ZONE) + 8, ZONE)
    assert walk.edges == [
        Edge("recent", joined=True, at=START_AT + 5 * DAY + HOUR),
        Edge("recent", joined=False, at=leaves_at),
    ]


def test_who_moves_to_where_it_is_live_is_brought_up_to_date_there() -> None:
    walk = Walk([in_rush(RECENT)], phases=RUSH)
    walk.take(make_event("Checked In", at=START_AT + HOUR, zone=ZONE))
    assert walk.edges == []
    walk.document.home_location = "south"
    moved_at = START_AT + 2 * HOUR
    assert walk.evaluator.evaluate(walk.document, moved_at, Touched(home=True)) == [
        Edge("recent", joined=True, at=moved_at)
    ]


def test_who_moves_to_a_slower_place_follows_by_its_rhythm_alone() -> None:
    slow = msgspec.structs.replace(audience("recent", RECENT, Refresh.NIGHTLY), by_phase={"peak": Refresh.HOURLY})
    walk = Walk([slow], phases=RUSH)
    walk.document.home_location = "south"
    at = START_AT + 12 * HOUR + 10 * MINUTE
    walk.take(make_event("Checked In", at=at, zone=ZONE))
    assert next_wake(walk.document) == boundary(Refresh.HOURLY, at, ZONE)
    walk.document.home_location = "north"
    assert walk.evaluator.evaluate(walk.document, at + MINUTE, Touched(home=True)) == []
    assert next_wake(walk.document) == NIGHT
    walk.advance(NIGHT)
    assert walk.edges == [Edge("recent", joined=True, at=NIGHT)]
