"""From the acts on suppressed addresses to the times through which each reason held. Pure."""

from collections.abc import Iterable

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import STOP_REASONS, Suppression

SUPPRESS, LIFT = "suppress", "lift"


class SuppressionAct(msgspec.Struct, frozen=True):
    """One act: an address was suppressed for a reason, or its STOP was lifted."""

    address_hash: bytes
    act: str
    reason: str
    at: Instant
    source: str


def periods(acts: Iterable[SuppressionAct]) -> list[Suppression]:
    """Return each suppression with when it was lifted, the oldest first."""
    known = sorted(acts, key=lambda each: (each.at, each.act == SUPPRESS, each.address_hash, each.reason))
    lifts: dict[bytes, list[Instant]] = {}
    for each in known:
        if each.act == LIFT:
            lifts.setdefault(each.address_hash, []).append(each.at)
    return [
        Suppression(
            address_hash=each.address_hash,
            reason=each.reason,
            since_at=each.at,
            source=each.source,
            until_at=_lifted_at(each, lifts.get(each.address_hash, ())),
        )
        for each in known
        if each.act == SUPPRESS
    ]


def _lifted_at(act: SuppressionAct, lifts: Iterable[Instant]) -> Instant | None:
    """Return when a STOP was lifted; what was said at the same instant does not lift it."""
    return next((at for at in lifts if at > act.at), None) if act.reason in STOP_REASONS else None
