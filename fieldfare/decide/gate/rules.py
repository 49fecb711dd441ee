"""The rules of the gate, one pure function each: facts in, a finding or silence out. None of them knows the others.

A finding without ``until`` refuses; one with it defers. A proposal is *exempt* when its purpose needs no consent or
stands in the policy's list: holds, holdout, phases, caps and quiet hours do not touch it. Suppression, withdrawal,
expiry, a missing address, too little certainty and a failed rendering stop everything.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fieldfare.decide.gate.model import ANY_CHANNEL, Cap, Facts, Finding, OnHit, Policy, Reason
from fieldfare.ground.instants import SECOND, Instant, local_day, to_iso
from fieldfare.learn.experiments.model import Arm
from fieldfare.network.calendars.wall import end_of, inside, iso_local
from fieldfare.trust.consent.model import InForce

Rule = Callable[[Facts, Policy, Instant], Finding | None]

PENDING_WAIT = SECOND
PASSES = frozenset({InForce.GRANTED.value, InForce.NOT_REQUIRED.value})
_REFUSED = frozenset({InForce.WITHDRAWN.value, InForce.DENIED.value})


def is_exempt(facts: Facts, policy: Policy) -> bool:
    """Return whether the proposal is one that people must get: its purpose needs no consent, or policy says so."""
    return facts.consent == InForce.NOT_REQUIRED.value or facts.proposal.purpose in policy.exempt


def counts_toward_caps(facts: Facts, policy: Policy) -> bool:
    """Return whether a hand-over fills caps for later ones. What need not obey caps does not fill them either."""
    return not is_exempt(facts, policy)


def consent_pending(facts: Facts, _policy: Policy, now: Instant) -> Finding | None:
    """Defer a second while consent records wait to be applied: they may say anything."""
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


def suppressed(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse an address that bounced, complained or was ordered to be left alone; for whatever purpose."""
    if facts.suppressed_since is None:
        return None
    return Finding("suppressed", Reason.SUPPRESSED, {"since": to_iso(facts.suppressed_since)})


def consent(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse without a consent in force. Silent while records are pending: the rule above defers then."""
    if facts.consent_pending:
        return None
    return consent_finding(facts.consent, facts.proposal.purpose, facts.proposal.channel)


def consent_finding(in_force: str, purpose: str, channel: str) -> Finding | None:
    """Return why what is in force does not allow the message; anything unknown counts as missing."""
    if in_force in PASSES:
        return None
    reason = Reason.CONSENT_WITHDRAWN if in_force in _REFUSED else Reason.CONSENT_MISSING
    return Finding("consent", reason, {"purpose": purpose, "channel": channel, "in_force": in_force})


def on_hold(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse while somebody put the person on hold: front desk, medical, paid vacation."""
    if not facts.on_hold or is_exempt(facts, policy):
        return None
    return Finding("on_hold", Reason.ON_HOLD, {"holds": list(policy.holds)})


def low_confidence(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse when we are not sure enough who it is."""
    if facts.match_confidence >= policy.minimum_match_confidence:
        return None
    inputs = {"match_confidence": facts.match_confidence, "minimum": policy.minimum_match_confidence}
    return Finding("low_confidence", Reason.LOW_CONFIDENCE, inputs)


def render_failed(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse what could not be rendered."""
    if facts.rendered:
        return None
    return Finding("render_failed", Reason.RENDER_FAILED, {"template": facts.proposal.template})


def holdout(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse a profile that is kept out of the experiment for measurement."""
    if facts.proposal.arm is not Arm.HOLDOUT or is_exempt(facts, policy):
        return None
    return Finding("holdout", Reason.HOLDOUT, {"experiment": facts.proposal.experiment})


def phase(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse a purpose that has no place in a season phase in force."""
    if not policy.phases or is_exempt(facts, policy):
        return None
    purpose = facts.proposal.purpose
    hit = [rule.phase for rule in policy.phases if rule.phase in facts.phases and purpose in rule.refuse_purposes]
    return Finding("phase", Reason.WRONG_PHASE, {"phases": hit, "purpose": purpose}) if hit else None


def caps(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Refuse when as many messages as a cap allows have gone; all caps that hold must leave room."""
    if is_exempt(facts, policy):
        return None
    hit: list[dict[str, Any]] = []
    reached = False
    for cap in caps_in_force(facts, policy):
        counted = _counted(_sent(cap, facts), cap, facts.zone, now)
        allowed_now = _counted(facts.permitted_at, cap, facts.zone, now)
        if counted + allowed_now >= cap.most:
            reached = reached or counted >= cap.most
            hit.append(_described(cap, counted, allowed_now))
    if not hit:
        return None
    return Finding("caps", Reason.CAP_REACHED if reached else Reason.LOST_TO_PRIORITY, {"caps": hit})


def caps_in_force(facts: Facts, policy: Policy) -> list[Cap]:
    """Return the caps that hold for the proposal's channel now: the general ones and those of phases in force."""
    phased = [cap for rule in policy.phases if rule.phase in facts.phases for cap in rule.caps]
    return [cap for cap in (*policy.caps, *phased) if cap.channel in (facts.proposal.channel, ANY_CHANNEL)]


def _sent(cap: Cap, facts: Facts) -> tuple[Instant, ...]:
    return facts.sent_any_at if cap.channel == ANY_CHANNEL and facts.sent_any_at else facts.sent_at


def _counted(sent: Sequence[Instant], cap: Cap, zone: str, now: Instant) -> int:
    """Count what lies in the cap's span. A message exactly one span ago no longer counts."""
    days = cap.per.days
    if cap.calendar and days is not None:
        first = local_day(now, zone) - days + 1
        return sum(local_day(at, zone) >= first for at in sent)
    since = now - cap.per.us
    return sum(at > since for at in sent)


def _described(cap: Cap, counted: int, allowed_now: int) -> dict[str, Any]:
    per = f"{cap.per.amount} {cap.per.unit}{'s' if cap.per.amount != 1 else ''}"
    kind = "calendar" if cap.calendar else "rolling"
    described: dict[str, Any] = {"channel": cap.channel, "most": cap.most, "per": per, "kind": kind, "counted": counted}
    if allowed_now:
        described["permitted_in_this_call"] = allowed_now
    return described


def quiet_hours(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Defer to the end of the person's quiet hours, or refuse, as the policy chose."""
    quiet = policy.quiet_hours
    if quiet is None or is_exempt(facts, policy):
        return None
    if quiet.channels and facts.proposal.channel not in quiet.channels:
        return None
    if not inside(now, quiet.first, quiet.end, facts.zone):
        return None
    inputs = {"local_time": iso_local(now, facts.zone), "zone": facts.zone, "zone_source": facts.zone_source}
    until = end_of(now, quiet.end, facts.zone) if quiet.on_hit is OnHit.DEFER else None
    return Finding("quiet_hours", Reason.QUIET_HOURS, inputs, until=until)


RULES: tuple[Rule, ...] = (
    consent_pending,
    expired,
    journey_ended,
    no_address,
    suppressed,
    consent,
    on_hold,
    low_confidence,
    render_failed,
    holdout,
    phase,
    caps,
    quiet_hours,
)
"""All rules in the order in which their reasons are listed. A new rule is a function above and its name here."""
