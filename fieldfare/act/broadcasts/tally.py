"""What a plan counts: who would get a broadcast, who not and why, what it would cost, how long it would take. Pure.

Nobody is kept, only counts and the hashes of addresses that would get it, so that two people of one address count as
one message; a plan of a million people fits in memory.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from fieldfare.act.broadcasts.model import Broadcast
from fieldfare.act.delivery.admit import Rate
from fieldfare.decide.gate.model import Deferral, Permit, Verdict
from fieldfare.ground.instants import SECOND

SHARED_ADDRESS = "shared_address"
"""Somebody else of the same address gets it."""


class PlanTally:
    """Counts verdicts of a rehearsal."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._addresses: set[bytes] = set()
        self.asked = self.now = self.later = self.refused = self.units = 0
        self.reasons: Counter[str] = Counter()

    def add(self, judged: Iterable[tuple[bytes | None, Verdict, int]]) -> None:
        """Count people: address, verdict, units of a limit. A refusal counts under each of its reasons."""
        for address, verdict, units in judged:
            self.asked += 1
            if isinstance(verdict, Permit | Deferral):
                if address is not None and address in self._addresses:
                    self.refused += 1
                    self.reasons[SHARED_ADDRESS] += 1
                    continue
                if address is not None:
                    self._addresses.add(address)
                self.units += units
                self.now += isinstance(verdict, Permit)
                self.later += isinstance(verdict, Deferral)
            if isinstance(verdict, Deferral):
                self.reasons.update(f"later: {finding.reason.value}" for finding in verdict.findings)
            elif not isinstance(verdict, Permit):
                self.refused += 1
                self.reasons.update(finding.reason.value for finding in verdict.findings)


def shown(
    tally: PlanTally,
    broadcast: Broadcast,
    members: int,
    rates: Iterable[Rate],
    price_millionths: int | None,
    currency: str,
) -> dict[str, Any]:
    """Return a plan as JSON values. Where a part of the audience was asked, counts are scaled to all of it."""

    def scaled(count: int) -> int:
        return count if tally.asked in {0, members} else round(count * members / tally.asked)

    messages, units = scaled(tally.now + tally.later), scaled(tally.units)
    cost = None
    if price_millionths is not None:
        cost = {"amount": round(units * price_millionths / 1_000_000, 2), "currency": currency}
    return {
        "broadcast": broadcast.name,
        "edition": broadcast.edition,
        "version": broadcast.version,
        "audience": broadcast.audience,
        "recipients": members,
        "asked": tally.asked,
        "is_scaled": tally.asked < members,
        "would_get_it": messages,
        "of_these_later": scaled(tally.later),
        "would_not": scaled(tally.refused),
        "reasons": {name: scaled(count) for name, count in sorted(tally.reasons.items(), key=lambda each: -each[1])},
        "units": units,
        "cost": cost,
        "takes_at_least_s": takes_s(messages, units, broadcast.per_minute, rates),
        "needs_approval": broadcast.approve_above is not None and members > broadcast.approve_above,
    }


def takes_s(messages: int, units: int, per_minute: int | None, rates: Iterable[Rate]) -> int:
    """Return how many seconds pace and limits make it take at least; 0 where nothing holds it back."""
    longest = messages * 60 // per_minute if per_minute is not None else 0
    for rate in rates:
        if not rate.each_location:
            count = units if rate.counts_segments else messages
            longest = max(longest, count * rate.limit.per_us // rate.limit.most // SECOND)
    return longest
