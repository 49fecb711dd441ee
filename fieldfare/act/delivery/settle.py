"""Turn drafts into facts, and verdicts into rows. Pure: the shell reads and writes, this says what.

A *draft* is a due proposal with its rendered message. This module does not judge (see ``decide.gate.judge``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import msgspec

from fieldfare.act.delivery.model import (
    Address,
    Attempt,
    Capabilities,
    Counted,
    Message,
    ProposalChange,
    Standing,
    Tally,
)
from fieldfare.act.delivery.render import RenderFailure
from fieldfare.act.delivery.segments import segments_of
from fieldfare.decide.gate.model import Controls, Deferral, Facts, Finding, Mode, Permit, Reason, Refusal, Sent, Verdict
from fieldfare.decide.gate.rules import EDITION
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import Instant

_MANY = frozenset({tuple, list, dict})
_json = msgspec.json.Encoder(order="deterministic")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A due proposal, where it would go, and its message or why there is none."""

    proposal: Proposal
    address: Address | None
    revision: int
    """Revision of the profile that was rendered."""
    message: Message | None
    failure: RenderFailure | None
    tags: tuple[str, ...] = ()
    """Of its template."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the transaction read for one draft."""

    standing: Standing
    consent: str
    suppressed_since: Instant | None
    consent_pending: bool
    sent: tuple[Sent, ...]
    """Counted hand-overs to the person or the address, ascending."""
    live: bool
    tally: Tally
    controls: Controls = Controls()
    consent_records: tuple[str, ...] = ()
    """Ids of the records of the ledger that speak for the purpose and the channel."""


class Exposure(msgspec.Struct, frozen=True):
    """A profile met its treatment in an experiment."""

    experiment: str
    profile_id: int
    arm: str
    at: Instant


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """All that one verdict writes."""

    decision: dict[str, Any]
    change: ProposalChange
    attempt: Attempt | None = None
    exposure: Exposure | None = None


def read_for(  # noqa: PLR0913 - one argument for each thing that was read
    drafts: Sequence[Draft],
    *,
    standing: Mapping[int, Standing],
    consents: Sequence[str],
    suppressed: Mapping[bytes, Instant],
    pending: set[str],
    live: set[str],
    counted: Sequence[Counted],
    tally: Mapping[str, Tally],
    controls: Mapping[str, Controls],
    consent_records: Sequence[tuple[str, ...]],
) -> dict[str, Reading]:
    """Return by proposal id what was read for each draft; ``consents`` and records are in the order of the drafts."""
    to_address: dict[bytes, set[int]] = {}
    to_profile: dict[int, set[int]] = {}
    for place, each in enumerate(counted):
        to_address.setdefault(each.address_hash, set()).add(place)
        to_profile.setdefault(each.profile_id, set()).add(place)
    readings: dict[str, Reading] = {}
    for draft, consent, records in zip(drafts, consents, consent_records, strict=True):
        proposal = draft.proposal
        by_address = to_address.get(draft.address.hash, set()) if draft.address else set()
        by_person = by_address | to_profile.get(proposal.profile_id, set())
        readings[proposal.id] = Reading(
            standing=standing[proposal.profile_id],
            consent=consent,
            suppressed_since=suppressed.get(draft.address.hash) if draft.address else None,
            consent_pending=proposal.id in pending,
            sent=tuple(counted[place].sent for place in sorted(by_person, key=lambda place: counted[place].sent.at)),
            live=proposal.id in live,
            tally=tally.get(proposal.id, Tally()),
            controls=controls[proposal.id],
            consent_records=records,
        )
    return readings


def facts_of(draft: Draft, reading: Reading) -> Facts:
    """Return what the gate may look at."""
    standing = reading.standing
    return Facts(
        proposal=draft.proposal,
        address_hash=draft.address.hash if draft.address else None,
        consent=reading.consent,
        suppressed_since=reading.suppressed_since,
        consent_pending=reading.consent_pending,
        zone=standing.zone,
        zone_source=standing.zone_source,
        phases=standing.phases,
        journey_live=reading.live,
        on_hold=standing.on_hold,
        rendered=draft.message is not None,
        match_confidence=standing.match_confidence,
        verified=draft.address is None or draft.address.is_own or draft.address.hash in standing.verified,
        location=standing.location,
        tags=draft.tags,
        sent=reading.sent,
        controls=reading.controls,
    )


def settle(
    draft: Draft,
    reading: Reading,
    verdict: Verdict,
    *,
    now: Instant,
    policy_version: str,
    counts: bool,
    is_exempt: bool = False,
    units: int = 1,
) -> Settled:
    """Return the rows of one verdict. ``counts``: it may fill caps; ``is_exempt``: those alone that name it.

    ``units``: what the message takes of a rate limit that counts segments.
    """
    proposal = draft.proposal
    match verdict:
        case Permit():
            assert draft.address is not None
            attempt = Attempt(
                id=f"{proposal.id}.{reading.tally.made + 1}",
                proposal_id=proposal.id,
                profile_id=proposal.profile_id,
                channel=proposal.channel,
                template=proposal.template,
                purpose=proposal.purpose,
                journey=proposal.journey,
                address_hash=draft.address.hash,
                granted_at=verdict.granted_at,
                counts_toward_caps=counts,
                tags=draft.tags,
                location=reading.standing.location,
                is_exempt=is_exempt,
                broadcast=proposal.broadcast,
                units=units,
            )
            return Settled(
                decision=decision_row(draft, reading, "permit", (), now, policy_version),
                change=ProposalChange(proposal.id, "permitted"),
                attempt=attempt,
                exposure=_exposure(proposal, now),
            )
        case Refusal():
            reasons = [finding.reason for finding in verdict.findings]
            return Settled(
                decision=decision_row(draft, reading, "refusal", verdict.findings, now, policy_version),
                change=ProposalChange(proposal.id, "expired" if Reason.EXPIRED in reasons else "refused"),
                exposure=_exposure(proposal, now) if reasons == [Reason.HOLDOUT] else None,
            )
        case Deferral():
            return Settled(
                decision=decision_row(draft, reading, "deferral", verdict.findings, now, policy_version),
                change=ProposalChange(proposal.id, "due", verdict.until),
            )
        case _:
            assert_never(verdict)


