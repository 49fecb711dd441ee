"""The state machine of a walk. Pure: journey, enrollment and a happening in; the next enrollment and commands out.

Timers are a field, ``due_at``. What counts about an event is that it came to be known while the walk ran; one that
happened longer before the entry than the journey's ``max_age`` is not heard. A halted walk hears its goal, its exits
and its deadline and does nothing else. A walk that is over proposes nothing; it still hears its goal and exits for a
while, so that the gate can refuse what waits.
"""

from typing import assert_never

import msgspec

from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.facts import Facts
from fieldfare.decide.journeys.hear import exits_by, is_heard, reaches_goal
from fieldfare.decide.journeys.model import (
    DONE,
    HALTED,
    Command,
    Enrollment,
    Entered,
    EventSeen,
    Halted,
    Happening,
    Joined,
    Left,
    Resumed,
    Status,
    Stopped,
    TimerFired,
)
from fieldfare.decide.journeys.transitions import is_allowed
from fieldfare.decide.journeys.walk import Walk
from fieldfare.ground.instants import Instant


def step(
    journey: Journey, enrollment: Enrollment, happening: Happening, facts: Facts, now: Instant
) -> tuple[Enrollment, list[Command]]:
    """Return the enrollment after the happening, and what to do. The given enrollment is left as it is.

    ``now`` is the record's accept time, or the timer's instant. The same object comes back when nothing changed.
    """
    if enrollment.status in DONE:
        return _echo(journey, enrollment, happening, now), []
    is_new = enrollment.status is Status.ENTERED and enrollment.due_at is None
    if is_new is not isinstance(happening, Entered) and not isinstance(happening, Stopped):
        return enrollment, []
    walk = Walk(journey, enrollment, facts, now)
    _tell(walk, happening)
    state = walk.state
    if state is not enrollment:
        kind = happening.__struct_config__.tag
        assert isinstance(kind, str)
        assert is_allowed(enrollment.status, kind, state.status), f"{enrollment.status} {kind} {state.status}"
    return state, walk.commands


def _tell(walk: Walk, happening: Happening) -> None:
    match happening:
        case Entered(cause=cause):
            walk.begin(cause)
        case TimerFired(at=at):
            walk.timer(at)
        case EventSeen(event=event):
            walk.event(event)
        case Left(audience=audience):
            walk.left(audience)
        case Joined():
            walk.judge_exits()
        case Halted():
            walk.halt(happening)
        case Resumed():
            if walk.state.status in HALTED:
                walk.resume()
        case Stopped(reason=reason):
            walk.stop(Status.EXITED, reason)
        case _:
            assert_never(happening)


def _echo(journey: Journey, enrollment: Enrollment, happening: Happening, now: Instant) -> Enrollment:
    """Return a walk that came to its end, stopped now if its goal or an exit came after all."""
    if enrollment.stopped_at is not None:
        return enrollment
    if isinstance(happening, Left) and happening.audience in journey.left:
        return msgspec.structs.replace(enrollment, stopped_at=now)
    if not isinstance(happening, EventSeen) or not is_heard(journey, enrollment, happening.event):
        return enrollment
    event = happening.event
    if reaches_goal(journey, enrollment, event):
        return msgspec.structs.replace(
            enrollment, stopped_at=now, goal_at=event.occurred_at, last_action_at=event.occurred_at
        )
    if exits_by(journey, enrollment, event):
        return msgspec.structs.replace(enrollment, stopped_at=now, last_action_at=event.occurred_at)
    return enrollment
