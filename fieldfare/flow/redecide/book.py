"""What had gone out by an instant, as one set of rules would have it: for caps, exclusions and limits. Pure.

Hand-overs are added in the order of time. Of a limit only its present period is kept: time does not go back.
"""

from collections import deque
from collections.abc import Iterable

from fieldfare.decide.gate.limits import period_of
from fieldfare.decide.gate.model import Sent
from fieldfare.decide.gate.policy import Limit, Policy
from fieldfare.ground.instants import Instant

_WHOLE = ""


class Book:
    """Hand-overs by address and by person, and what they took of limits."""

    def __init__(self, policy: Policy) -> None:
        """Begin with none."""
        self._policy = policy
        self._by_address: dict[bytes, list[tuple[int, Sent]]] = {}
        self._by_profile: dict[int, list[tuple[int, Sent]]] = {}
        self._limits: dict[tuple[str, str], deque[tuple[Instant, int]]] = {}
        self._count = 0

    def add(self, profile_id: int, address_hash: bytes, sent: Sent, *, counts: bool) -> None:
        """Add a hand-over; one that does not count toward caps still takes from limits."""
        self._count += 1
        if counts:
            self._by_address.setdefault(address_hash, []).append((self._count, sent))
            self._by_profile.setdefault(profile_id, []).append((self._count, sent))
        for limit in self._policy.limits:
            if limit.concerns.covers(sent.channel, sent.purpose, sent.tags, sent.location, sent.journey):
                amount = self._policy.costs.get(sent.channel, 0) if limit.is_money else 1
                key = limit.name, self._place(limit, sent.location)
                self._limits.setdefault(key, deque()).append((sent.at, amount))

    def sent_to(self, profile_id: int, address_hash: bytes | None, before: Instant) -> tuple[Sent, ...]:
        """Return what went to the person or the address before the instant, ascending."""
        found = dict(self._by_profile.get(profile_id, ()))
        if address_hash is not None:
            found |= dict(self._by_address.get(address_hash, ()))
        return tuple(sent for _, sent in sorted(found.items()) if sent.at < before)

    def used(self, location: str | None, now: Instant) -> dict[str, int]:
        """Return how much of each limit is used in its present period, where that is anything."""
        found = {}
        for limit in self._policy.limits:
            taken = self._limits.get((limit.name, self._place(limit, location)))
            if taken is None:
                continue
            begins = period_of(limit, now, self._policy.zone)
            while taken and taken[0][0] < begins:
                taken.popleft()
            if amount := sum(amount for at, amount in taken if at < now):
                found[limit.name] = amount
        return found

    @staticmethod
    def _place(limit: Limit, location: str | None) -> str:
        return (location or _WHOLE) if limit.by_location else _WHOLE


def longest_us(policies: Iterable[Policy]) -> int:
    """Return how far back any cap, throttle or limit looks, in microseconds."""
    spans = [7 * 86_400_000_000]
    for policy in policies:
        spans += [each.per.us for cap in policy.caps for each in (cap, *cap.by_phase.values())]
        spans += [each.per.us for limit in policy.limits for each in (limit, *limit.by_phase.values())]
        spans += [each.hold_us for each in policy.exclusions]
    return max(spans) + 2 * 86_400_000_000
