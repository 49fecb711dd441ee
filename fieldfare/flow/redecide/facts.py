"""The facts of an old verdict, out of what was recorded of it. Pure.

The log keeps ids, hashes and numbers, no more; what it does not keep is taken from the finding that speaks of it: who
was on hold is known by the refusal, who was not by its absence. What cannot be told at all is told as such.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.decide.gate.exempt import concerns
from fieldfare.decide.gate.model import Controls, Facts, Hold, HoldKind, Mode, Pause, Reason, Scope, Sent
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.gate.rules import EDITION
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow.redecide.model import Recorded

SUMMARY, OTHER_EDITION, NO_PROPOSAL, VERIFIED = "inputs_forgotten", "other_rules", "proposal_gone", "verified_unknown"


def unreadable(row: Recorded, proposal: Proposal | None) -> str | None:
    """Return why a verdict cannot be judged anew, ``None`` when it can."""
    if row.is_summary or "read" not in row.inputs:
        return SUMMARY
    if proposal is None:
        return NO_PROPOSAL
    if row.inputs["read"].get("rules") != EDITION:
        return OTHER_EDITION
    return None


def facts_of(
    row: Recorded,
    proposal: Proposal,
    *,
    phases: frozenset[str],
    sent: tuple[Sent, ...],
    permitted: tuple[Sent, ...],
    used: Mapping[str, int],
) -> Facts:
    """Return the facts; hand-overs, what of limits is used, and phases are those of whoever asks."""
    read = row.inputs["read"]
    address = read.get("address")
    return Facts(
        proposal=proposal,
        address_hash=bytes.fromhex(address) if address is not None else None,
        consent=read.get("consent", "missing"),
        suppressed_since=read.get("suppressed_since"),
        consent_pending=Reason.CONSENT_PENDING.value in row.reasons and "consent_pending" in row.inputs,
        zone=read["zone"],
        zone_source=read["zone_source"],
        phases=phases,
        journey_live=bool(read.get("journey_live", False)),
        on_hold="on_hold" in row.inputs,
        rendered="render" not in row.inputs,
        match_confidence=row.match_confidence,
        verified="not_verified" not in row.inputs,
        location=read.get("location"),
        tags=tuple(read.get("tags", ())),
        sent=sent,
        controls=_controls(row, read, used),
        permitted=permitted,
    )


def _controls(row: Recorded, read: Mapping[str, Any], used: Mapping[str, int]) -> Controls:
    pauses = tuple(
        Pause(id=name, scope=Scope.EVERYTHING, name="", since_at=0, actor="recorded", reason="")
        for name in read.get("pauses", ())
    )
    hold = read.get("hold")
    return Controls(
        pauses=pauses,
        mode=Mode(read.get("mode", Mode.ON.value)),
        hold=None
        if hold is None
        else Hold(
            id=hold, profile_id=row.profile_id, kind=HoldKind.OTHER, since_at=0, actor="recorded", reason="", until=None
        ),
        granted=frozenset(read.get("granted", ())),
        rejected=Reason.REJECTED.value in row.reasons,
        open_until=read.get("open_until"),
        held_out=tuple(read.get("held_out", ())),
        in_control=bool(read.get("in_control", False)),
        walks=tuple(read.get("walks", ())),
        used=used,
        engaged=dict(read.get("engaged", {})),
        failing=tuple(read.get("failing", ())),
    )


def unknown_to(facts: Facts, today: Policy, changed: Policy) -> str | None:
    """Return what the changed rules look at and the log does not tell, ``None`` when it tells all."""
    asks = any(concerns(each, facts) for each in changed.verified)
    knows = any(concerns(each, facts) for each in today.verified)
    if asks and not knows and facts.address_hash is not None:
        return VERIFIED
    return None
