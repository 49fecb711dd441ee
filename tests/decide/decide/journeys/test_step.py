"""The state machine, one happening at a time: playbooks of what comes in and what comes out."""

import msgspec
import pytest

from fieldfare.collect.model import Mode
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.hear import hears, is_live
from fieldfare.decide.journeys.model import Enrollment, EventSeen, Halted, Joined, Left, Resumed, Status, TimerFired
from fieldfare.decide.journeys.step import step
from fieldfare.decide.journeys.walk import MAX_VISITS
from fieldfare.ground.instants import MINUTE, parse_iso
from fieldfare.know.audiences.model import Condition, InAudience
from fieldfare.learn.experiments.model import Arm
from tests.decide.decide.journeys.walks import (
    DAY,
    HOUR,
    NOON,
    WIN_BACK,
    always,
    begin,
    compiled,
    event,
    facts,
    nothing_but_membership,
    send,
    simple,
    templates,
    told,
)


def test_the_win_back_walk() -> None:
    journey = compiled(WIN_BACK)
    state, wishes = begin(journey, holds=always)
    assert (state.status, state.step, state.due_at, wishes) == (Status.WAITING, "0", NOON + 2 * DAY, [])
    state, wishes = told(journey, state, TimerFired(NOON + 2 * DAY), NOON + 2 * DAY, always)
    assert templates(wishes) == ["miss-you"]
    assert (state.step, state.due_at) == ("2.then.0", parse_iso("2026-03-05T08:00:00Z"))
    assert state.last_message_at == NOON + 2 * DAY
    morning = parse_iso("2026-03-05T08:00:00Z")
    state, wishes = told(journey, state, TimerFired(morning), morning)
    assert templates(wishes) == ["offer"]
    assert (state.status, state.step, state.due_at) == (Status.WAITING, "3", morning + 7 * DAY)
    booked = event("class_booked", morning + HOUR, level="easy")
    state, wishes = told(journey, state, EventSeen(booked), morning + HOUR)
    assert templates(wishes) == ["last-call"]
    assert (state.status, state.end_reason, state.ended_at) == (Status.COMPLETED, "end", morning + HOUR)
    assert (state.last_action_at, state.due_at, state.stopped_at, state.visits) == (morning + HOUR, None, None, 7)


def test_a_proposal_tells_all() -> None:
    journey = compiled(WIN_BACK)
    state, _ = begin(journey, arm=Arm.HOLDOUT)
    at = NOON + 2 * DAY
    _, (wish,) = told(journey, state, TimerFired(at), at)
    assert (wish.profile_id, wish.journey, wish.version, wish.step) == (7, "win-back", journey.version, "1")
    assert (wish.enrollment_id, wish.experiment, wish.arm) == (state.id, "journey.win-back", Arm.HOLDOUT)
    assert (wish.channel, wish.template, wish.purpose, wish.priority) == ("email", "miss-you", "marketing", 50)
    assert (wish.proposed_at, wish.due_at, wish.expires_at) == (at, at, at + 2 * DAY)
    assert wish.event_id == f"timer:{state.id}:{at}"


def test_the_given_enrollment_is_left_as_it_is() -> None:
    journey = compiled(WIN_BACK)
    state, _ = begin(journey)
    copy = msgspec.structs.replace(state)
    told(journey, state, TimerFired(NOON + 2 * DAY), NOON + 2 * DAY)
    assert state == copy


def test_the_same_happening_again_wishes_the_same() -> None:
    journey = compiled(WIN_BACK)
    state, _ = begin(journey)
    fired = TimerFired(NOON + 2 * DAY)
    assert told(journey, state, fired, fired.at) == told(journey, state, fired, fired.at)


