"""Who enters: live and recent causes only, once per cause, once at a time, again as the journey says."""

from typing import Any

import msgspec
import pytest

from fieldfare.collect.model import Mode
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.enter import enroll, entries_for, entry_key_of, index_of, may_enter
from fieldfare.decide.journeys.model import Candidate, Enrollment, EventSeen, Joined, Status, TimerFired
from fieldfare.decide.journeys.step import step
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.learn.experiments.model import Arm
from fieldfare.network.calendars.model import Season
from tests.decide.decide.journeys.walks import NOON, WIN_BACK, always, begin, compiled, event, facts, send, simple

LAPSED = Joined(audience="lapsed", at=NOON, cause="m1", occurred_at=NOON, received_at=NOON)


def entered(
    journey: Journey, happening: EventSeen | Joined, *known: Enrollment, now: int = NOON, holds: Any = always
) -> list[str]:
    found = entries_for(happening, index_of([journey]), known, 7, lambda: facts(holds), now)
    return [each.journey.name for each in found.candidates]


@pytest.mark.parametrize(
    ("mode", "age", "expected"),
    [
        (Mode.LIVE, 0, True),
        (Mode.LIVE, DAY, True),
        (Mode.LIVE, DAY + 1, False),
        (Mode.LIVE, -HOUR, True),
        (Mode.BACKFILL, 0, False),
        (Mode.REPLAY, 0, False),
    ],
)
def test_who_may_enter(mode: Mode, age: int, expected: bool) -> None:
    assert may_enter(mode, NOON - age, NOON, DAY) is expected
    start = EventSeen(event("start", NOON - age, mode=mode, received_at=NOON))
    assert entered(simple(send()), start) == (["simple"] if expected else [])
    edge = Joined(audience="lapsed", at=NOON, cause="m", mode=mode, occurred_at=NOON - age, received_at=NOON)
    assert entered(compiled(WIN_BACK), edge) == (["win-back"] if expected else [])


def test_an_edge_by_time_enters() -> None:
    assert entered(compiled(WIN_BACK), Joined(audience="lapsed", at=NOON, cause="wake")) == ["win-back"]


def test_an_edge_by_a_cut_that_moved_enters_only_where_the_journey_asks_for_it() -> None:
    moved = Joined(audience="lapsed", at=NOON, cause="cut", by_cut=True)
    assert entered(compiled(WIN_BACK), moved) == []
    asking = compiled({**WIN_BACK, "entry": {**WIN_BACK["entry"], "on_cut": True}})
    assert entered(asking, moved) == ["win-back"]
    assert entered(asking, LAPSED) == ["win-back"]


def test_only_what_the_journey_names_enters() -> None:
    assert entered(simple(send()), EventSeen(event("other"))) == []
    assert entered(simple(send()), LAPSED) == []
    assert entered(compiled(WIN_BACK), Joined(audience="loyal", at=NOON, cause="m")) == []
    picky = simple(send(), entry={"event": "start", "where": {"level": 3}})
    assert entered(picky, EventSeen(event("start", level=3))) == ["simple"]
    assert entered(picky, EventSeen(event("start", level=2))) == []


def test_the_condition_of_entry() -> None:
    picky = simple(send(), entry={"event": "start", "if": {"trait": "plan", "is": "gold"}})
    assert entered(picky, EventSeen(event("start"))) == ["simple"]
    assert entered(picky, EventSeen(event("start")), holds=lambda _: False) == []


def test_several_journeys_enter_in_the_order_of_their_names() -> None:
    journeys = [simple(send(), journey=name) for name in ("b", "a", "c")]
    found = entries_for(EventSeen(event("start")), index_of(journeys), [], 7, lambda: facts(always), NOON)
    assert [each.journey.name for each in found.candidates] == ["a", "b", "c"]


def ended(journey: Journey, entry_key: str, entered_at: int = NOON) -> Enrollment:
    state, _ = begin(journey, entered_at)
    return msgspec.structs.replace(state, status=Status.COMPLETED, entry_key=entry_key, entered_at=entered_at)


