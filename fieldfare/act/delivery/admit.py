"""Whether a provider may be called now: its breaker, and what its rate limits leave. Pure, over one transaction's copy.

The caller loads breakers and buckets, asks for one permit after another, and writes back what changed in the same
transaction. Who is told to wait gets an instant of their own behind those who wait already, so that a crowd does not
come back at once. Which limits hold for a channel is its *route*.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.act.delivery.breaker import Breaker, take, waits_until
from fieldfare.act.delivery.limits import Bucket, Limit, free_at, full, left, shares, taken
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.decide.gate.model import Finding, Reason
from fieldfare.ground.instants import MINUTE, Instant

NOWHERE = "-"
"""Where people without a location count."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of a channel. ``key`` names its bucket; several channels with one key share it."""

    key: str
    limit: Limit
    counts_segments: bool = False
    each_location: bool = False
    """A bucket for every location, not one for all."""
    is_shared: bool = False
    """What is left is divided fairly between the locations that wait."""

    def bucket(self, location: str | None) -> str:
        """Return the key of the bucket that a message of a location takes from."""
        return f"{self.key}/{location or NOWHERE}" if self.each_location else self.key

    def cost(self, units: int) -> int:
        """Return what a message of so many segments takes."""
        return units if self.counts_segments else 1


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """The provider behind a channel, and its limits."""

    provider: str
    rates: tuple[Rate, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Return whether any of its limits is divided between locations."""
        return any(rate.is_shared for rate in self.rates)


def route_of(spec: ChannelSpec) -> Route:
    """Return the route of a channel as configured. The keys of buckets tell channel, budget, span and kind apart."""
    rates = []
    for limit in spec.limits:
        holder = f"budget:{limit.budget}" if limit.budget is not None else f"channel:{spec.name}"
        what = "segments" if limit.counts_segments else "messages"
        rates.append(
            Rate(
                key=f"{holder}:{what}:{limit.per_us}" + (":each" if limit.each_location else ""),
                limit=Limit(
                    most=limit.most, per_us=limit.per_us, largest=spec.max_segments if limit.counts_segments else 1
                ),
                counts_segments=limit.counts_segments,
                each_location=limit.each_location,
                is_shared=limit.is_divided,
            )
        )
    return Route(provider=spec.provider or spec.name, rates=tuple(rates))


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a message takes of its provider."""

    channel: str
    location: str | None = None
    units: int = 1
    broadcast: str | None = None


class Admission:
    """One transaction's look at providers: ask with :meth:`hold`, then tell with :meth:`take`."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        breakers: Mapping[str, Breaker],
        buckets: Mapping[str, Bucket],
        paces: Mapping[str, Rate],
        now: Instant,
    ) -> None:
        """Begin with what is stored; buckets that are not are full. ``paces``: limits of broadcasts, by their id."""
        self._routes, self._paces, self._now = routes, paces, now
        self._breakers, self._buckets = dict(breakers), dict(buckets)
        self._behind: dict[str, int] = {}
        """Units that were told to wait, by bucket."""
        self.changed_breakers: dict[str, Breaker] = {}
        self.changed_buckets: dict[str, Bucket] = {}

    def hold(self, wish: Wish) -> Finding | None:
        """Return why a message must wait and until when, ``None`` when it may go."""
        route = self._routes[wish.channel]
        until = waits_until(self._breaker(route), self._now)
        if until is not None:
            inputs = {"provider": route.provider, "detail": self._breaker(route).detail}
            return Finding("provider_open", Reason.PROVIDER_OPEN, inputs, until=until)
        late = [(each, key, at) for each, key, at in self._free(wish) if at > self._now]
        if not late:
            return None
        rate, _, until = max(late, key=lambda found: found[2])
        for each, key, _ in late:
            self._behind[key] = self._behind.get(key, 0) + each.cost(wish.units)
        told: dict[str, Any] = {"limit": rate.key, "most": rate.limit.most, "per_us": rate.limit.per_us}
        return Finding("rate_limit", Reason.RATE_LIMITED, told, until=until)

    def take(self, wish: Wish) -> None:
        """Count a message that may go."""
        route = self._routes[wish.channel]
        breaker = self._breaker(route)
        probing = take(breaker, self._now)
        if probing != breaker:
            self._breakers[route.provider] = self.changed_breakers[route.provider] = probing
        for rate in self._rates(wish):
            key = rate.bucket(wish.location)
            less = taken(self._bucket(key, rate.limit), rate.limit, rate.cost(wish.units), self._now)
            self._buckets[key] = self.changed_buckets[key] = less

    def _rates(self, wish: Wish) -> tuple[Rate, ...]:
        pace = self._paces.get(wish.broadcast) if wish.broadcast is not None else None
        return self._routes[wish.channel].rates if pace is None else (*self._routes[wish.channel].rates, pace)

    def _free(self, wish: Wish) -> list[tuple[Rate, str, Instant]]:
        found = []
        for rate in self._rates(wish):
            key = rate.bucket(wish.location)
            bucket, behind = self._bucket(key, rate.limit), self._behind.get(key, 0)
            at = free_at(bucket, rate.limit, rate.cost(wish.units), self._now)
            if behind:
                at = max(at, self._now) + -(-behind * rate.limit.per_us // rate.limit.gain)
            found.append((rate, key, at))
        return found

    def _breaker(self, route: Route) -> Breaker:
        return self._breakers.get(route.provider, Breaker())

    def _bucket(self, key: str, limit: Limit) -> Bucket:
        return self._buckets.get(key) or full(limit, self._now)


def bucket_keys(routes: Mapping[str, Route], wanted: Collection[tuple[str, str | None]]) -> list[str]:
    """Return the keys of the buckets that messages (channel, location) take from, in the order of locking."""
    return sorted({rate.bucket(location) for channel, location in wanted for rate in routes[channel].rates})


def pace_of(broadcast: str, per_minute: int) -> Rate:
    """Return the limit of a broadcast."""
    return Rate(key=f"broadcast:{broadcast}", limit=Limit(most=per_minute, per_us=MINUTE))


def room(route: Route, buckets: Mapping[str, Bucket], most: int, now: Instant) -> int:
    """Return how many messages of a channel may be claimed: at most ``most``, and what its common limits leave."""
    found = most
    for rate in route.rates:
        bucket = buckets.get(rate.key)
        if not rate.each_location and bucket is not None:
            found = min(found, left(bucket, rate.limit, now))
        elif not rate.each_location:
            found = min(found, rate.limit.burst)
    return found


def divide(most: int, waiting: Mapping[str | None, int], turn: int) -> Sequence[tuple[str | None, int]]:
    """Return how many messages of each location are claimed of ``most``: fairly, and in turn."""
    named = {name or NOWHERE: count for name, count in waiting.items()}
    given = shares(most, named, turn)
    return [(name, given[name or NOWHERE]) for name in sorted(waiting, key=str) if given[name or NOWHERE]]
