"""The rules of the gate, one pure function each: facts in, a finding or silence out. None of them knows the others.

A finding without ``until`` refuses; one with it defers. Here are the rules on the person, their consent and the
message, which spare nobody but where it is said, and the list of all. What is *exempt* stands in ``exempt``.
"""

from collections.abc import Callable
from typing import Any

from fieldfare.decide.gate.caps import caps, throttle
from fieldfare.decide.gate.exempt import concerns, is_exempt
from fieldfare.decide.gate.groups import control_group, holdout, other_journey
from fieldfare.decide.gate.limits import budget, capacity
from fieldfare.decide.gate.model import Facts, Finding, Reason
from fieldfare.decide.gate.orders import approval, held, mode, paused
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.gate.timing import quiet_hours
from fieldfare.ground.instants import HOUR, SECOND, Instant, to_iso
from fieldfare.trust.consent.model import InForce

Rule = Callable[[Facts, Policy, Instant], Finding | None]

PENDING_WAIT = SECOND
PASSES = frozenset({InForce.GRANTED.value, InForce.NOT_REQUIRED.value})
_REFUSED = frozenset({InForce.WITHDRAWN.value, InForce.DENIED.value, InForce.OBJECTED.value})
REVIEW_WAIT = HOUR
"""While an answer waits for a person to read it, the message is judged again so often."""


def consent_pending(facts: Facts, _policy: Policy, now: Instant) -> Finding | None:
    """Defer a moment while records wait to be applied that name the person or the address: they may say anything."""
    if not facts.consent_pending:
        return None
    return Finding("consent_pending", Reason.CONSENT_PENDING, {}, until=now + PENDING_WAIT)


def expired(facts: Facts, _policy: Policy, now: Instant) -> Finding | None:
    """Refuse what would come too late. The instant of expiry itself is too late."""
    if now < facts.proposal.expires_at:
        return None
    return Finding("expired", Reason.EXPIRED, {"expires_at": to_iso(facts.proposal.expires_at)})


def journey_ended(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse when the journey was stopped by its goal, an exit or a merge since it proposed."""
    if facts.journey_live:
        return None
    return Finding("journey_ended", Reason.JOURNEY_ENDED, {"journey": facts.proposal.journey})


def no_address(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse when the profile has no address for the channel."""
    if facts.address_hash is not None:
        return None
    return Finding("no_address", Reason.NO_ADDRESS, {"channel": facts.proposal.channel})


def not_verified(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse an address that nobody has verified, for what the policy sends to verified ones only."""
    if facts.verified or not any(concerns(selector, facts) for selector in policy.verified):
        return None
    return Finding("not_verified", Reason.NOT_VERIFIED, {"channel": facts.proposal.channel})


def suppressed(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse an address that bounced, complained or was ordered to be left alone; for whatever purpose."""
    if facts.suppressed_since is None:
        return None
    return Finding("suppressed", Reason.SUPPRESSED, {"since": to_iso(facts.suppressed_since)})


def consent(facts: Facts, _policy: Policy, now: Instant) -> Finding | None:
    """Refuse without a consent in force. Silent while records are pending: the rule above defers then."""
    if facts.consent_pending:
        return None
    return consent_finding(facts.consent, facts.proposal.purpose, facts.proposal.channel, now)


def consent_finding(in_force: str, purpose: str, channel: str, now: Instant) -> Finding | None:
    """Return why what is in force does not allow the message; anything unknown counts as missing."""
    if in_force in PASSES:
        return None
    if in_force == InForce.IN_REVIEW.value:
        return Finding("consent", Reason.CONSENT_PENDING, {"in_force": in_force}, until=now + REVIEW_WAIT)
    if in_force == InForce.DISPUTED.value:
        return Finding("consent", Reason.CONSENT_DISPUTED, {"in_force": in_force}, until=now + REVIEW_WAIT)
    reason = Reason.CONSENT_WITHDRAWN if in_force in _REFUSED else Reason.CONSENT_MISSING
    return Finding("consent", reason, {"purpose": purpose, "channel": channel, "in_force": in_force})


def on_hold(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse while somebody put the person on hold: front desk, medical, paid vacation."""
    if not facts.on_hold or is_exempt(facts, policy):
        return None
    return Finding("on_hold", Reason.ON_HOLD, {"holds": list(policy.holds)})


def low_confidence(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse when we are not sure enough who it is; an action may ask for more."""
    minimum = policy.minimum_match_confidence
    if facts.action is not None and facts.action.minimum_match_confidence > minimum:
        minimum = facts.action.minimum_match_confidence
    if facts.match_confidence >= minimum:
        return None
    inputs = {"match_confidence": facts.match_confidence, "minimum": minimum}
    return Finding("low_confidence", Reason.LOW_CONFIDENCE, inputs)


def render_failed(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse what could not be rendered."""
    if facts.rendered:
        return None
    return Finding("render_failed", Reason.RENDER_FAILED, {"template": facts.proposal.template})


def action_limit(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse an action that its kind does not allow: too much, too often."""
    if facts.action is None or not facts.action.breaks:
        return None
    return Finding("action_limit", Reason.ACTION_LIMIT, {"breaks": list(facts.action.breaks)})


def phase(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse what has no place in a season phase in force."""
    if not policy.refused or is_exempt(facts, policy):
        return None
    here = (rule for rule in policy.refused if not facts.phases.isdisjoint(rule.phases))
    hit = [rule for rule in here if concerns(rule.concerns, facts)]
    if not hit:
        return None
    phases = sorted({name for rule in hit for name in rule.phases if name in facts.phases})
    return Finding("phase", Reason.WRONG_PHASE, {"phases": phases, **_asked(facts)})


def refused(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse what the policy never lets go, such as a channel at some locations."""
    if not any(not rule.phases and concerns(rule.concerns, facts) for rule in policy.refused):
        return None
    return Finding("refused", Reason.REFUSED_BY_POLICY, _asked(facts))


def _asked(facts: Facts) -> dict[str, Any]:
    return {"location": facts.location, "channel": facts.proposal.channel, "purpose": facts.proposal.purpose}


def unhealthy(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Defer while profiles are not fit to act on, by the last daily look."""
    if not (policy.healthy and facts.controls.failing) or is_exempt(facts, policy):
        return None
    failing = sorted(set(policy.healthy) & set(facts.controls.failing))
    return Finding("unhealthy", Reason.UNHEALTHY_PROFILES, {"failing": failing}, now + HOUR) if failing else None


def provider_open(facts: Facts, _policy: Policy, now: Instant) -> Finding | None:
    """Defer while the channel's provider is not called because its calls fail."""
    until = facts.controls.open_until
    if until is None or until <= now:
        return None
    return Finding("provider_open", Reason.PROVIDER_OPEN, {"channel": facts.proposal.channel}, until=until)


EDITION = "3"
"""Of the rules: raised when one of them decides otherwise than before, so that old verdicts tell by which they were."""

RULES: tuple[Rule, ...] = (
    consent_pending,
    expired,
    journey_ended,
    no_address,
    not_verified,
    suppressed,
    consent,
    paused,
    mode,
    held,
    on_hold,
    low_confidence,
    unhealthy,
    render_failed,
    action_limit,
    holdout,
    control_group,
    other_journey,
    refused,
    phase,
    caps,
    throttle,
    capacity,
    budget,
    approval,
    provider_open,
    quiet_hours,
)
"""All rules in the order in which their reasons are listed. A new rule is a function and its name here."""
