"""The commands of single steps: messages, tasks, traits, events, places, other journeys. Pure.

Ids name the walk, the step and the visit, so a second run of the same visit makes the same command, which is there
already.
"""

from typing import Any

from fieldfare.decide.journeys.definition import Emit, Journey, Reserve, Send
from fieldfare.decide.journeys.model import Append, Enrollment, GivePlace, Proposal, Propose, TakePlace
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso

IDENTIFY = "identify"
ENROLLMENT_REQUESTED = "Enrollment Requested"
"""Asks a journey to take a profile: said by the API, and by a step that leads to another journey."""
PLACE_RESERVED = "Place Reserved"
PLACE_RELEASED = "Place Released"


def propose(journey: Journey, walk: Enrollment, path: str, send: Send, now: Instant, cause: str) -> Propose:
    """Return the wish for a message, a task or a call."""
    return Propose(
        Proposal(
            id=derived_id("prp", walk.id, path, walk.visits),
            profile_id=walk.profile_id,
            journey=journey.name,
            version=journey.version,
            step=path,
            enrollment_id=walk.id,
            experiment=journey.experiment,
            arm=walk.arm,
            channel=send.channel,
            template=send.template,
            purpose=send.purpose,
            priority=send.priority,
            proposed_at=now,
            due_at=now,
            expires_at=now + send.expires_us,
            event_id=cause,
            variables=send.variables,
            visit=walk.visits,
            ways=send.ways,
            due_us=send.due_us,
            answers=send.answers,
            hops=walk.hops,
            survey=send.survey,
        )
    )


def set_traits(walk: Enrollment, path: str, traits: dict[str, Any], now: Instant) -> Append:
    """Return the event that sets traits."""
    return _append(walk, path, IDENTIFY, traits, now)


def emit(walk: Enrollment, path: str, step: Emit, now: Instant) -> Append:
    """Return the event that the step lets happen."""
    return _append(walk, path, step.event, dict(step.properties), now)


def request(walk: Enrollment, path: str, journey: str, now: Instant) -> Append:
    """Return the event that asks another journey to take the profile."""
    return _append(walk, path, ENROLLMENT_REQUESTED, {"journey": journey, "from": walk.journey}, now)


def reserve(walk: Enrollment, path: str, step: Reserve, of: str, now: Instant) -> tuple[TakePlace, Append]:
    """Return what takes a place, and the event that tells of it."""
    until = now + step.for_us
    told = {"what": step.what, "of": of, "until": to_iso(until), "journey": walk.journey}
    return TakePlace(what=step.what, of=of, until=until), _append(walk, path, PLACE_RESERVED, told, now)


def release(walk: Enrollment, path: str, what: str, of: str, now: Instant) -> tuple[GivePlace, Append]:
    """Return what gives a place back, and the event that tells of it."""
    told = {"what": what, "of": of, "journey": walk.journey}
    return GivePlace(what=what, of=of), _append(walk, f"{path}/{what}", PLACE_RELEASED, told, now)


def as_event(command: Append, profile_id: int) -> dict[str, Any]:
    """Return a Segment-style call that names its subject as only our own may."""
    is_identify = command.name == IDENTIFY
    said = {"type": "identify", "traits": command.payload} if is_identify else {"type": "track", "event": command.name}
    return {
        **said,
        **({} if is_identify else {"properties": command.payload}),
        "messageId": command.id,
        "timestamp": to_iso(command.at),
        "context": {"fieldfare": {"profile_id": profile_id, "hop": command.hops}},
    }


def _append(walk: Enrollment, path: str, name: str, payload: dict[str, Any], now: Instant) -> Append:
    own_id = derived_id("evt", walk.id, path, walk.visits, name)
    return Append(id=own_id, name=name, payload=payload, at=now, hops=walk.hops + 1)
