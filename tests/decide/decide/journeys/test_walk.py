"""What single steps do: waits by clocks and dates, ways, tasks, traits, events, places, other journeys, time-outs."""

import itertools
from collections import Counter
from typing import Any

import pytest

from fieldfare.decide.journeys.definition import Escalation, Fallback, Journey, Ways
from fieldfare.decide.journeys.enter import enroll
from fieldfare.decide.journeys.facts import Facts
from fieldfare.decide.journeys.model import (
    MOST_HOPS,
    Append,
    Candidate,
    Command,
    Enrollment,
    Entered,
    EventSeen,
    GivePlace,
    Happening,
    Meet,
    Propose,
    Status,
    Stopped,
    TakePlace,
    TimerFired,
)
from fieldfare.decide.journeys.step import step
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, parse_iso, to_iso
from fieldfare.learn.experiments.model import Arm
from fieldfare.network.calendars.wall import iso_local
from tests.decide.decide.journeys.walks import NOON, event, facts, nothing_but_membership, send, simple

KNOWN = facts(nothing_but_membership, traits={"renews_on": "2026-04-01", "starts_at": "2026-03-04T15:30:00.000000Z"})


def walk(
    journey: Journey, known: Facts = KNOWN, now: Instant = NOON, *, profile_id: int = 7, hops: int = 0, key: str = "b1"
) -> tuple[Enrollment, list[Command]]:
    fresh = enroll(Candidate(journey, "event:start-0", key, hops), profile_id, Arm.TREATED, now)
    return step(journey, fresh, Entered("start-0"), known, now)


def on(
    journey: Journey, state: Enrollment, happening: Happening, now: Instant, known: Facts = KNOWN
) -> tuple[Enrollment, list[Command]]:
    return step(journey, state, happening, known, now)


def fired(journey: Journey, state: Enrollment, known: Facts = KNOWN) -> tuple[Enrollment, list[Command]]:
    assert state.due_at is not None
    return step(journey, state, TimerFired(state.due_at), known, state.due_at)


def wished(commands: list[Command]) -> list[tuple[str, str]]:
    return [(each.proposal.channel, each.proposal.template) for each in commands if isinstance(each, Propose)]


@pytest.mark.parametrize(
    ("wait", "due"),
    [
        ({"until": "10:00", "weekdays": ["sat", "sun"]}, "2026-03-07T09:00:00Z"),
        ({"until": "13:00", "weekdays": ["mon"]}, "2026-03-09T12:00:00Z"),
        ({"date": {"trait": "renews_on", "before": "30 days", "at": "09:00"}}, "2026-03-03T00:00:00Z"),
        ({"date": {"trait": "renews_on", "before": "7 days", "at": "09:00"}}, "2026-03-25T08:00:00Z"),
        ({"date": {"trait": "renews_on"}}, "2026-03-31T22:00:00Z"),
        ({"date": {"trait": "starts_at", "before": "1 hour"}}, "2026-03-04T14:30:00Z"),
        ({"date": {"trait": "starts_at", "before": "1 day"}}, "2026-03-03T15:30:00Z"),
        ({"date": {"trait": "starts_at", "after": "1 day", "at": "08:00"}}, "2026-03-05T07:00:00Z"),
    ],
)
def test_waits(wait: dict[str, Any], due: str) -> None:
    state, _ = walk(simple({"wait": wait}, send()))
    if state.status is Status.COMPLETED:
        assert wait["date"]["before"] == "30 days", "the date is over, so the walk goes on at once"
        return
    assert state.due_at == parse_iso(due), to_iso(state.due_at or 0)


@pytest.mark.parametrize("traits", [{}, {"renews_on": "soon"}, {"renews_on": 3}])
def test_a_wait_for_a_date_that_nobody_knows_ends_the_walk(traits: dict[str, Any]) -> None:
    journey = simple({"wait": {"date": {"trait": "renews_on"}}}, send())
    state, commands = walk(journey, facts(nothing_but_membership, traits=traits))
    assert (state.status, state.end_reason, commands) == (Status.EXITED, "trait_missing", [])


def test_what_did_not_come_in_time_has_steps_of_its_own() -> None:
    journey = simple(
        {"wait": {"event": "reply", "timeout": "1 day", "late": [send("nudge"), {"exit": "silent"}]}}, send("thanks")
    )
    state, _ = walk(journey)
    over, commands = fired(journey, state)
    assert (wished(commands), over.end_reason) == ([("email", "nudge")], "silent")
    over, commands = on(journey, state, EventSeen(event("reply", NOON + HOUR)), NOON + HOUR)
    assert (wished(commands), over.end_reason) == ([("email", "thanks")], "end")


