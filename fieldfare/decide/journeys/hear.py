"""What an event, and what holds now, means to a walk: is it heard, is it the goal, does it stop the walk. Pure.

Of a keyed journey, an event that carries the key's property concerns the walks with that value alone; one that does not
carry it concerns all.
"""

from collections.abc import Callable

from fieldfare.collect.model import Event, Mode
from fieldfare.decide.journeys.definition import Journey, Trigger
from fieldfare.decide.journeys.model import Enrollment
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.model import Condition, InAudience
from fieldfare.know.profiles.plan import passes

MOST_KEY = 200
"""Characters of a key."""

Holds = Callable[[Condition], bool]


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


def matches(journey: Journey, enrollment: Enrollment, trigger: Trigger, event: Event) -> bool:
    """Return whether the event is the one meant, and of the walk's own key."""
    if trigger.event != event.name or (trigger.where and not passes(event, trigger.where)):
        return False
    told = event.payload.get(journey.entry.key) if journey.entry.key is not None else None
    return told is None or enrollment.key is None or key_of(told) == enrollment.key


def key_of(value: object) -> str | None:
    """Return the key that a property's value is, ``None`` when it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).replace("\0", "")[:MOST_KEY] or None


def is_heard(journey: Journey, enrollment: Enrollment, event: Event) -> bool:
    """Return whether the event is live, not the one that let the walk begin, and not from long before it."""
    if event.mode is not Mode.LIVE or enrollment.entry_key == f"event:{event.message_id}":
        return False
    return event.occurred_at >= enrollment.entered_at - journey.entry.max_age_us


def reaches_goal(journey: Journey, enrollment: Enrollment, event: Event) -> bool:
    """Return whether the event is the goal, in time."""
    goal = journey.goal
    if goal is None or event.occurred_at > enrollment.entered_at + goal.within_us:
        return False
    return matches(journey, enrollment, goal.trigger, event)


def exits_by(journey: Journey, enrollment: Enrollment, event: Event) -> bool:
    """Return whether the event is one that stops the walk."""
    return any(rule.trigger is not None and matches(journey, enrollment, rule.trigger, event) for rule in journey.exits)
