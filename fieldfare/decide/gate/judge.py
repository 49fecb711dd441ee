"""The gate itself: due proposals in, one verdict each out. The only place that makes a permit.

Every rule is asked for every proposal, so a refusal carries all its reasons; a rule that fails refuses. A refusal beats
a deferral, except those in ``LATE``: who is held out is deferred like everybody else and refused at the moment at which
the message would have gone, so both arms are compared from the same instant; the same for what is only read. Proposals
are judged by priority, then by age, so the winner of the last place is not a matter of luck; a permit counts toward
caps, exclusions and limits for those judged after it in the same call. A call may hold the proposals of many addresses:
all those of one address must be in it. Pure: the caller reads the facts inside one transaction, under the addresses'
locks, and writes the attempts in the same one.

Each proposal is judged by the policy as it holds in the season phases of its facts, which stand in the decision log.
A test message to one of our own people is no proposal: :func:`judge_try` is asked about it, and nothing counts it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.decide.gate.exempt import is_exempt
from fieldfare.decide.gate.limits import uses_of
from fieldfare.decide.gate.model import (
    FAILED_WITH,
    PERMIT_LIFETIME,
    Deferral,
    Facts,
    Finding,
    Permit,
    Reason,
    Refusal,
    Sent,
    TryFacts,
    Verdict,
)
from fieldfare.decide.gate.policy import Policy, in_phases
from fieldfare.decide.gate.rules import PENDING_WAIT, RULES, Rule, consent_finding
from fieldfare.ground.instants import Instant, to_iso

LATE = frozenset({Reason.HOLDOUT, Reason.CONTROL_GROUP, Reason.READ_ONLY})
"""Reasons that refuse only once nothing defers any more."""


def judge(batch: Sequence[Facts], policy: Policy, now: Instant) -> list[Verdict]:
    """Return one verdict per proposal, in the order given. The order given does not matter to what is decided."""
    return judge_by(RULES, batch, policy, now)


def judge_by(rules: Sequence[Rule], batch: Sequence[Facts], policy: Policy, now: Instant) -> list[Verdict]:
    """Judge by the given rules; for tests that leave one out. The product calls :func:`judge`."""
    assert len({facts.proposal.id for facts in batch}) == len(batch), "the same proposal stands twice in one batch"
    if len(batch) == 1:
        return [_verdict(rules, batch[0], in_phases(policy, batch[0].phases), now)]
    verdicts: dict[str, Verdict] = {}
    held = {phases: in_phases(policy, phases) for phases in {facts.phases for facts in batch}}
    ahead = _Ahead(policy)
    for facts in sorted(batch, key=_turn):
        verdict = _verdict(rules, ahead.seen_by(facts), held[facts.phases], now)
        verdicts[facts.proposal.id] = verdict
        if isinstance(verdict, Permit):
            ahead.permit(facts, now)
    return [verdicts[facts.proposal.id] for facts in batch]


class _Ahead:
    """What was permitted earlier in the same call."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._by_address: dict[bytes, list[Sent]] = {}
        self._by_profile: dict[int, list[Sent]] = {}
        self._spent: dict[tuple[str, str], int] = {}

    def seen_by(self, facts: Facts) -> Facts:
        """Return the facts with what was permitted before, if that may matter."""
        address = facts.address_hash
        permitted = list(self._by_profile.get(facts.proposal.profile_id, ()))
        if address is not None:
            permitted += (
                one for one in self._by_address.get(address, ()) if not any(one is each for each in permitted)
            )
        spent = self._spent_of(facts) if self._spent else {}
        if not permitted and not spent:
            return facts
        return msgspec.structs.replace(facts, permitted=tuple(permitted), spent=spent)

    def permit(self, facts: Facts, now: Instant) -> None:
        """Remember a permit."""
        one = sent_by(facts, self._policy, now)
        self._by_profile.setdefault(facts.proposal.profile_id, []).append(one)
        if facts.address_hash is not None:
            self._by_address.setdefault(facts.address_hash, []).append(one)
        for use in uses_of(facts, self._policy):
            key = use.limit, use.place
            self._spent[key] = self._spent.get(key, 0) + use.amount

    def _spent_of(self, facts: Facts) -> Mapping[str, int]:
        uses = uses_of(facts, self._policy)
        return {use.limit: self._spent[use.limit, use.place] for use in uses if (use.limit, use.place) in self._spent}


