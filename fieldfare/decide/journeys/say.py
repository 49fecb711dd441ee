"""Says in a few words what lets people in and what a step does, for those who look at where people stand. Pure."""

from typing import assert_never

from fieldfare.decide.journeys.definition import (
    Branch,
    Emit,
    Entry,
    GoTo,
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
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND


def says(step: Step) -> str:  # noqa: PLR0911 - one sentence for each kind of step
    """Return what the step does."""
    match step:
        case Wait(us=us):
            return f"waits {length(us)}"
        case WaitUntil(minute=minute):
            return f"waits until {minute // 60:02}:{minute % 60:02}"
        case WaitDate(dated=dated):
            return f"waits for the date {dated.trait}"
        case WaitFor(trigger=trigger, timeout_us=timeout_us):
            return f"waits for {trigger.event}, at most {length(timeout_us)}"
        case Branch():
            return "goes one of two ways"
        case Split(ways=ways):
            return f"goes one of the ways {', '.join(way.name for way in ways)}"
        case Vary(name=name, ways=ways):
            return f"tries {', '.join(way.name for way in ways)} in the experiment {name}"
        case Send(channel=channel, template=template):
            return f"proposes {template} by {channel}"
        case SetTraits(traits=traits):
            return f"sets {', '.join(traits)}"
        case Emit(event=event):
            return f"lets {event} happen"
        case Reserve(what=what):
            return f"reserves {what}"
        case Release(what=what):
            return f"gives {what} back"
        case GoTo(journey=journey):
            return f"asks {journey} to take the person"
        case Leave(reason=reason):
            return f"ends as {reason}"
        case _:
            assert_never(step)


def enters_by(entry: Entry) -> str:
    """Return what lets people enter, in words."""
    if entry.audience is not None:
        return f"joining {entry.audience}"
    if entry.trigger is not None:
        return f"event {entry.trigger.event}"
    if entry.dated is not None:
        return f"date {entry.dated.trait}"
    return f"schedule of {entry.rhythm.audience}" if entry.rhythm is not None else "API"


def length(us: int) -> str:
    """Return a length of time in its largest whole unit."""
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")):
        if us % size == 0:
            return f"{us // size} {name}{'' if us == size else 's'}"
    return f"{us} microseconds"
