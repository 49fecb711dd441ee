"""Whole walks at random: nothing proposed after the end, each visit once, timers never early, replay the same."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.enter import enroll
from fieldfare.decide.journeys.model import (
    DONE,
    HALTED,
    Append,
    Candidate,
    Command,
    Enrollment,
    Entered,
    EventSeen,
    Halted,
    Happening,
    Left,
    Propose,
    Resumed,
    Status,
    Stopped,
    TimerFired,
)
from fieldfare.decide.journeys.step import step
from fieldfare.decide.journeys.transitions import is_allowed
from fieldfare.ground.instants import DAY, HOUR, Instant
from fieldfare.know.audiences.model import Condition, InAudience
from fieldfare.learn.experiments.model import Arm
from tests.decide.decide.journeys.walks import NOON, compiled, event, facts

Step = Callable[..., tuple[Enrollment, list[Command]]]
NAMES = ("reply", "check_in", "cancelled", "noise")
TESTS = st.sampled_from([{"trait": "plan", "is": "gold"}, {"did": "reply"}, {"in": "lapsed"}])
LEAVES = (
    st.sampled_from(["1 hour", "1 day", "3 days"]).map(lambda wait: {"wait": wait})
    | st.sampled_from(["00:00", "02:30", "09:00"]).map(lambda clock: {"wait": {"until": clock}})
    | st.just({"wait": {"until": "08:30", "weekdays": ["mon", "thu"]}})
    | st.just({"wait": {"event": "reply", "timeout": "2 days"}})
    | st.just({"wait": {"event": "reply", "timeout": "2 days", "late": [{"exit": "silent"}]}})
    | st.sampled_from(["renews_on", "gone"]).map(lambda trait: {"wait": {"date": {"trait": trait, "before": "1 day"}}})
    | st.just({"send": {"channel": "email", "template": "t", "fallback": [{"channel": "sms", "template": "u"}]}})
    | st.just(
        {
            "send": {
                "channel": "email",
                "template": "t",
                "escalate": {"channel": "sms", "template": "u", "after": "2 hours"},
            }
        }
    )
    | st.just({"task": {"channel": "desk", "template": "t", "sla": {"within": "1 day", "broken": [{"exit": "sla"}]}}})
    | st.just({"set": {"plan": "gold"}})
    | st.just({"emit": {"event": "noise"}})
    | st.just({"hold": {"what": "place", "for": "1 hour", "else": [{"exit": "full"}]}})
    | st.just({"release": "place"})
    | st.just({"journey": "other"})
    | st.just({"send": {"channel": "email", "template": "t"}})
    | st.just({"exit": "enough"})
)
STEPS = st.recursive(
    st.lists(LEAVES, min_size=1, max_size=4),
    lambda inner: st.lists(
        LEAVES
        | st.builds(
            lambda when, then, other: {"branch": {"when": when, "then": then, "else": other}}, TESTS, inner, inner
        )
        | st.builds(
            lambda one, two: {"split": [{"way": "a", "steps": one}, {"way": "b", "weight": 2, "steps": two}]},
            inner,
            inner,
        ),
        min_size=1,
        max_size=4,
    ),
    max_leaves=4,
)
JOURNEYS = st.builds(
    lambda steps, goal, exits: compiled(
        {"journey": "any", "entry": {"event": "start"}, "steps": steps, "exit": exits, "writes": ["plan"]}
        | ({"goal": goal} if goal else {})
    ),
    STEPS,
    st.none() | st.just({"event": "check_in", "within": "5 days"}),
    st.lists(
        st.sampled_from(
            [{"event": "cancelled"}, {"leaves": "lapsed"}, {"when": {"did": "noise"}}, {"after": "9 days"}]
        ),
        max_size=2,
    ),
)
STORIES = st.lists(
    st.tuples(
        st.integers(0, 2 * DAY),
        st.sampled_from([*NAMES, "timer", "timer", "timer", "left", "late", "halted", "resumed", "stopped"]),
    ),
    max_size=25,
)


def flips(seed: int) -> Callable[[Condition], bool]:
    """Return conditions that hold now and then; membership mostly does."""
    asked = 0

    def holds(condition: Condition) -> bool:
        nonlocal asked
        asked += 1
        odds = (seed * 31 + asked * 17) % 8
        return odds != 0 if isinstance(condition, InAudience) else odds < 4

    return holds


def play(
    take: Step, journey: Journey, story: list[tuple[int, str]], seed: int
) -> list[tuple[Enrollment, list[Command], Instant]]:
    """Run a story through a walk; return each state, its commands and when."""
    known = facts(flips(seed), traits={"renews_on": "2026-03-09"}, taken=seed % 2)
    state = enroll(Candidate(journey, "event:start-0"), 7, Arm.TREATED, NOON)
    told: list[tuple[Happening, Instant]] = [(Entered("start-0"), NOON)]
    now = NOON
    for ahead, kind in story:
        now += ahead
        happening: Happening = TimerFired(now)
        if kind in NAMES:
            happening = EventSeen(event(kind, now))
        elif kind == "late":
            happening = EventSeen(event("reply", now - HOUR))
        elif kind == "left":
            happening = Left("lapsed", "m")
        elif kind == "halted":
            happening = Halted(status=Status.SUPPRESSED, by="other", until=now + DAY if ahead % 2 else None)
        elif kind == "resumed":
            happening = Resumed()
        elif kind == "stopped":
            happening = Stopped("overtaken")
        told.append((happening, now))
    steps: list[tuple[Enrollment, list[Command], Instant]] = []
    for happening, at in told:
        after, commands = take(journey, state, happening, known, at)
        tag = str(happening.__struct_config__.tag)
        assert after == state or state.status in DONE or is_allowed(state.status, tag, after.status)
        assert state.status not in DONE or (after.status is state.status and not commands), "something after the end"
        early = isinstance(happening, TimerFired) and state.due_at is not None and happening.at < state.due_at
        assert not early or after == state, "the timer was early"
        steps.append((after, commands, at))
        state = after
    return steps


def check(take: Step, journey: Journey, story: list[tuple[int, str]], seed: int) -> None:
    """Assert what must hold for every walk."""
    steps = play(take, journey, story, seed)
    wishes = [command.proposal for _, commands, _ in steps for command in commands if isinstance(command, Propose)]
    events = [command.id for _, commands, _ in steps for command in commands if isinstance(command, Append)]
    assert len(set(events)) == len(events), "an event happened twice"
    assert len({wish.id for wish in wishes}) == len(wishes), "a visit wished twice"
    assert len({wish.step for wish in wishes}) == len(wishes), "a step was visited twice"
    assert steps == play(take, journey, story, seed), "a replay did something else"
    for state, _, at in steps:
        assert (state.due_at is not None) == (state.status not in DONE) or state.status in HALTED
        assert len(state.trail) == len(set(state.trail)) == state.visits, "a step was taken twice"
        assert not (state.status in DONE and state.reserved), "a place is kept by nobody"
        assert (state.ended_at is not None) == (state.status in DONE) == (state.end_reason is not None)
        assert state.ended_at is None or state.ended_at <= at


@given(JOURNEYS, STORIES, st.integers(0, 1000))
def test_every_walk(journey: Journey, story: list[tuple[int, str]], seed: int) -> None:
    check(step, journey, story, seed)


STORY = [(DAY, "timer")] * 6
PLAIN: dict[str, Any] = {
    "journey": "any",
    "entry": {"event": "start"},
    "steps": [{"wait": "1 day"}, {"send": {"channel": "email", "template": "t"}}, {"wait": "3 days"}],
}


def test_the_plain_story_passes() -> None:
    check(step, compiled(PLAIN), STORY, 1)


def early(
    journey: Journey, enrollment: Enrollment, happening: Happening, *rest: Any
) -> tuple[Enrollment, list[Command]]:
    """Plant a fault: timers fire when somebody looks."""
    if isinstance(happening, TimerFired) and enrollment.due_at is not None:
        happening = TimerFired(max(happening.at, enrollment.due_at))
    return step(journey, enrollment, happening, *rest)


def restless(
    journey: Journey, enrollment: Enrollment, happening: Happening, *rest: Any
) -> tuple[Enrollment, list[Command]]:
    """Plant a fault: an ended walk begins again."""
    after, commands = step(journey, enrollment, happening, *rest)
    if after.status in DONE and isinstance(happening, TimerFired):
        fresh = enroll(Candidate(journey, after.entry_key), 7, Arm.TREATED, NOON)
        _, commands = step(journey, fresh, Entered("again"), *rest)
    return after, commands


def repeating(
    journey: Journey, enrollment: Enrollment, happening: Happening, *rest: Any
) -> tuple[Enrollment, list[Command]]:
    """Plant a fault: what was proposed is proposed again."""
    after, commands = step(journey, enrollment, happening, *rest)
    return after, commands * 2


def moody() -> Step:
    """Plant a fault: ids that a second run does not make again."""
    runs = 0

    def take(*given_: Any) -> tuple[Enrollment, list[Command]]:
        nonlocal runs
        runs += 1
        after, commands = step(*given_)
        return after, [
            msgspec.structs.replace(each, proposal=msgspec.structs.replace(each.proposal, id=f"prp_{runs}"))
            for each in commands
            if isinstance(each, Propose)
        ]

    return take


@pytest.mark.parametrize("broken", [early, restless, repeating, moody()])
def test_the_check_finds_broken_walks(broken: Step) -> None:
    raw = PLAIN | {"steps": PLAIN["steps"][:2]} if broken is restless else PLAIN
    raw = raw if broken is not restless else raw | {"steps": [{"send": {"channel": "email", "template": "t"}}]}
    with pytest.raises(AssertionError):
        check(broken, compiled(raw), STORY, 1)
