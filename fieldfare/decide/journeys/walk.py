"""One call of ``step`` while it runs: the enrollment as it becomes, and the commands so far. Pure.

A walk runs from wait to wait. Whatever it does beside waiting it does at once and goes on; whether a message goes is
the gate's affair, also for a holdout. The given enrollment is left as it is: it is copied before the first change.
"""

import copy
from typing import assert_never

from fieldfare.collect.model import Event
from fieldfare.decide.journeys import commands as make
from fieldfare.decide.journeys.dates import dated_at, next_clock
from fieldfare.decide.journeys.definition import (
    Branch,
    Emit,
    GoTo,
    Journey,
    Leave,
    Release,
    Reserve,
    Send,
    SetTraits,
    Split,
    Step,
    Vary,
    Wait,
    WaitDate,
    WaitFor,
    WaitUntil,
)
from fieldfare.decide.journeys.facts import Facts, is_open
from fieldfare.decide.journeys.hear import exits_by, is_heard, matches, reaches_goal, standing_exit
from fieldfare.decide.journeys.model import HALTED, MOST_HOPS, Append, Command, Enrollment, Halted, Meet, Status
from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.model import InAudience
from fieldfare.learn.experiments.model import Arm

MAX_VISITS = 1_000
_NO_PLACE = ""
"""Of which, where there is only one."""


def hops_of(event: Event) -> int:
    """Return how many journeys started one another in a row up to an event; 0 for one from outside."""
    told = event.context.get("fieldfare")
    hop = told.get("hop") if isinstance(told, dict) else None
    return hop if isinstance(hop, int) else 0