def test_timers_are_never_early_and_never_twice() -> None:
    journey = simple({"wait": "1 day"}, send(), {"wait": "1 day"})
    state, _ = begin(journey)
    assert step(journey, state, TimerFired(NOON + DAY - 1), facts(always), NOON + DAY - 1) == (state, [])
    after, wishes = told(journey, state, TimerFired(NOON + DAY), NOON + DAY)
    assert len(wishes) == 1
    assert told(journey, after, TimerFired(NOON + DAY), NOON + DAY) == (after, [])


@pytest.mark.parametrize(
    ("now", "clock", "expected"),
    [
        ("2026-03-28T20:00:00Z", "02:30", "2026-03-29T01:00:00Z"),  # a time that does not exist: the jump
        ("2026-10-24T20:00:00Z", "02:30", "2026-10-25T00:30:00Z"),  # a time that comes twice: the first
        ("2026-03-02T08:00:00Z", "09:00", "2026-03-03T08:00:00Z"),
    ],
)
def test_wait_until_follows_the_persons_clock(now: str, clock: str, expected: str) -> None:
    state, _ = begin(simple({"wait": {"until": clock}}, send()), parse_iso(now))
    assert state.due_at == parse_iso(expected)


def test_a_day_of_waiting_is_24_hours() -> None:
    start = parse_iso("2026-03-28T12:00:00Z")  # clocks change in the night
    state, _ = begin(simple({"wait": "1 day"}, send()), start)
    assert state.due_at == start + 24 * HOUR


def test_a_wait_for_an_event_times_out() -> None:
    journey = simple({"wait": {"event": "reply", "timeout": "7 days"}}, send())
    state, _ = begin(journey)
    after, wishes = told(journey, state, TimerFired(NOON + 7 * DAY), NOON + 7 * DAY)
    assert (after.status, len(wishes), after.last_action_at) == (Status.COMPLETED, 1, None)


def test_a_wait_goes_on_at_the_right_event_only() -> None:
    journey = simple(
        {"wait": {"event": "reply", "where": {"to": "offer"}, "timeout": "7 days"}}, {"wait": "1 day"}, send()
    )
    state, _ = begin(journey)
    for other in (
        event("reply", NOON + 1, to="news"),
        event("click", NOON + 1),
        event("reply", NOON + 1, mode=Mode.REPLAY, to="offer"),
    ):
        assert told(journey, state, EventSeen(other), NOON + 1) == (state, [])
    state, _ = told(journey, state, EventSeen(event("reply", NOON + 1, to="offer")), NOON + 1)
    assert (state.status, state.due_at, state.last_action_at) == (Status.ENGAGED, NOON + 1 + DAY, NOON + 1)


def test_the_event_that_let_in_is_not_heard_again() -> None:
    journey = simple({"wait": "1 day"}, send(), goal={"event": "start", "within": "9 days"})
    state, _ = begin(journey)
    same = msgspec.structs.replace(event("start"), message_id="start-0")
    assert told(journey, state, EventSeen(same), NOON) == (state, [])
    after, _ = told(journey, state, EventSeen(event("start", NOON + 5)), NOON + 5)
    assert after.end_reason == "goal"


@pytest.mark.parametrize(
    ("occurred", "reached"),
    [
        (NOON + DAY, True),
        (NOON + 30 * DAY, True),
        (NOON + 30 * DAY + 1, False),
        (NOON - DAY, True),
        (NOON - DAY - 1, False),
    ],
)
def test_the_goal_and_its_window(occurred: int, reached: bool) -> None:
    journey = simple({"wait": "60 days"}, send(), goal={"event": "check_in", "within": "30 days"})
    state, _ = begin(journey)
    after, wishes = told(journey, state, EventSeen(event("check_in", occurred)), NOON + 31 * DAY)
    assert wishes == []
    assert (after.status is Status.COMPLETED) is reached
    if reached:
        assert (after.end_reason, after.goal_at, after.stopped_at) == ("goal", occurred, NOON + 31 * DAY)
        assert not is_live(journey, after, always)


