"""What people order: pauses, the mode of an automation, holds on persons, releases and approvals. Pure.

A pause and a queue defer to the proposal's expiry: whoever resumes, releases or rejects makes it due again at once, so
nothing is asked in vain meanwhile, and what nobody cared for expires.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from fieldfare.decide.gate.exempt import concerns, is_exempt
from fieldfare.decide.gate.model import Deferral, Facts, Finding, Hold, Mode, Pause, Reason, Scope, Verdict
from fieldfare.decide.gate.policy import Approval, Policy
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import Instant, to_iso

RELEASE = "release"
APPROVAL = "approval"
RESUME = "resume"
ACTION_CHANNEL = "action"
"""Channel of a proposal that is an action; its template is the action's kind."""
FOREVER: Instant = 1 << 62
_WAITS_FOR = {Reason.AWAITS_RELEASE: RELEASE, Reason.AWAITS_APPROVAL: APPROVAL, Reason.PAUSED: RESUME}


def automation_of(proposal: Proposal) -> str:
    """Return what proposed it, as people name it: ``journey:win-back``, ``broadcast:spring``, ``action:refund``."""
    if proposal.channel == ACTION_CHANNEL:
        return f"{Scope.ACTION}:{proposal.template}"
    if proposal.journey.startswith(f"{Scope.BROADCAST}:"):
        return proposal.journey
    return f"{Scope.JOURNEY}:{proposal.journey}"


def names_of(proposal: Proposal, location: str | None, people: Iterable[int]) -> dict[Scope, frozenset[str]]:
    """Return by what names pauses may cover a proposal; ``people``: all ids of the person."""
    kind, _, name = automation_of(proposal).partition(":")
    named = {
        Scope.CHANNEL: frozenset({proposal.channel}),
        Scope.PROFILE: frozenset(str(each) for each in people),
        Scope(kind): frozenset({name}),
    }
    if proposal.journey and Scope(kind) is not Scope.BROADCAST:
        named[Scope.JOURNEY] = frozenset({proposal.journey})
    return named | ({Scope.LOCATION: frozenset({location})} if location is not None else {})


def waits_for(verdict: Verdict) -> list[tuple[str, Finding]]:
    """Return what a deferred proposal needs of people: ``release``, ``approval``, ``resume``."""
    if not isinstance(verdict, Deferral):
        return []
    return [(_WAITS_FOR[found.reason], found) for found in verdict.findings if found.reason in _WAITS_FOR]


def stopped_finding(pauses: Sequence[Pause], mode: Mode, expires_at: Instant) -> Finding | None:
    """Return what people stopped since a permit was given."""
    if pauses:
        return paused_finding(pauses, expires_at)
    if mode is Mode.OFF:
        return Finding("mode", Reason.SWITCHED_OFF, {"mode": mode.value, "at": "call"})
    return None


def pauses_over(pauses: Iterable[Pause], named: dict[Scope, frozenset[str]], now: Instant) -> tuple[Pause, ...]:
    """Return the pauses in force that cover something; ``named`` says by what names it is known in each scope."""
    return tuple(
        pause
        for pause in pauses
        if pause.since_at <= now < (pause.until if pause.until is not None else FOREVER)
        and (pause.scope is Scope.EVERYTHING or pause.name in named.get(pause.scope, ()))
    )


def hold_in_force(holds: Iterable[Hold], now: Instant) -> Hold | None:
    """Return the hold that lasts longest among those in force."""
    standing = [hold for hold in holds if hold.since_at <= now < (hold.until if hold.until is not None else FOREVER)]
    return max(standing, key=lambda hold: (hold.until if hold.until is not None else FOREVER, hold.id), default=None)


def paused(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Defer what somebody paused, until they resume it. Nothing is spared."""
    if not facts.controls.pauses:
        return None
    return paused_finding(facts.controls.pauses, facts.proposal.expires_at)


def paused_finding(pauses: Sequence[Pause], expires_at: Instant) -> Finding:
    """Return what pauses in force say of something that expires then."""
    until = max(expires_at if pause.until is None else min(pause.until, expires_at) for pause in pauses)
    told = [{"id": pause.id, "scope": pause.scope.value, "actor": pause.actor} for pause in pauses]
    return Finding("paused", Reason.PAUSED, {"pauses": told}, until=until)


def mode(facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
    """Refuse what is switched off or only read; let what is done by hand wait for its release."""
    controls = facts.controls
    if controls.rejected:
        return Finding("mode", Reason.REJECTED, {})
    match controls.mode:
        case Mode.ON:
            return None
        case Mode.OFF:
            return Finding("mode", Reason.SWITCHED_OFF, {"mode": controls.mode.value})
        case Mode.READ_ONLY:
            return Finding("mode", Reason.READ_ONLY, {"mode": controls.mode.value})
        case Mode.MANUAL:
            if RELEASE in controls.granted:
                return None
            inputs = {"mode": controls.mode.value}
            return Finding("mode", Reason.AWAITS_RELEASE, inputs, until=facts.proposal.expires_at)


def held(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse while a person is on hold: front desk, medical, vacation, somebody talks with them."""
    hold = facts.controls.hold
    if hold is None or is_exempt(facts, policy):
        return None
    inputs = {"hold": hold.id, "kind": hold.kind.value, "since": to_iso(hold.since_at)}
    return Finding("held", Reason.ON_HOLD, inputs | ({"until": to_iso(hold.until)} if hold.until is not None else {}))


def approval(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Let what a person must allow first wait for them."""
    if not (policy.approvals or facts.action) or APPROVAL in facts.controls.granted:
        return None
    needed = [rule.name for rule in policy.approvals if concerns(rule.concerns, facts) and _is_above(rule, facts)]
    who = {name for rule in policy.approvals if rule.name in needed for name in rule.who}
    if facts.action is not None and facts.action.needs_approval:
        needed.append("action")
        who |= set(facts.action.approvers)
    if not needed:
        return None
    inputs: dict[str, Any] = {"rules": needed, "approvers": sorted(who)}
    by_word = sorted({rule.phase for rule in policy.approvals if rule.name in needed and rule.phase})
    inputs |= {"phases": by_word} if by_word else {}
    return Finding("approval", Reason.AWAITS_APPROVAL, inputs, until=facts.proposal.expires_at)


def _is_above(rule: Approval, facts: Facts) -> bool:
    if rule.audience_above is None and rule.amount_above is None:
        return True
    if rule.audience_above is not None and facts.controls.audience_size > rule.audience_above:
        return True
    amount = facts.action.amount if facts.action is not None else 0
    return rule.amount_above is not None and amount > rule.amount_above
