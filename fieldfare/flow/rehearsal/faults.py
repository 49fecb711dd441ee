"""What goes wrong on the way in, made on purpose: calls turned into those that a bad day would bring. Pure.

Who is hit, when and how depends on the seed and on names alone, so two runs are hit alike. Nothing here touches the
product: duplicates, late calls, moved people, people met twice and consent in parts come in through the front door.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from fieldfare.flow.generate.calls import CONSENT_EVENT
from fieldfare.flow.rehearsal.model import Fault, Plan, Terms
from fieldfare.flow.rehearsal.streams import Call, Timed, turned
from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_iso

REPEATED = 0.05
"""Share of calls that a sender gives again, because it missed the answer."""
RETRIES = (30 * SECOND, 5 * MINUTE, 2 * HOUR)
LATE = 0.1
"""Share of track calls that arrive late."""
LATEST = 24 * HOUR
MOVERS = 0.1
"""Share of people who travel; every so many weeks for a fortnight."""
AWAY = 14 * DAY
TRIP_EVERY = 63 * DAY
FAR_ZONES = ("America/New_York", "Australia/Sydney", "Asia/Tokyo")
TWINS = 0.05
"""Share of people who are met a second time, as nobody knows whom, until they sign in."""
TWIN_CALLS = 3
PARTIAL = 0.3
"""Share of people whose consent is there for a part of the channels only."""
WITHDRAWING = 0.5
"""Share of those who withdraw one channel after their first month."""


def with_faults(calls: Iterable[Timed], plan: Plan, terms: Terms) -> Iterable[Timed]:
    """Return the calls as they arrive on bad days; an outage is no fault of the calls."""
    if Fault.MERGES in plan.faults:
        calls = turned(calls, _Twins(plan.seed))
    if Fault.PARTIAL in plan.faults:
        calls = turned(calls, _Partial(plan.seed, terms))
    if Fault.ZONES in plan.faults:
        calls = turned(calls, _Trips(plan.seed, terms.zone))
    if Fault.LATE in plan.faults:
        calls = turned(calls, partial(_late, plan.seed))
    if Fault.DUPLICATES in plan.faults:
        calls = turned(calls, partial(_repeated, plan.seed))
    return calls


def _repeated(seed: int, at: Instant, call: Call) -> Iterator[Timed]:
    yield at, call
    place = fraction("repeated", seed, call["messageId"])
    if place < REPEATED:
        for wait in RETRIES[: 1 + int(place / REPEATED * len(RETRIES))]:
            yield at + wait, call


def _late(seed: int, at: Instant, call: Call) -> Iterator[Timed]:
    is_hit = call["type"] == "track" and call["event"] != CONSENT_EVENT
    place = fraction("late", seed, call["messageId"]) if is_hit else 1.0
    yield (at if place >= LATE else at + int((place / LATE) ** 3 * LATEST) + MINUTE), call


class _Trips:
    """Lets the devices of people tell another zone for a while, and their own before and after."""

    def __init__(self, seed: int, zone: str) -> None:
        self._seed, self._zone = seed, zone

    def __call__(self, at: Instant, call: Call) -> Iterator[Timed]:
        who = call.get("userId")
        if not who or fraction("mover", self._seed, who) >= MOVERS:
            yield at, call
            return
        first = int(fraction("trip", self._seed, who) * TRIP_EVERY)
        number, since = divmod(at - first, TRIP_EVERY)
        zone = self._zone
        if since < AWAY:
            zone = FAR_ZONES[int(fraction("zone", self._seed, who, number) * len(FAR_ZONES))]
        yield at, {**call, "context": {**call.get("context", {}), "timezone": zone}}


class _Twins:
    """Lets people be met as strangers for some calls, and then sign in."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._strange: dict[str, int] = {}

    def __call__(self, at: Instant, call: Call) -> Iterator[Timed]:
        who = call.get("userId")
        if not who or call["type"] != "track" or call["event"] == CONSENT_EVENT:
            yield at, call
            return
        if fraction("twin", self._seed, who) >= TWINS or self._strange.get(who, 0) >= TWIN_CALLS:
            yield at, call
            return
        stranger = f"twin-{self._seed}-{who}"
        self._strange[who] = met = self._strange.get(who, 0) + 1
        yield at, {**{key: value for key, value in call.items() if key != "userId"}, "anonymousId": stranger}
        if met == TWIN_CALLS:
            signs_in = {"type": "identify", "userId": who, "anonymousId": stranger, "traits": {}}
            yield at, {**signs_in, "messageId": f"{stranger}-signs-in", "timestamp": to_iso(at)}


class _Partial:
    """Takes grants away, and lets people withdraw a channel."""

    def __init__(self, seed: int, terms: Terms) -> None:
        self._seed, self._terms = seed, terms
        self._met: set[str] = set()

    def __call__(self, at: Instant, call: Call) -> Iterator[Timed]:
        who = call.get("userId")
        if not who or fraction("partial", self._seed, who) >= PARTIAL:
            yield at, call
            return
        if not (self._is_grant(call) and fraction("missing", self._seed, who, _channel(call)) < 0.5):  # noqa: PLR2004
            yield at, call
        if who not in self._met:
            self._met.add(who)
            yield from self._withdraws(at, who)

    def _is_grant(self, call: Call) -> bool:
        return call.get("event") == CONSENT_EVENT and call["properties"].get("action") == "grant"

    def _withdraws(self, at: Instant, who: str) -> Iterator[Timed]:
        terms = self._terms
        place = fraction("withdraws", self._seed, who)
        if place >= WITHDRAWING or not (terms.channels and terms.purposes):
            return
        channel = terms.channels[int(place / WITHDRAWING * len(terms.channels))]
        then = at + 30 * DAY + int(place * DAY)
        told = {"purpose": terms.purposes[0], "channel": channel, "action": "withdraw", "evidence": "preference page"}
        yield (
            then,
            {
                "type": "track",
                "event": CONSENT_EVENT,
                "userId": who,
                "messageId": f"withdraws-{self._seed}-{who}",
                "timestamp": to_iso(then),
                "properties": told,
            },
        )


def _channel(call: Call) -> str:
    return str(call["properties"].get("channel", ""))