def _exposure(proposal: Proposal, now: Instant) -> Exposure | None:
    if proposal.experiment is None:
        return None
    return Exposure(proposal.experiment, proposal.profile_id, str(proposal.arm), now)


def decision_row(
    draft: Draft, reading: Reading, outcome: str, findings: tuple[Finding, ...], now: Instant, policy_version: str
) -> dict[str, Any]:
    """Return one row of the decision log: what was decided, by which rules, from which inputs. Nothing personal."""
    proposal, standing = draft.proposal, reading.standing
    inputs: dict[str, Any] = {finding.rule: finding.inputs for finding in findings}
    inputs["read"] = seen(draft, reading)
    if draft.failure is not None:
        inputs["render"] = msgspec.to_builtins(draft.failure)
    return {
        "proposal_id": proposal.id,
        "event_id": proposal.event_id,
        "external_id_hash": standing.external_id_hash,
        "profile_id": proposal.profile_id,
        "rule_id": findings[0].rule if findings else "permit",
        "decision_outcome": outcome,
        "reasons": _json.encode([finding.reason.value for finding in findings]).decode(),
        "inputs": _json.encode(inputs).decode(),
        "at": now,
        "channel": proposal.channel,
        "template": proposal.template,
        "journey": proposal.journey,
        "step": proposal.step,
        "arm": str(proposal.arm),
        "phase": ",".join(sorted(standing.phases)),
        "match_confidence": standing.match_confidence,
        "delivery_status": None,
        "action_sent": None,
        "ticket_id": None,
        "journey_version": proposal.version,
        "policy_version": policy_version,
    }


def seen(draft: Draft, reading: Reading) -> dict[str, Any]:
    """Return what every rule could look at, by ids, hashes and numbers; what says nothing is left out."""
    proposal, standing, controls = draft.proposal, reading.standing, reading.controls
    told: dict[str, Any] = {
        "rules": EDITION,
        "consent": reading.consent,
        "sent_before": len(reading.sent),
        "last_sent_at": reading.sent[-1].at if reading.sent else None,
        "zone": standing.zone,
        "zone_source": standing.zone_source,
        "journey_live": reading.live,
        "attempts": reading.tally.made,
        "expires_at": proposal.expires_at,
        "purpose": proposal.purpose,
        "priority": proposal.priority,
        "address": draft.address.hash.hex() if draft.address else None,
        "location": standing.location,
        "tags": draft.tags,
        "suppressed_since": reading.suppressed_since,
        "consent_records": reading.consent_records,
        "pauses": [pause.id for pause in controls.pauses],
        "hold": controls.hold.id if controls.hold is not None else None,
        "mode": controls.mode.value if controls.mode is not Mode.ON else None,
        "granted": sorted(controls.granted),
        "in_control": controls.in_control or None,
        "held_out": controls.held_out,
        "walks": controls.walks,
        "used": {name: amount for name, amount in controls.used.items() if amount},
        "engaged": dict(controls.engaged),
        "open_until": controls.open_until,
        "failing": controls.failing,
        "choice": proposal.choice,
        "follows": proposal.follows,
        "because": proposal.because,
    }
    return {name: value for name, value in told.items() if value or (value is not None and type(value) not in _MANY)}


def deferred(permit: Permit, held: Finding) -> Deferral:
    """Return the deferral of what the gate permits and the provider cannot take now; the permit is not used."""
    assert held.until is not None, held
    return Deferral(proposal_id=permit.proposal_id, until=held.until, findings=(held,))


def units_of(message: Message, can: Capabilities) -> int:
    """Return what a message takes of a limit that counts segments."""
    return segments_of(message.text.strip()).count if can.max_segments is not None else 1


def one_of_each_broadcast(drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts of one address without a second one of the same broadcast; that is judged in a later round.

    Who shares an address gets one message of a broadcast, and a second person only what the first was refused.
    """
    kept: dict[str, Draft] = {}
    for draft in drafts:
        kept.setdefault(draft.proposal.broadcast or draft.proposal.id, draft)
    return list(kept.values())


def batches(drafts: list[Draft], most: int) -> list[list[list[Draft]]]:
    """Return batches of at most ``most`` groups; a group holds all drafts of one address (or profile, without one).

    The order of first appearance is kept, and a group is never split: the gate judges an address's proposals together.
    """
    groups: dict[bytes | int, list[Draft]] = {}
    for draft in drafts:
        key: bytes | int = draft.address.hash if draft.address else draft.proposal.profile_id
        groups.setdefault(key, []).append(draft)
    ordered = list(groups.values())
    return [ordered[start : start + most] for start in range(0, len(ordered), most)]
