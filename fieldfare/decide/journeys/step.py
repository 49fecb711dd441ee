"""The state machine of a walk. Pure: journey, enrollment and a happening in; the next enrollment and commands out.

A walk runs from wait to wait. A send proposes and the walk goes on at once; whether the message goes is the gate's
affair, also for a holdout. Timers are a field, ``due_at``. What counts about an event is that it came to be known while
the walk ran; one that happened longer before the entry than the journey's ``max_age`` is not heard.
A walk that is over proposes nothing; it still hears its goal and exits for a while, so that the gate can refuse what
waits.
"""

import copy
from collections.abc import Callable
from typing import assert_never

import msgspec

from fieldfare.collect.model import Event, Mode
from fieldfare.decide.journeys.model import (
    DONE,
    Branch,
    Command,
    Enrollment,
    Entered,
    EventSeen,
    Happening,
    Joined,
    Journey,
    Leave,
    Left,
    Proposal,
    Propose,
    Send,
    Status,
    TimerFired,
    Trigger,
    Wait,
    WaitFor,
    WaitUntil,
)
from fieldfare.decide.journeys.transitions import is_allowed
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.model import Condition, InAudience
from fieldfare.know.profiles.plan import passes
from fieldfare.network.calendars.wall import next_at

MAX_VISITS = 1_000

Holds = Callable[[Condition], bool]
"""Says whether a condition holds for the profile as it is known now."""

_HALTED = frozenset({Status.PAUSED, Status.SUPPRESSED})


def step(
    journey: Journey, enrollment: Enrollment, happening: Happening, holds: Holds, now: Instant, zone: str
) -> tuple[Enrollment, list[Command]]:
    """Return the enrollment after the happening, and what to do. The given enrollment is left as it is.

    ``now`` is the record's accept time, or the timer's instant. ``zone`` is the IANA zone of the person.
    The same object comes back when nothing changed.
    """
    if enrollment.status in DONE:
        return _echo(journey, enrollment, happening, now), []
    if enrollment.status in _HALTED or (enrollment.status is Status.ENTERED) is not isinstance(happening, Entered):
        return enrollment, []
    walk = _Walk(journey, enrollment, holds, now, zone)
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
        case _:
            assert_never(happening)
    state = walk.state
    if state is not enrollment:
        kind = happening.__struct_config__.tag
        assert isinstance(kind, str)
        assert is_allowed(enrollment.status, kind, state.status), f"{enrollment.status} {kind} {state.status}"
    return state, walk.commands


def hears(journey: Journey, enrollment: Enrollment, event_name: str, now: Instant) -> bool:
    """Return whether an event of the name can mean anything to the walk; if not, it need not be told."""
    if event_name not in journey.heard or enrollment.stopped_at is not None:
        return False
    return enrollment.ended_at is None or now <= enrollment.ended_at + journey.echo_us


def is_live(journey: Journey, enrollment: Enrollment, holds: Holds) -> bool:
    """Return whether what the walk proposed may still go: nothing stopped it, and no exit holds now (gate fact)."""
    return enrollment.stopped_at is None and standing_exit(journey, holds) is None


def standing_exit(journey: Journey, holds: Holds) -> str | None:
    """Return why the walk must stop by what holds now, ``None`` when no exit does."""
    for rule in journey.exits:
        if rule.condition is not None and holds(rule.condition):
            return "condition"
        if rule.leaves is not None and not holds(InAudience(rule.leaves)):
            return "left"
    return None


def _matches(trigger: Trigger, event: Event) -> bool:
    return trigger.event == event.name and (not trigger.where or passes(event, trigger.where))


def _is_heard(journey: Journey, enrollment: Enrollment, event: Event) -> bool:
    """Return whether the event is live, not the one that let the walk begin, and not from long before it."""
    if event.mode is not Mode.LIVE or enrollment.entry_key == f"event:{event.message_id}":
        return False
    return event.occurred_at >= enrollment.entered_at - journey.entry.max_age_us


def _reaches_goal(journey: Journey, enrollment: Enrollment, event: Event) -> bool:
    goal = journey.goal
    if goal is None or event.occurred_at > enrollment.entered_at + goal.within_us:
        return False
    return _matches(goal.trigger, event)


def _exits_by(journey: Journey, event: Event) -> bool:
    return any(rule.trigger is not None and _matches(rule.trigger, event) for rule in journey.exits)


def _echo(journey: Journey, enrollment: Enrollment, happening: Happening, now: Instant) -> Enrollment:
    """Return a walk that came to its end, stopped now if its goal or an exit came after all."""
    if enrollment.stopped_at is not None:
        return enrollment
    if isinstance(happening, Left) and happening.audience in journey.left:
        return msgspec.structs.replace(enrollment, stopped_at=now)
    if not isinstance(happening, EventSeen) or not _is_heard(journey, enrollment, happening.event):
        return enrollment
    event = happening.event
    if _reaches_goal(journey, enrollment, event):
        return msgspec.structs.replace(
            enrollment, stopped_at=now, goal_at=event.occurred_at, last_action_at=event.occurred_at
        )
    if _exits_by(journey, event):
        return msgspec.structs.replace(enrollment, stopped_at=now, last_action_at=event.occurred_at)
    return enrollment