def sent_by(facts: Facts, policy: Policy, now: Instant) -> Sent:
    """Return the hand-over that a permit of now leads to, as later judgements see it."""
    wish = facts.proposal
    return Sent(
        at=now,
        channel=wish.channel,
        purpose=wish.purpose,
        journey=wish.journey,
        tags=facts.tags,
        location=facts.location,
        is_exempt=is_exempt(facts, policy),
    )


def _turn(facts: Facts) -> tuple[int, Instant, str]:
    """Return whose turn it is: the higher priority, then the older proposal, then its id."""
    return -facts.proposal.priority, facts.proposal.proposed_at, facts.proposal.id


def ask(rule: Rule, facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Ask one rule; one that fails refuses, whatever is wrong with it."""
    try:
        return rule(facts, policy, now)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a rule, nothing goes out because of it
        return Finding(rule.__name__, Reason.RULE_FAILED, {FAILED_WITH: type(error).__name__})


def _verdict(rules: Sequence[Rule], facts: Facts, policy: Policy, now: Instant) -> Verdict:
    try:
        findings = tuple([said for rule in rules if (said := rule(facts, policy, now)) is not None])
    except Exception:  # noqa: BLE001 - then each is asked by itself, so that the answer says which failed
        findings = tuple(said for rule in rules if (said := ask(rule, facts, policy, now)) is not None)
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
    if untils and all(finding.until is not None or finding.reason in LATE for finding in findings):
        return Deferral(proposal_id=proposal.id, until=max(untils), findings=findings)
    return Refusal(proposal_id=proposal.id, findings=findings)


def judge_try(facts: TryFacts, now: Instant) -> Permit | Refusal:
    """Return whether a test message may go, with all reasons; to somebody who is none of ours nothing more is told.

    It goes to our own people alone, so consent, caps, quiet hours, holdouts and seasons have no say; an address that is
    to be left alone, and what is stopped, have. Nothing is tried again: what would defer refuses.
    """
    if not facts.is_recipient:
        stranger = Finding("test_recipient", Reason.NO_TEST_RECIPIENT, {"channel": facts.channel})
        return Refusal(proposal_id=facts.proposal_id, findings=(stranger,))
    said = [
        None
        if facts.suppressed_since is None
        else Finding("suppressed", Reason.SUPPRESSED, {"since": to_iso(facts.suppressed_since)}),
        facts.stopped,
        Finding("consent_pending", Reason.CONSENT_PENDING, {}) if facts.consent_pending else None,
        None if facts.rendered else Finding("render_failed", Reason.RENDER_FAILED, {}),
    ]
    findings = tuple(each for each in said if each is not None)
    if findings:
        return Refusal(proposal_id=facts.proposal_id, findings=findings)
    return Permit(
        proposal_id=facts.proposal_id,
        address_hash=facts.address_hash,
        channel=facts.channel,
        granted_at=now,
        expires_at=now + PERMIT_LIFETIME,
    )


def recheck(
    permit: Permit,
    consent: str,
    *,
    suppressed: bool,
    consent_pending: bool,
    now: Instant,
    purpose: str = "",
    stopped: Finding | None = None,
) -> Finding | None:
    """Return why the call must not start after all, ``None`` when it may. Read the facts at the moment of the call.

    A suppression or a consent no longer in force refuses; pending records defer a moment; so does what people stopped
    meanwhile (``stopped``: the kill switch); a permit that has run out asks to be judged anew at once. ``purpose`` only
    names itself in the finding.
    """
    if suppressed:
        return Finding("suppressed", Reason.SUPPRESSED, {"at": "call"})
    if stopped is not None:
        return stopped
    if consent_pending:
        return Finding("consent_pending", Reason.CONSENT_PENDING, {"at": "call"}, until=now + PENDING_WAIT)
    found = consent_finding(consent, purpose, permit.channel, now)
    if found is not None:
        return found
    if not permit.granted_at <= now < permit.expires_at:
        return Finding("permit_lifetime", Reason.EXPIRED, {"expires_at": to_iso(permit.expires_at)}, until=now)
    return None
