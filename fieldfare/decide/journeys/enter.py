"""Who enters which journey. Pure: a cause in, candidates and refusals out; the caller assigns the arm and enrolls.

Only live events and time let anybody enter, and a published cut that moved where the journey asks for it; nothing does
that is older than the journey's ``max_age``. One cause enters once; nobody walks one journey twice at the same time,
but one walk per key where the journey has a key. Tell a happening to the walks that run before asking who enters.
Whatever a cause asked for and did not get is told with its reason, so that silence can be counted.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from fieldfare.collect.model import Mode
from fieldfare.decide.journeys.between import owner_of, suppression_of
from fieldfare.decide.journeys.commands import ENROLLMENT_REQUESTED
from fieldfare.decide.journeys.dates import next_dated, next_in_rhythm
from fieldfare.decide.journeys.definition import Entry, Gate, Journey, Reentry
from fieldfare.decide.journeys.facts import Facts, is_open
from fieldfare.decide.journeys.hear import key_of
from fieldfare.decide.journeys.model import (
    DONE,
    MOST_HOPS,
    Candidate,
    Cause,
    Due,
    Enrollment,
    EventSeen,
    Index,
    Joined,
    Status,
    Turned,
)
from fieldfare.decide.journeys.walk import hops_of
from fieldfare.ground.ids import derived_id, fraction
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.know.audiences.model import InAudience
from fieldfare.know.profiles.plan import passes
from fieldfare.learn.experiments.model import Arm

MOST_A_DAY = 50
"""Walks of one journey that one person begins within 24 hours; a storm of events makes no more."""
MOST_AT_ONCE = 20
"""Walks of one journey, by different keys, that one person walks at the same time."""

REFUSALS: dict[str, str] = {
    "too_old": "the cause was older than `max_age` when it was accepted",
    "key_missing": "the event does not carry the property that `key` names, or it is no text or number",
    "walking": "the person walks the journey already (with this key)",
    "reentry": "the person walked it before, and `reentry` does not allow it again, or not yet",
    "same_cause": "the same cause let the person in before",
    "storm": "the person entered it too often within a day, or walks it too many times at once",
    "loop": "journeys started one another in a ring",
    "not_by_call": "it was asked for by the API, and the journey does not allow it (`entry: {api: true}`)",
    "closed": "nobody may enter now, or not in the season phase at the person's place (`entry.open`)",
    "canary": "it is tried with a share of the profiles or at some locations, and the person is not among them",
    "owned": "another journey of the same exclusive group has the person",
    "suppressed": "another journey wants it to rest",
    "condition": "`entry.if` does not hold",
    "confidence": "identity is not sure enough of the profile",
    "reachable": "no channel of `reachable` has an address and consent",
}
"""Why a person whom a cause asks for does not enter. Stable; documented in docs/reference/journeys.md."""


class Entries(NamedTuple):
    """Who enters by one cause, and what refused the person."""

    candidates: list[Candidate]
    turned: list[Turned]


def index_of(journeys: Iterable[Journey]) -> Index:
    """Return the journeys by what lets people enter, in the order of their names."""
    ordered = sorted(journeys, key=lambda each: each.name)
    by_event: dict[str, tuple[Journey, ...]] = {}
    by_audience: dict[str, tuple[Journey, ...]] = {}
    for journey in ordered:
        if journey.entry.trigger is not None:
            event = journey.entry.trigger.event
            by_event[event] = (*by_event.get(event, ()), journey)
        if journey.entry.audience is not None:
            audience = journey.entry.audience
            by_audience[audience] = (*by_audience.get(audience, ()), journey)
    by_time = tuple(each for each in ordered if each.entry.dated is not None or each.entry.rhythm is not None)
    return Index(by_event, by_audience, by_time, {each.name: each for each in ordered})


def may_enter(mode: Mode, occurred_at: Instant, received_at: Instant, max_age_us: int) -> bool:
    """Return whether a cause may let anybody enter: live, and no older than ``max_age_us`` when it was accepted."""
    return mode is Mode.LIVE and received_at - occurred_at <= max_age_us


def entry_key_of(cause: Cause) -> str:
    """Return the name of the cause; the same cause enters once."""
    if isinstance(cause, EventSeen):
        return f"event:{cause.event.message_id}"
    if isinstance(cause, Due):
        return f"due:{to_iso(cause.at)}"
    return f"joined:{cause.audience}:{cause.at}"


def next_due(journey: Journey, facts: Facts, after: Instant) -> Instant | None:
    """Return the next instant at which a journey by date or by rhythm asks for the person, ``None`` when none comes."""
    entry = journey.entry
    if entry.dated is not None:
        value = facts.trait(entry.dated.trait)
        return None if value is None else next_dated(entry.dated, value, facts.zone, after)
    if entry.rhythm is None or not facts.holds(InAudience(entry.rhythm.audience)):
        return None
    return next_in_rhythm(entry.rhythm, facts.zone, after)


def entries_for(
    cause: Cause,
    index: Index,
    enrollments: Sequence[Enrollment],
    profile_id: int,
    facts: Callable[[], Facts],
    now: Instant,
) -> Entries:
    """Return the journeys that the profile enters now. ``enrollments``: all of this person, ended ones included.

    ``facts`` are asked for only where the cause itself refuses nobody.
    """
    found = Entries([], [])
    for journey, refused in _asked(cause, index):
        judged = refused or _judge(journey, cause, index, enrollments, profile_id, facts(), now)
        if isinstance(judged, str):
            found.turned.append(Turned(journey.name, judged))
        else:
            found.candidates.append(judged)
    return found


def _asked(cause: Cause, index: Index) -> list[tuple[Journey, str | None]]:
    """Return the journeys that the cause asks for, each with a refusal that lies in the cause itself."""
    if isinstance(cause, Due):
        journey = index.by_name.get(cause.journey)
        return [] if journey is None else [(journey, None)]
    if isinstance(cause, Joined):
        occurred_at = cause.at if cause.occurred_at is None else cause.occurred_at
        received_at = occurred_at if cause.received_at is None else cause.received_at
        waiting = index.by_audience.get(cause.audience, ())
        return [
            (journey, _too_old(cause.mode, occurred_at, received_at, journey.entry))
            for journey in waiting
            if journey.entry.on_cut or not cause.by_cut
        ]
    event = cause.event
    asked: list[Journey] = [
        journey
        for journey in index.by_event.get(event.name, ())
        if journey.entry.trigger is not None and passes(event, journey.entry.trigger.where)
    ]
    found = [(each, _too_old(event.mode, event.occurred_at, event.received_at, each.entry)) for each in asked]
    if event.name == ENROLLMENT_REQUESTED and isinstance(event.context.get("fieldfare"), dict):
        journey = index.by_name.get(str(event.payload.get("journey")))
        if journey is not None:
            by_journey = isinstance(event.payload.get("from"), str)
            found.append((journey, None if by_journey or journey.entry.by_call else "not_by_call"))
    return found


def _too_old(mode: Mode, occurred_at: Instant, received_at: Instant, entry: Entry) -> str | None:
    return None if may_enter(mode, occurred_at, received_at, entry.max_age_us) else "too_old"


def _judge(
    journey: Journey,
    cause: Cause,
    index: Index,
    enrollments: Sequence[Enrollment],
    profile_id: int,
    facts: Facts,
    now: Instant,
) -> Candidate | str:
    """Return the candidate, or why the journey does not take the person."""
    entry = journey.entry
    hops = hops_of(cause.event) if isinstance(cause, EventSeen) else cause.hops if isinstance(cause, Joined) else 0
    if hops > MOST_HOPS:
        return "loop"
    key = _key_of(entry, cause)
    if entry.key is not None and key is None:
        return "key_missing"
    own = [each for each in enrollments if each.journey == journey.name]
    refused = _occupied(journey, entry_key_of(cause), key, own, now)
    if refused is not None:
        return refused
    if not is_open(entry, facts):
        return "closed"
    if entry.canary_share is not None and fraction("canary", journey.name, profile_id) >= entry.canary_share:
        return "canary"
    overtakes = owner_of(journey, enrollments, index.by_name)
    if overtakes is None:
        return "owned"
    if suppression_of(journey, enrollments, index.by_name, now) is not None:
        return "suppressed"
    refused = closed_gate(entry.gates, facts)
    return Candidate(journey, entry_key_of(cause), key, hops, overtakes) if refused is None else refused


def closed_gate(gates: Sequence[Gate], facts: Facts) -> str | None:
    """Return the reason of the first gate that does not hold."""
    return next((gate.reason for gate in gates if not facts.holds(gate.condition)), None)


def _key_of(entry: Entry, cause: Cause) -> str | None:
    if entry.key is None or not isinstance(cause, EventSeen):
        return None
    return key_of(cause.event.payload.get(entry.key))


def _occupied(journey: Journey, entry_key: str, key: str | None, own: Sequence[Enrollment], now: Instant) -> str | None:
    """Return why the person cannot begin one more walk."""
    if any(each.entry_key == entry_key for each in own):
        return "same_cause"
    live = [each for each in own if each.status not in DONE]
    if any(each.key == key for each in live):
        return "walking"
    if len(live) >= MOST_AT_ONCE or sum(each.entered_at > now - DAY for each in own) >= MOST_A_DAY:
        return "storm"
    mine = [each for each in own if each.key == key]
    match journey.entry.reentry:
        case Reentry.NEVER:
            return "reentry" if mine else None
        case Reentry.ALWAYS:
            return None
        case Reentry.AFTER:
            too_soon = any(each.entered_at + journey.entry.reentry_after_us > now for each in mine)
            return "reentry" if too_soon else None


def enroll(candidate: Candidate, profile_id: int, arm: Arm, now: Instant, lead: bytes | None = None) -> Enrollment:
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
        key=candidate.key,
        hops=candidate.hops,
        lead=lead,
    )