class _Walk:
    """One call of :func:`step` while it runs: the enrollment as it becomes, and the commands so far."""

    __slots__ = ("cause", "commands", "holds", "journey", "now", "original", "state", "zone")

    def __init__(self, journey: Journey, enrollment: Enrollment, holds: Holds, now: Instant, zone: str) -> None:
        self.journey = journey
        self.original = enrollment
        self.state = enrollment
        self.holds = holds
        self.now = now
        self.zone = zone
        self.cause = ""
        self.commands: list[Command] = []

    def change(self) -> Enrollment:
        """Return the enrollment to write to: a copy, made once."""
        if self.state is self.original:
            self.state = copy.copy(self.original)
        return self.state

    def begin(self, cause: str) -> None:
        """Run the first steps."""
        self.cause = cause
        self.go(self.journey.first)

    def timer(self, at: Instant) -> None:
        """Go on when the timer is due; never earlier."""
        due_at = self.state.due_at
        if due_at is None or at < due_at:
            return
        self.cause = f"timer:{self.state.id}:{due_at}"
        if not self.judge_exits():
            self.go_on()

    def event(self, event: Event) -> None:
        """Complete at the goal, stop at an exit, go on when the step waits for this event."""
        if not _is_heard(self.journey, self.state, event):
            return
        here = self.journey.steps.get(self.state.step)
        if _reaches_goal(self.journey, self.state, event):
            state = self.change()
            state.goal_at = state.last_action_at = event.occurred_at
            self.stop(Status.COMPLETED, "goal")
        elif _exits_by(self.journey, event):
            self.change().last_action_at = event.occurred_at
            self.stop(Status.EXITED, "event")
        elif self.judge_exits():
            return
        elif isinstance(here, WaitFor) and _matches(here.trigger, event):
            self.change().last_action_at = event.occurred_at
            self.cause = event.message_id
            self.go_on()

    def left(self, audience: str) -> None:
        """Stop when an exit names the audience, or when a condition holds now."""
        if audience in self.journey.left:
            self.stop(Status.EXITED, "left")
        else:
            self.judge_exits()

    def judge_exits(self) -> bool:
        """Stop when an exit holds by what is known now; return whether it did."""
        reason = standing_exit(self.journey, self.holds)
        if reason is not None:
            self.stop(Status.EXITED, reason)
        return reason is not None

    def go_on(self) -> None:
        """Leave the present wait for what follows it; a step that the definition no longer has ends the walk."""
        following = self.journey.after.get(self.state.step)
        if following is None:
            self.stop(Status.EXITED, "changed")
        else:
            self.go(following)

    def go(self, path: str) -> None:
        """Run steps from the path up to a wait or the end."""
        state = self.change()
        state.due_at = None
        while path:
            state.step = path
            state.visits += 1
            if state.visits > MAX_VISITS:
                self.stop(Status.EXITED, "loop")
                return
            following = self.take(path)
            if following is None:
                return
            path = following
        self.end(Status.COMPLETED, "end")

    def take(self, path: str) -> str | None:
        """Take one step; return the path of the next one, ``None`` when the walk rests or is over."""
        here = self.journey.steps[path]
        match here:
            case Wait(us=us):
                self.rest(self.now + us)
            case WaitUntil(minute=minute):
                self.rest(next_at(self.now, minute, self.zone))
            case WaitFor(timeout_us=timeout_us):
                self.rest(self.now + timeout_us)
            case Branch(condition=condition, then=then, otherwise=otherwise):
                return then if self.holds(condition) else otherwise
            case Send():
                if self.judge_exits():
                    return None
                self.propose(path, here)
                return self.journey.after[path]
            case Leave(reason=reason):
                self.end(Status.EXITED, reason)
            case _:
                assert_never(here)
        return None

    def rest(self, due_at: Instant) -> None:
        """Wait until ``due_at``."""
        state = self.state
        state.due_at = due_at
        state.status = Status.WAITING if state.last_action_at is None else Status.ENGAGED

    def end(self, status: Status, reason: str) -> None:
        """End by the walk's own steps; what it proposed may still go."""
        state = self.change()
        state.status, state.end_reason, state.ended_at, state.due_at = status, reason, self.now, None

    def stop(self, status: Status, reason: str) -> None:
        """End by something from outside; nothing it proposed may go any more."""
        self.end(status, reason)
        self.state.stopped_at = self.now

    def propose(self, path: str, send: Send) -> None:
        """Wish for a message. The id names the visit, so a second run of it makes the same row."""
        state, journey, now = self.state, self.journey, self.now
        state.last_message_at = now
        proposal = Proposal(
            id=derived_id("prp", state.id, path, state.visits),
            profile_id=state.profile_id,
            journey=journey.name,
            version=journey.version,
            step=path,
            enrollment_id=state.id,
            experiment=journey.experiment,
            arm=state.arm,
            channel=send.channel,
            template=send.template,
            purpose=send.purpose,
            priority=send.priority,
            proposed_at=now,
            due_at=now,
            expires_at=now + send.expires_us,
            event_id=self.cause,
            variables=send.variables,
            visit=state.visits,
        )
        self.commands.append(Propose(proposal))