def test_the_goal_wins_over_what_is_waited_for() -> None:
    journey = simple(
        {"wait": {"event": "check_in", "timeout": "7 days"}}, send(), goal={"event": "check_in", "within": "30 days"}
    )
    state, _ = begin(journey)
    after, wishes = told(journey, state, EventSeen(event("check_in", NOON + 1)), NOON + 1)
    assert (after.end_reason, wishes) == ("goal", [])


FROZEN = {"trait": "plan", "is": "frozen"}


def test_exit_by_event_by_leaving_and_by_condition() -> None:
    journey = compiled(WIN_BACK | {"exit": [*WIN_BACK["exit"], {"when": FROZEN}]})
    state, _ = begin(journey)
    cancelled = EventSeen(event("membership_cancelled", NOON + 1))
    assert told(journey, state, cancelled, NOON + 1)[0].end_reason == "event"
    assert told(journey, state, Left("lapsed", "m"), NOON + 1)[0].end_reason == "left"
    assert told(journey, state, Left("other", "m"), NOON + 1)[0] == state
    for happening in (Left("other", "m"), Joined(audience="x", at=NOON, cause="m"), TimerFired(NOON + 2 * DAY)):
        after, wishes = told(journey, state, happening, NOON + 2 * DAY, always)
        assert (after.status, after.end_reason, wishes) == (Status.EXITED, "condition", [])
        assert after.stopped_at == NOON + 2 * DAY


def test_exits_are_judged_again_before_each_send() -> None:
    journey = simple(send("one"), send("two"), exit=[{"leaves": "lapsed"}])
    asked: list[Condition] = []

    def leaves_after_the_first(condition: Condition) -> bool:
        asked.append(condition)
        return len(asked) < 2

    state, wishes = begin(journey, holds=leaves_after_the_first)
    assert templates(wishes) == ["one"]
    assert (state.status, state.end_reason) == (Status.EXITED, "left")
    assert asked == [InAudience("lapsed")] * 2


def walked_out(journey: Journey) -> Enrollment:
    state, wishes = begin(journey)
    assert (state.status, len(wishes)) == (Status.COMPLETED, 1)
    return state


def test_a_walk_that_is_over_still_hears_what_should_stop_its_message() -> None:
    journey = simple(
        send(), goal={"event": "check_in", "within": "1 day"}, exit=[{"event": "cancelled"}, {"leaves": "lapsed"}]
    )
    state = walked_out(journey)
    assert is_live(journey, state, nothing_but_membership)
    for happening in (
        EventSeen(event("check_in", NOON + 1)),
        EventSeen(event("cancelled", NOON + 1)),
        Left("lapsed", "m"),
    ):
        after, wishes = told(journey, state, happening, NOON + 1)
        assert (after.status, after.end_reason, after.stopped_at, wishes) == (Status.COMPLETED, "end", NOON + 1, [])
        assert not is_live(journey, after, nothing_but_membership)
        assert told(journey, after, happening, NOON + 2) == (after, [])
    assert told(journey, state, EventSeen(event("else", NOON + 1)), NOON + 1) == (state, [])


def test_the_gate_asks_exits_again() -> None:
    journey = simple(send(), exit=[{"leaves": "lapsed"}])
    assert not is_live(journey, walked_out(journey), lambda _: False)


def test_what_a_walk_hears() -> None:
    journey = simple(send(expires="1 day"), goal={"event": "check_in", "within": "2 days"})
    state = walked_out(journey)
    assert hears(journey, state, "check_in", NOON + 2 * DAY)
    assert not hears(journey, state, "check_in", NOON + 2 * DAY + 1)
    assert not hears(journey, state, "other", NOON)
    stopped, _ = told(journey, state, EventSeen(event("check_in", NOON + 1)), NOON + 1)
    assert not hears(journey, stopped, "check_in", NOON + 1)


def test_an_exit_step_ends_for_its_reason_and_what_was_wished_may_go() -> None:
    journey = simple(send(), {"exit": "enough"}, send("never"))
    state, wishes = begin(journey)
    assert templates(wishes) == ["hello"]
    assert (state.status, state.end_reason, state.stopped_at) == (Status.EXITED, "enough", None)
    assert is_live(journey, state, always)


