"""Generated people for any workspace: members of its places, who also do what its rules wait for. Pure.

Their habits are those of the generated network of clubs (:mod:`fieldfare.flow.generate`), in the workspace's own
places and zones. Events that its journeys, audiences and measures name and that no such member would send happen to
everybody once in 30 days, with properties that their contracts allow. Three times the load is three times the people:
those of the single load, and as many others twice over.
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from fieldfare.act.delivery.events import (
    CONSENT_UPDATED,
    MESSAGE_FAILED,
    MESSAGE_RECEIVED,
    MESSAGE_SENT,
    MESSAGE_UNKNOWN,
)
from fieldfare.flow.generate import calls, fitness
from fieldfare.flow.generate.draws import Weighted
from fieldfare.flow.generate.members import CLUBS, NETWORK, Club, user_id
from fieldfare.flow.rehearsal.model import Plan, Terms
from fieldfare.flow.rehearsal.sample import sample
from fieldfare.flow.rehearsal.streams import Timed
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import DAY, HOUR, MINUTE, day_start

HABITS = frozenset(
    {
        *("app_opened", "booking_cancelled", "check_in", "class_booked", "membership_activated"),
        *("membership_cancelled", "membership_expires_30d", "membership_renewed", "no_show", "nps_submitted"),
        *("payment_failed", "payment_succeeded", "page", "place_offered", "screen", "identify", "waitlist_joined"),
    }
)
"""What members do anyway."""
_OWN = frozenset({CONSENT_UPDATED, MESSAGE_FAILED, MESSAGE_RECEIVED, MESSAGE_SENT, MESSAGE_UNKNOWN})
_MARKETING = "marketing"
"""What the generated people consent to."""
EVERY = 30
"""Once in so many days somebody does each thing beside the habits."""


def terms_of(workspace: Workspace) -> Terms:
    """Return what a workspace gives its people to live by."""
    named = {measure.event for measure in workspace.measures.values()}
    named |= {name for journey in workspace.journeys.values() for name in journey.heard}
    named |= {each.entry.trigger.event for each in workspace.journeys.values() if each.entry.trigger is not None}
    contracts = workspace.contracts.by_event
    wanted = sorted(named - HABITS - _OWN)
    return Terms(
        zone=workspace.time_zone,
        locations=tuple((place.name, place.zone or workspace.time_zone) for place in workspace.locations.places),
        wanted=tuple((name, contracts[name].schema if name in contracts else {}) for name in wanted),
        purposes=tuple(name for name, purpose in workspace.consent.purposes.items() if purpose.required),
        channels=tuple(sorted(workspace.channels)),
    )


def world_of(plan: Plan, terms: Terms) -> fitness.World:
    """Return the world that the plan's people live in."""
    days = max(1, -(-(plan.end - plan.start) // DAY))
    clubs = _clubs(terms.locations)
    return fitness.World(
        plan.people * plan.load, plan.start, days, plan.seed, clubs, terms.zone, plan.group, plan.groups
    )


def _clubs(locations: tuple[tuple[str, str], ...]) -> Weighted[Club]:
    names = {name for name, _ in locations}
    if not names or names == {club.location for club in CLUBS}:
        return NETWORK
    places = [Club(name, "", zone, 1.0) for name, zone in locations]
    return Weighted(places, [1.0] * len(places))


def live(plan: Plan, terms: Terms) -> Iterator[Timed]:
    """Yield what the people of the plan do, in time order."""
    world = world_of(plan, terms)
    streams: list[Iterable[Timed]] = [fitness.live_in(world)]
    if terms.wanted:
        streams.append(_beside(world, terms.wanted))
    for at, call in heapq.merge(*streams, key=lambda each: each[0]):
        yield max(at, plan.start), _placed(call, terms)


def _placed(call: dict[str, Any], terms: Terms) -> dict[str, Any]:
    """Return the call without a place where the workspace has none, and a grant for a purpose that it has."""
    if call.get("event") == CONSENT_UPDATED and terms.purposes and _MARKETING not in terms.purposes:
        call = {**call, "properties": {**call["properties"], "purpose": terms.purposes[0]}}
    if terms.locations:
        return call
    return {
        key: {name: each for name, each in value.items() if name not in {"location_id", "home_location"}}
        if key in {"properties", "traits"}
        else value
        for key, value in call.items()
    }


def _beside(world: fitness.World, wanted: tuple[tuple[str, Mapping[str, Any]], ...]) -> Iterator[Timed]:
    """Yield what people do beside their habits, in time order: each thing on one day of every span."""
    people = [(index, world.member(index)) for index in world.numbers()]
    zones = {person.club.zone for _, person in people}
    waiting: list[Timed] = []
    for first in range(0, world.days, EVERY):
        for index, person in people:
            for event, schema in wanted:
                days, part = divmod(fraction("beside", world.seed, event, index, first) * EVERY, 1)
                day = first + int(days)
                if day >= world.days or person.joined_day > world.first_day + day:
                    continue
                at = day_start(world.first_day + day, person.club.zone) + 8 * HOUR + int(part * 12 * 60) * MINUTE
                message_id = f"g{world.seed}-{event}-{index}-{day}"
                found = sample(dict(schema), message_id)
                values = found if isinstance(found, dict) else {}
                values = {**values, "location_id": person.club.location}
                waiting.append((at, calls.track(event, user_id(index), message_id, at, values)))
        waiting.sort(key=itemgetter(0))
        # A day ends in the west when the next one has begun in the east.
        next_at = min(day_start(world.first_day + first + EVERY, zone) for zone in zones) + 8 * HOUR
        ready = bisect_left(waiting, next_at, key=itemgetter(0))
        yield from waiting[:ready]
        waiting = waiting[ready:]
    yield from waiting
