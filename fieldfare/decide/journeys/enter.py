"""Who enters which journey. Pure: a happening in, candidates out; the caller assigns the arm and enrolls.

Only live events and time let anybody enter, and a published cut that moved where the journey asks for it; nothing does
that is older than the journey's ``max_age``. One cause enters once; nobody walks one journey twice at the same time.
Tell a happening to the walks that run before asking who enters.
"""

from collections.abc import Callable, Iterable, Sequence

from fieldfare.collect.model import Mode
from fieldfare.decide.journeys.model import (
    DONE,
    Candidate,
    Enrollment,
    EventSeen,
    Index,
    Joined,
    Journey,
    Reentry,
    Status,
)
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.model import Condition
from fieldfare.know.profiles.plan import passes
from fieldfare.learn.experiments.model import Arm


def index_of(journeys: Iterable[Journey]) -> Index:
    """Return the journeys by what lets people enter, in the order of their names."""
    by_event: dict[str, tuple[Journey, ...]] = {}
    by_audience: dict[str, tuple[Journey, ...]] = {}
    for journey in sorted(journeys, key=lambda each: each.name):
        if journey.entry.trigger is not None:
            event = journey.entry.trigger.event
            by_event[event] = (*by_event.get(event, ()), journey)
        if journey.entry.audience is not None:
            audience = journey.entry.audience
            by_audience[audience] = (*by_audience.get(audience, ()), journey)
    return Index(by_event, by_audience)


def may_enter(mode: Mode, occurred_at: Instant, received_at: Instant, max_age_us: int) -> bool:
    """Return whether a cause may let anybody enter: live, and no older than ``max_age_us`` when it was accepted."""
    return mode is Mode.LIVE and received_at - occurred_at <= max_age_us


def entry_key_of(happening: EventSeen | Joined) -> str:
    """Return the name of the cause; the same cause enters once."""
    if isinstance(happening, EventSeen):
        return f"event:{happening.event.message_id}"
    return f"joined:{happening.audience}:{happening.at}"


def entries_for(
    happening: EventSeen | Joined,
    index: Index,
    enrollments: Sequence[Enrollment],
    holds: Callable[[Condition], bool],
    now: Instant,
) -> list[Candidate]:
    """Return the journeys that the profile enters now. ``enrollments``: all of this person, ended ones included."""
    candidates = _triggered(happening, index)
    if not candidates:
        return []
    key = entry_key_of(happening)
    return [
        Candidate(journey, key)
        for journey in candidates
        if _is_free(journey, key, enrollments, now)
        and (journey.entry.condition is None or holds(journey.entry.condition))
    ]


def _triggered(happening: EventSeen | Joined, index: Index) -> list[Journey]:
    if isinstance(happening, EventSeen):
        event = happening.event
        mode, occurred_at, received_at = event.mode, event.occurred_at, event.received_at
        waiting = index.by_event.get(event.name, ())
    else:
        mode, occurred_at = happening.mode, happening.at if happening.occurred_at is None else happening.occurred_at
        received_at = occurred_at if happening.received_at is None else happening.received_at
        waiting = index.by_audience.get(happening.audience, ())
    return [
        journey
        for journey in waiting
        if may_enter(mode, occurred_at, received_at, journey.entry.max_age_us)
        and (journey.entry.on_cut or isinstance(happening, EventSeen) or not happening.by_cut)
        and (
            journey.entry.trigger is None
            or not isinstance(happening, EventSeen)
            or passes(happening.event, journey.entry.trigger.where)
        )
    ]


def _is_free(journey: Journey, key: str, enrollments: Sequence[Enrollment], now: Instant) -> bool:
    own = [each for each in enrollments if each.journey == journey.name]
    if any(each.status not in DONE or each.entry_key == key for each in own):
        return False
    match journey.entry.reentry:
        case Reentry.NEVER:
            return not own
        case Reentry.ALWAYS:
            return True
        case Reentry.AFTER:
            return all(each.entered_at + journey.entry.reentry_after_us <= now for each in own)


def enroll(candidate: Candidate, profile_id: int, arm: Arm, now: Instant) -> Enrollment:
    """Return the new walk, before its first step. The same cause and profile make the same id."""
    journey = candidate.journey
    return Enrollment(
        id=derived_id("enr", journey.name, profile_id, candidate.entry_key),
        journey=journey.name,
        version=journey.version,
        profile_id=profile_id,
        status=Status.ENTERED,
        step=journey.first,
        arm=arm,
        entered_at=now,
        entry_key=candidate.entry_key,
        home_id=profile_id,
    )