def test_the_other_ways_of_a_message_go_with_the_proposal_and_the_walk_goes_on() -> None:
    other = {"channel": "email", "template": "longer"}
    more = {"channel": "sms", "template": "short", "after": "2 hours"}
    asked = {"channel": "push", "template": "long", "fallback": [other], "escalate": more}
    journey = simple({"send": {**asked, "choose": "best", "best_time": "24 hours"}}, {"exit": "done"})
    state, (first,) = walk(journey)
    assert isinstance(first, Propose)
    assert first.proposal.channel == "push"
    assert first.proposal.ways == Ways(
        fallbacks=(Fallback("email", "longer"),),
        is_best=True,
        best_us=DAY,
        escalation=Escalation(channel="sms", template="short", after_us=2 * HOUR),
    )
    assert first.proposal.must_be_chosen
    assert state.end_reason == "done"


def test_a_task_is_due_and_its_promise_is_kept_or_broken() -> None:
    task = {
        "channel": "desk",
        "template": "call",
        "due": "2 hours",
        "sla": {"within": "1 day", "broken": [send("sorry")]},
    }
    journey = simple({"task": task}, {"exit": "done"})
    state, (put,) = walk(journey)
    assert isinstance(put, Propose)
    assert (put.proposal.channel, put.proposal.due_us) == ("desk", 2 * HOUR)
    over, commands = on(journey, state, EventSeen(event("Task Done", NOON + HOUR, template="call")), NOON + HOUR)
    assert (commands, over.end_reason) == ([], "done")
    over, commands = fired(journey, state)
    assert (wished(commands), over.end_reason) == ([("email", "sorry")], "done")


def test_a_split_is_sticky_and_keeps_its_weights() -> None:
    ways = [{"way": "a", "steps": [{"exit": "a"}]}, {"way": "b", "weight": 3, "steps": [{"exit": "b"}]}]
    journey = simple({"split": ways})
    taken = Counter(walk(journey, profile_id=each)[0].end_reason for each in range(4000))
    assert taken["a"] == pytest.approx(1000, abs=110), "four standard deviations"
    again = [walk(journey, profile_id=each, now=NOON + DAY)[0].end_reason for each in range(50)]
    assert again == [walk(journey, profile_id=each)[0].end_reason for each in range(50)]


def test_traits_events_and_other_journeys_are_events_of_our_own() -> None:
    journey = simple(
        {"set": {"plan": "gold"}},
        {"emit": {"event": "nudged", "properties": {"how": "mail"}}},
        {"journey": "next"},
        writes=["plan"],
    )
    state, commands = walk(journey, hops=2)
    assert all(isinstance(each, Append) and each.hops == 3 for each in commands)
    told = [(each.name, each.payload) for each in commands if isinstance(each, Append)]
    assert told == [
        ("identify", {"plan": "gold"}),
        ("nudged", {"how": "mail"}),
        ("Enrollment Requested", {"journey": "next", "from": "simple"}),
    ]
    assert (state.end_reason, state.trail) == ("end", ["0", "1", "2"])


def test_a_ring_of_journeys_ends() -> None:
    journey = simple({"emit": {"event": "again"}}, send())
    state, commands = walk(journey, hops=MOST_HOPS)
    assert (state.status, state.end_reason, commands) == (Status.EXITED, "loop", [])


def test_a_place_is_taken_given_back_and_refused() -> None:
    hold = {"hold": {"what": "spot", "for": "30 minutes", "places": 2, "keyed": True, "else": [{"exit": "full"}]}}
    journey = simple(
        hold, {"wait": "1 day"}, {"release": "spot"}, {"wait": "1 day"}, entry={"event": "start", "key": "booking_id"}
    )
    state, (took, told) = walk(journey)
    assert took == TakePlace(what="spot", of="b1", until=NOON + 30 * MINUTE)
    assert isinstance(told, Append)
    assert (told.name, told.payload["of"]) == ("Place Reserved", "b1")
    waiting, (gave, _) = fired(journey, state)
    assert (gave, waiting.reserved) == (GivePlace(what="spot", of="b1"), {})
    over, commands = on(journey, state, Stopped("overtaken"), NOON + HOUR)
    assert (over.status, commands[0]) == (Status.EXITED, gave)
    full, commands = walk(journey, facts(nothing_but_membership, taken=2))
    assert (full.end_reason, commands) == ("full", [])


def test_a_walk_takes_no_longer_than_it_may() -> None:
    journey = simple({"wait": "9 days"}, send(), exit=[{"after": "3 days"}])
    state, _ = walk(journey)
    assert state.due_at == NOON + 3 * DAY
    over, commands = fired(journey, state)
    assert (over.status, over.end_reason, over.stopped_at, commands) == (
        Status.EXPIRED,
        "timeout",
        NOON + 3 * DAY,
        [],
    )


