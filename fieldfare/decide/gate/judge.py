"""The gate itself: all due proposals of one address in, one verdict each out. The only place that makes a permit.

Every rule is asked for every proposal, so a refusal carries all its reasons. A refusal beats a deferral,
except that of the holdout: who is held out is deferred like everybody else and refused at the moment at which the
message would have gone, so both arms are compared from the same instant. Proposals
are judged by priority, then by age, so the winner of the last place under a cap is not a matter of luck; a permit
counts toward caps for those judged after it in the same call. Pure: the caller reads the facts inside one transaction,
under the address's lock, and writes the attempt in the same one.
"""

from collections.abc import Sequence

import msgspec

from fieldfare.decide.gate.model import (
    PERMIT_LIFETIME,
    Deferral,
    Facts,
    Finding,
    Permit,
    Policy,
    Reason,
    Refusal,
    Verdict,
)
from fieldfare.decide.gate.rules import PENDING_WAIT, RULES, Rule, consent_finding, counts_toward_caps
from fieldfare.ground.instants import Instant, to_iso


def judge(batch: Sequence[Facts], policy: Policy, now: Instant) -> list[Verdict]:
    """Return one verdict per proposal, in the order given. The order given does not matter to what is decided."""
    return judge_by(RULES, batch, policy, now)


def judge_by(rules: Sequence[Rule], batch: Sequence[Facts], policy: Policy, now: Instant) -> list[Verdict]:
    """Judge by the given rules; for tests that leave one out. The product calls :func:`judge`."""
    assert len({facts.proposal.id for facts in batch}) == len(batch), "the same proposal stands twice in one batch"
    verdicts: dict[str, Verdict] = {}
    permitted: dict[bytes, tuple[Instant, ...]] = {}
    for facts in sorted(batch, key=_turn):
        address = facts.address_hash
        earlier = permitted.get(address) if address is not None else None
        asked = msgspec.structs.replace(facts, permitted_at=earlier) if earlier else facts
        verdict = _verdict(rules, asked, policy, now)
        verdicts[facts.proposal.id] = verdict
        if isinstance(verdict, Permit) and counts_toward_caps(facts, policy):
            permitted[verdict.address_hash] = (*(earlier or ()), now)
    return [verdicts[facts.proposal.id] for facts in batch]


def _turn(facts: Facts) -> tuple[int, Instant, str]:
    """Return whose turn it is: the higher priority, then the older proposal, then its id."""
    return -facts.proposal.priority, facts.proposal.proposed_at, facts.proposal.id


def _verdict(rules: Sequence[Rule], facts: Facts, policy: Policy, now: Instant) -> Verdict:
    findings = tuple(finding for rule in rules if (finding := rule(facts, policy, now)) is not None)
    proposal = facts.proposal
    if not findings and facts.address_hash is not None:
        return Permit(
            proposal_id=proposal.id,
            address_hash=facts.address_hash,
            channel=proposal.channel,
            granted_at=now,
            expires_at=now + PERMIT_LIFETIME,
        )
    untils = [finding.until for finding in findings if finding.until is not None]
    refusing = [finding.reason for finding in findings if finding.until is None]
    if untils and all(reason is Reason.HOLDOUT for reason in refusing):
        return Deferral(proposal_id=proposal.id, until=max(untils), findings=findings)
    return Refusal(proposal_id=proposal.id, findings=findings)


def recheck(
    permit: Permit, consent: str, *, suppressed: bool, consent_pending: bool, now: Instant, purpose: str = ""
) -> Finding | None:
    """Return why the call must not start after all, ``None`` when it may. Read the facts at the moment of the call.

    A suppression or a consent no longer in force refuses; pending records defer a second; a permit that has run out
    asks to be judged anew at once. ``purpose`` only names itself in the finding.
    """
    if suppressed:
        return Finding("suppressed", Reason.SUPPRESSED, {"at": "call"})
    if consent_pending:
        return Finding("consent_pending", Reason.CONSENT_PENDING, {"at": "call"}, until=now + PENDING_WAIT)
    found = consent_finding(consent, purpose, permit.channel)
    if found is not None:
        return found
    if not permit.granted_at <= now < permit.expires_at:
        return Finding("permit_lifetime", Reason.EXPIRED, {"expires_at": to_iso(permit.expires_at)}, until=now)
    return None