class Walk:
    """The enrollment as it becomes."""

    __slots__ = ("cause", "commands", "facts", "journey", "now", "original", "state")

    def __init__(self, journey: Journey, enrollment: Enrollment, facts: Facts, now: Instant) -> None:
        """Begin with what is stored."""
        self.journey, self.original, self.state, self.facts, self.now = journey, enrollment, enrollment, facts, now
        self.cause = ""
        self.commands: list[Command] = []

    def change(self) -> Enrollment:
        """Return the enrollment to write to: a copy, made once."""
        if self.state is self.original:
            self.state = copy.copy(self.original)
            self.state.trail = list(self.original.trail)
            self.state.reserved = dict(self.original.reserved)
            self.state.variants = dict(self.original.variants)
            self.state.met_at = dict(self.original.met_at)
        return self.state

    def begin(self, cause: str) -> None:
        """Run the first steps, or wait until what let the person in has settled."""
        self.cause = cause
        lasts_us = self.journey.lasts_us
        if lasts_us is not None:
            self.change().deadline_at = self.now + lasts_us
        if self.journey.entry.settle_us:
            self.change().due_at = self.now + self.journey.entry.settle_us
        else:
            self.go(self.journey.first)

    def settle(self) -> None:
        """Begin after the delay, if all that let the person in still holds."""
        entry = self.journey.entry
        holds = is_open(entry, self.facts) and all(self.facts.holds(gate.condition) for gate in entry.gates)
        if holds and (entry.audience is None or self.facts.holds(InAudience(entry.audience))):
            self.go(self.journey.first)
        else:
            self.stop(Status.EXITED, "not_settled")

    def timer(self, at: Instant) -> None:
        """Go on when the timer is due; never earlier."""
        state = self.state
        if state.due_at is None or at < state.due_at:
            return
        self.cause = f"timer:{state.id}:{state.due_at}"
        if state.deadline_at is not None and at >= state.deadline_at:
            self.stop(Status.EXPIRED, "timeout")
        elif state.status in HALTED:
            self.resume()
        elif self.judge_exits():
            return
        elif state.status is Status.ENTERED:
            self.settle()
        else:
            here = self.journey.steps.get(state.step)
            late = here.late if isinstance(here, WaitFor) else None
            self.go_on(late)

    def event(self, event: Event) -> None:
        """Complete at the goal, stop at an exit, go on when the step waits for this event."""
        if not is_heard(self.journey, self.state, event):
            return
        here = self.journey.steps.get(self.state.step)
        if reaches_goal(self.journey, self.state, event):
            state = self.change()
            state.goal_at = state.last_action_at = event.occurred_at
            self.stop(Status.COMPLETED, "goal")
        elif exits_by(self.journey, self.state, event):
            self.change().last_action_at = event.occurred_at
            self.stop(Status.EXITED, "event")
        elif self.judge_exits() or self.state.status not in {Status.WAITING, Status.ENGAGED}:
            return
        elif isinstance(here, WaitFor) and matches(self.journey, self.state, here.trigger, event):
            state = self.change()
            state.last_action_at = event.occurred_at
            state.hops = max(state.hops, hops_of(event))
            self.cause = event.message_id
            self.go_on()

    def left(self, audience: str) -> None:
        """Stop when an exit names the audience, or when a condition holds now."""
        if audience in self.journey.left:
            self.stop(Status.EXITED, "left")
        else:
            self.judge_exits()

    def halt(self, halted: Halted) -> None:
        """Rest until nothing halts it any more; goal, exits and the deadline still count."""
        state = self.change()
        if state.status not in HALTED:
            state.resumes_due_at = state.due_at
        state.status, state.halted_by, state.due_at = halted.status, halted.by, halted.until
        if state.deadline_at is not None:
            state.due_at = state.deadline_at if state.due_at is None else min(state.due_at, state.deadline_at)

    def resume(self) -> None:
        """Go on where it rested; what became due meanwhile is judged now."""
        state = self.change()
        state.due_at, state.resumes_due_at, state.halted_by = state.resumes_due_at, None, None
        if not state.visits:
            state.status = Status.ENTERED
        else:
            state.status = Status.WAITING if state.last_action_at is None else Status.ENGAGED
        if state.due_at is not None and state.due_at <= self.now:
            self.timer(self.now)

    def judge_exits(self) -> bool:
        """Stop when an exit holds by what is known now; return whether it did."""
        reason = standing_exit(self.journey, self.facts.holds)
        if reason is not None:
            self.stop(Status.EXITED, reason)
        return reason is not None

    def go_on(self, late: str | None = None) -> None:
        """Leave the present wait for what follows it; a step that the definition no longer has ends the walk."""
        following = self.journey.after.get(self.state.step) if late is None else late
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
            state.trail.append(path)
            following = self.take(path)
            if following is None:
                return
            path = following
        self.end(Status.COMPLETED, "end")

    def take(self, path: str) -> str | None:
        """Take one step; return the path of the next one, ``None`` when the walk rests or is over."""
        here = self.journey.steps[path]
        match here:
            case Branch(condition=condition, then=then, otherwise=otherwise):
                return then if self.facts.holds(condition) else otherwise
            case Wait() | WaitUntil() | WaitFor() | WaitDate():
                return self.wait(path, here)
            case Split():
                return self.split(path, here)
            case Vary():
                return self.vary(here)
            case Leave(reason=reason):
                self.end(Status.EXITED, reason)
                return None
            case Send() | SetTraits() | Emit() | GoTo() | Reserve() | Release():
                return None if self.judge_exits() else self.act(path, here)
            case _:
                assert_never(here)

    def wait(self, path: str, here: Wait | WaitUntil | WaitFor | WaitDate) -> str | None:
        """Rest; of a date that is over the walk goes on."""
        match here:
            case Wait(us=us):
                self.rest(self.now + us)
            case WaitUntil(minute=minute, weekdays=weekdays):
                self.rest(next_clock(minute, weekdays, self.facts.zone, self.now))
            case WaitFor(timeout_us=timeout_us):
                self.rest(self.now + timeout_us)
            case WaitDate(dated=dated):
                at = dated_at(dated, self.facts.trait(dated.trait), self.facts.zone, self.now)
                if at is None:
                    self.end(Status.EXITED, "trait_missing")
                elif at <= self.now:
                    return self.journey.after[path]
                else:
                    self.rest(at)
            case _:
                assert_never(here)
        return None

    def split(self, path: str, here: Split) -> str:
        """Return the way of the person: the same every time, and uniform over people."""
        place = fraction("split", self.journey.name, path, self.state.home_id) * sum(way.weight for way in here.ways)
        passed = 0
        for way in here.ways:
            passed += way.weight
            if place < passed:
                return way.first
        return here.ways[-1].first

    def vary(self, here: Vary) -> str:
        """Return the way of the person's variant, and keep that it was met.

        Who is held out of the journey gets nothing whatever the variant says: they walk the control's way, in no arm.
        """
        control = here.ways[0]
        if self.state.arm is Arm.HOLDOUT:
            return control.first
        experiment = self.journey.experiment_of(here.name)
        variant = self.facts.variant(experiment, {way.name: way.weight for way in here.ways})
        self.state.variants[experiment] = variant
        self.state.met_at.setdefault(experiment, self.now)
        self.commands.append(Meet(experiment=experiment, variant=variant))
        return next((way.first for way in here.ways if way.name == variant), control.first)

    def act(self, path: str, here: Step) -> str | None:
        """Do what the step does beside waiting; return the next path."""
        state, now = self.state, self.now
        match here:
            case Send():
                state.last_message_at = now
                self.commands.append(make.propose(self.journey, state, path, here, now, self.cause))
            case SetTraits(traits=traits):
                return self.append(path, make.set_traits(state, path, traits, now))
            case Emit():
                return self.append(path, make.emit(state, path, here, now))
            case GoTo(journey=name):
                return self.append(path, make.request(state, path, name, now))
            case Reserve():
                return self.reserve(path, here)
            case Release(what=what):
                self.release(path, what)
            case _:
                message = f"{type(here).__name__} does nothing"
                raise AssertionError(message)
        return self.journey.after[path]

    def append(self, path: str, command: Append) -> str | None:
        """Let an event happen; a ring of journeys that start one another ends here."""
        if command.hops > MOST_HOPS:
            self.stop(Status.EXITED, "loop")
            return None
        self.commands.append(command)
        return self.journey.after[path]

    def reserve(self, path: str, here: Reserve) -> str:
        """Take a place, or go the other way when none is free."""
        of = (self.state.key or _NO_PLACE) if here.keyed else _NO_PLACE
        taken = self.facts.taken(here.what, of)
        if here.what not in self.state.reserved and taken >= here.places:
            return here.otherwise
        self.state.reserved[here.what] = of
        self.commands.extend(make.reserve(self.state, path, here, of, self.now))
        return self.journey.after[path]

    def release(self, path: str, what: str) -> None:
        """Give a place back, where the walk has one."""
        of = self.state.reserved.pop(what, None)
        if of is not None:
            self.commands.extend(make.release(self.state, path, what, of, self.now))

    def rest(self, due_at: Instant) -> None:
        """Wait until ``due_at``, and never longer than the walk may take."""
        state = self.state
        state.due_at = due_at if state.deadline_at is None else min(due_at, state.deadline_at)
        state.status = Status.WAITING if state.last_action_at is None else Status.ENGAGED

    def end(self, status: Status, reason: str) -> None:
        """End by the walk's own steps; what it proposed may still go."""
        state = self.change()
        state.status, state.end_reason, state.ended_at, state.due_at = status, reason, self.now, None
        for what in sorted(state.reserved):
            self.release("end", what)

    def stop(self, status: Status, reason: str) -> None:
        """End by something from outside; nothing it proposed may go any more."""
        self.end(status, reason)
        self.state.stopped_at = self.now