@pytest.mark.parametrize(
    ("reentry", "age", "expected"),
    [
        ("never", 400 * DAY, False),
        ("always", 0, True),
        ({"after": "90 days"}, 90 * DAY, True),
        ({"after": "90 days"}, 90 * DAY - 1, False),
    ],
)
def test_reentry(reentry: Any, age: int, expected: bool) -> None:
    journey = simple({"wait": "1 day"}, send(), entry={"event": "start", "reentry": reentry})
    before = ended(journey, "event:other", NOON - age)
    assert (entered(journey, EventSeen(event("start")), before) != []) is expected


def test_reentry_counts_from_the_last_entry() -> None:
    journey = simple({"wait": "1 day"}, send(), entry={"event": "start", "reentry": {"after": "10 days"}})
    old, new = ended(journey, "x", NOON - 20 * DAY), ended(journey, "y", NOON - 5 * DAY)
    assert entered(journey, EventSeen(event("start")), old) == ["simple"]
    assert entered(journey, EventSeen(event("start")), old, new) == []


def test_one_walk_at_a_time_and_one_per_cause() -> None:
    journey = simple({"wait": "1 day"}, send(), entry={"event": "start", "reentry": "always"})
    start = EventSeen(event("start"))
    live, _ = begin(journey)
    assert entered(journey, start, live) == []
    assert entered(journey, start, ended(journey, entry_key_of(start))) == []
    assert entered(journey, start, ended(simple({"wait": "1 day"}, journey="other"), entry_key_of(start))) == ["simple"]


def test_a_walk_has_the_same_id_for_the_same_cause() -> None:
    journey = compiled(WIN_BACK)
    one, two = (enroll(Candidate(journey, entry_key_of(LAPSED)), 7, Arm.HOLDOUT, NOON) for _ in range(2))
    other = enroll(Candidate(journey, entry_key_of(LAPSED)), 8, Arm.HOLDOUT, NOON)
    assert one == two
    assert one.id != other.id
    assert (one.status, one.step, one.arm, one.visits) == (Status.ENTERED, "0", Arm.HOLDOUT, 0)


RUSH = (Season("january", "01-02", "02-09", 28, 21), Season("sale", "01-10", "01-20", 5, 5, priority=2))


@pytest.mark.parametrize(
    ("entry", "phases", "expected"),
    [
        ({}, set(), None),
        ({"open": False}, set(), "closed"),
        ({"by_phase": {"peak": {"open": False}}}, {"off"}, None),
        ({"by_phase": {"peak": {"open": False}}}, {"peak", "january.peak"}, "closed"),
        ({"by_phase": {"peak": {"open": False}, "january.peak": {"open": True}}}, {"peak", "january.peak"}, None),
        (
            {"by_phase": {"january.peak": {"open": True}, "sale.peak": {"open": False}}},
            {"peak", "january.peak", "sale.peak"},
            "closed",
        ),
        ({"open": False, "by_phase": {"prepare": {"open": True}}}, {"prepare", "january.prepare"}, None),
    ],
)
def test_who_may_enter_in_which_phase(entry: dict[str, Any], phases: set[str], expected: str | None) -> None:
    journey = simple(send(), entry={"event": "start"} | entry)
    known = facts(always)._replace(phases=frozenset(phases), seasons=RUSH)
    found = entries_for(EventSeen(event("start")), index_of([journey]), [], 7, lambda: known, NOON)
    assert [each.reason for each in found.turned] == ([] if expected is None else [expected])
    assert len(found.candidates) == (expected is None)


def test_who_waits_to_settle_does_not_begin_in_a_phase_that_is_closed() -> None:
    journey = simple(
        send(), entry={"event": "start", "settle": {"after": "1 hour"}, "by_phase": {"peak": {"open": False}}}
    )
    state, _ = begin(journey, NOON)
    for phases, reason in ((frozenset({"peak"}), "not_settled"), (frozenset({"off"}), "end")):
        known = facts(always)._replace(phases=phases)
        told, _ = step(journey, state, TimerFired(NOON + HOUR), known, NOON + HOUR)
        assert told.end_reason == reason