def test_a_delay_asks_again_before_the_walk_begins() -> None:
    gold = {"trait": "plan", "is": "gold"}
    journey = simple(send(), entry={"event": "start", "if": gold, "settle": {"after": "30 minutes"}})
    yes = facts(lambda _: True)
    state, commands = walk(journey, yes)
    assert (state.status, state.due_at, commands) == (Status.ENTERED, NOON + 30 * MINUTE, [])
    assert on(journey, state, Entered("again"), NOON, yes) == (state, [])
    assert on(journey, state, TimerFired(NOON + HOUR // 2 - 1), NOON + HOUR // 2 - 1, yes) == (state, [])
    over, commands = fired(journey, state, yes)
    assert (over.status, wished(commands)) == (Status.COMPLETED, [("email", "hello")])
    over, commands = fired(journey, state)
    assert (over.end_reason, commands) == ("not_settled", [])


def test_of_a_keyed_journey_each_walk_hears_its_own_events() -> None:
    journey = simple(
        {"wait": "5 days"},
        entry={"event": "booked", "key": "booking_id", "reentry": "always"},
        exit=[{"event": "cancelled"}],
    )
    state, _ = walk(journey)
    for told, ends in (("b2", False), ("b1", True)):
        cancelled = event("cancelled", NOON + HOUR, booking_id=told)
        over, _ = on(journey, state, EventSeen(cancelled), NOON + HOUR)
        assert (over.status is Status.EXITED) is ends
    over, _ = on(journey, state, EventSeen(event("cancelled", NOON + HOUR)), NOON + HOUR)
    assert over.status is Status.EXITED, "one that names no booking concerns all"


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Lisbon", "2026-03-25T12:00:00Z"),
        ("Europe/Lisbon", "2026-10-20T12:00:00Z"),
        ("America/New_York", "2026-03-04T13:00:00Z"),
        ("America/New_York", "2026-10-28T13:00:00Z"),
    ],
)
def test_a_daily_message_goes_once_a_day_at_its_time_through_the_changes_of_clocks(zone: str, first: str) -> None:
    days = [part for _ in range(10) for part in ({"wait": {"until": "08:30"}}, send())]
    journey = simple(*days)
    known = facts(nothing_but_membership, zone)
    now = parse_iso(first)
    state, commands = walk(journey, known, now)
    sent: list[Instant] = []
    while state.due_at is not None:
        now = state.due_at
        state, commands = fired(journey, state, known)
        sent += [now for _ in commands]
    local = [iso_local(at, zone) for at in sent]
    assert [text[11:] for text in local] == ["08:30"] * 10
    assert len({text[:10] for text in local}) == 10
    assert len({b - a for a, b in itertools.pairwise(sent)}) == 2, "a change of clocks lies among them"


NAME = "journey.simple.subject"
SUBJECT = {
    "name": "subject",
    "variants": [
        {"variant": "plain"},
        {"variant": "warm", "weight": 3, "steps": [{"exit": "warm"}]},
    ],
}


def test_an_experiment_keeps_that_its_variant_was_met_also_where_nothing_happens_in_it() -> None:
    journey = simple({"experiment": SUBJECT}, {"exit": "after"})
    given = {"plain": 1, "warm": 3}

    def known(variant: str) -> Facts:
        asked = Facts(nothing_but_membership, lambda _: None, "UTC")
        return asked._replace(variant=lambda name, weights: variant if (name, weights) == (NAME, given) else "?")

    for variant, reason in (("plain", "after"), ("warm", "warm")):
        state, commands = walk(journey, known(variant))
        assert (state.end_reason, state.variants, state.met_at) == (reason, {NAME: variant}, {NAME: NOON})
        assert commands == [Meet(experiment=NAME, variant=variant)]
    gone, commands = walk(journey, known("given_up"))
    assert gone.end_reason == "after", "a variant that is no more goes the control's way, and is kept as it was met"
    assert commands == [Meet(experiment=NAME, variant="given_up")]


def test_who_is_held_out_walks_the_controls_way_and_is_in_no_arm() -> None:
    journey = simple({"experiment": SUBJECT}, {"exit": "after"})
    fresh = enroll(Candidate(journey, "event:start-0", None, 0), 7, Arm.HOLDOUT, NOON)
    state, commands = step(journey, fresh, Entered("start-0"), KNOWN._replace(variant=lambda *_: "warm"), NOON)
    assert (state.end_reason, state.variants, commands) == ("after", {}, [])