def test_branches() -> None:
    journey = simple({"branch": {"when": FROZEN, "then": [send("yes")], "else": [send("no")]}}, send("both"))
    assert templates(begin(journey, holds=always)[1]) == ["yes", "both"]
    assert templates(begin(journey)[1]) == ["no", "both"]


def test_too_many_visits_end_the_walk() -> None:
    journey = simple({"wait": "1 day"}, send(), send())
    state = msgspec.structs.replace(begin(journey)[0], visits=MAX_VISITS - 1)
    after, wishes = told(journey, state, TimerFired(NOON + DAY), NOON + DAY)
    assert (after.status, after.end_reason, len(wishes)) == (Status.EXITED, "loop", 1)


def test_a_step_that_the_definition_lost_ends_the_walk() -> None:
    state, _ = begin(simple({"wait": "1 minute"}, {"wait": "1 day"}, send()))
    state, _ = told(
        simple({"wait": "1 minute"}, {"wait": "1 day"}, send()), state, TimerFired(NOON + MINUTE), NOON + MINUTE
    )
    after, wishes = told(simple(send()), state, TimerFired(NOON + 2 * DAY), NOON + 2 * DAY)
    assert (after.end_reason, wishes) == ("changed", [])


@pytest.mark.parametrize("status", [Status.PAUSED, Status.SUPPRESSED])
def test_a_halted_walk_hears_its_goal_and_its_exits_alone(status: Status) -> None:
    journey = simple({"wait": {"event": "reply", "timeout": "1 day"}}, send(), exit=[{"event": "gone"}])
    state, _ = told(journey, begin(journey)[0], Halted(status=status, by="other"), NOON + HOUR)
    assert (state.status, state.halted_by, state.due_at) == (status, "other", None)
    assert told(journey, state, TimerFired(NOON + 9 * DAY), NOON + 9 * DAY) == (state, [])
    assert told(journey, state, EventSeen(event("reply", NOON + 2 * HOUR)), NOON + 2 * HOUR) == (state, [])
    over, _ = told(journey, state, EventSeen(event("gone", NOON + 2 * HOUR)), NOON + 2 * HOUR)
    assert (over.status, over.end_reason) == (Status.EXITED, "event")


def test_what_became_due_while_a_walk_was_halted_is_judged_when_it_goes_on() -> None:
    journey = simple({"wait": "1 day"}, send(), exit=[{"when": {"trait": "plan", "is": "gold"}}])
    halted, _ = told(journey, begin(journey)[0], Halted(status=Status.SUPPRESSED, by="other"), NOON + HOUR)
    over, wishes = told(journey, halted, Resumed(), NOON + 3 * DAY)
    assert (over.status, templates(wishes), over.due_at) == (Status.COMPLETED, ["hello"], None)
    gone, wishes = told(journey, halted, Resumed(), NOON + 3 * DAY, always)
    assert (gone.status, gone.end_reason, wishes) == (Status.EXITED, "condition", [])
    early, wishes = told(journey, halted, Resumed(), NOON + 2 * HOUR)
    assert (early.status, early.due_at, wishes) == (Status.WAITING, NOON + DAY, [])


def test_a_walk_that_is_halted_until_an_instant_goes_on_then() -> None:
    journey = simple({"wait": "1 day"}, send())
    halted = Halted(status=Status.SUPPRESSED, by="other", until=NOON + 5 * DAY)
    state, _ = told(journey, begin(journey)[0], halted, NOON + HOUR)
    assert told(journey, state, TimerFired(NOON + 2 * DAY), NOON + 2 * DAY) == (state, [])
    over, wishes = told(journey, state, TimerFired(NOON + 5 * DAY), NOON + 5 * DAY)
    assert (over.status, templates(wishes)) == (Status.COMPLETED, ["hello"])
