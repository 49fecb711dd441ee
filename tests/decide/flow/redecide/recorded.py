"""Rows of a decision log as the product writes them, for tables that change one thing of them."""

from typing import Any

import msgspec

from fieldfare.decide.gate.model import Sent
from fieldfare.decide.gate.rules import EDITION
from fieldfare.flow.redecide.model import Handed, Recorded
from fieldfare.ground.instants import DAY, Instant, parse_iso
from fieldfare.testing.delivery import a_proposal

NOON = parse_iso("2026-01-09T12:00:00Z")
PROPOSALS = {
    each.id: each
    for each in (
        a_proposal(number, profile_id=1 + number // 10, proposed_at=NOON, due_at=NOON, expires_at=NOON + 90 * DAY)
        for number in range(1, 30)
    )
}


def read(**changes: Any) -> dict[str, Any]:
    return {
        "rules": EDITION,
        "consent": "granted",
        "zone": "UTC",
        "zone_source": "workspace",
        "journey_live": True,
        "address": (b"a" * 16).hex(),
    } | changes


def a_row(number: int, at: Instant, outcome: str = "permit", *reasons: str, **inputs: Any) -> Recorded:
    said = {"read": read()} | inputs
    return Recorded(
        seq=number + at // DAY * 100,
        at=at,
        proposal_id=f"prp_{number}",
        profile_id=PROPOSALS[f"prp_{number}"].profile_id,
        journey="win-back",
        outcome=outcome,
        reasons=reasons,
        inputs=said,
        phases=frozenset(),
        match_confidence=100,
        is_summary=False,
    )


def handed(row: Recorded, *, counts: bool = True, address: bytes = b"a" * 16) -> Handed:
    sent = Sent(at=row.at, channel="email", purpose="marketing", journey="win-back")
    return Handed(
        proposal_id=row.proposal_id, profile_id=row.profile_id, address_hash=address, counts=counts, sent=sent
    )


def summarised(row: Recorded) -> Recorded:
    return msgspec.structs.replace(row, is_summary=True, inputs={"hash": "00"})
