"""Caps and the dynamic throttle: how many messages a person gets in how long. Pure.

All that concern a message must leave room. Who *obeys* a cap and what *counts towards* it are two questions. An exempt
message obeys none, and fills one only where its purpose is named there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.decide.gate.exempt import concerns, is_exempt
from fieldfare.decide.gate.model import Facts, Finding, Reason, Sent
from fieldfare.decide.gate.policy import Cap, Policy, Selector
from fieldfare.ground.instants import DAY, Instant, local_day

THROTTLE_SPAN = 7 * DAY
"""Seven times 24 hours, whatever the clocks do."""


def caps(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Refuse when as many messages as a cap allows have gone; all caps that hold must leave room."""
    if not policy.caps or is_exempt(facts, policy):
        return None
    hit: list[dict[str, Any]] = []
    reached = False
    for cap in caps_obeyed(facts, policy):
        counted = _counted(facts.sent, cap, facts.zone, now)
        allowed_now = _counted(facts.permitted, cap, facts.zone, now)
        if counted + allowed_now >= cap.most:
            reached = reached or counted >= cap.most
            hit.append(_described(cap, counted, allowed_now))
    if not hit:
        return None
    return Finding("caps", Reason.CAP_REACHED if reached else Reason.LOST_TO_PRIORITY, {"caps": hit})


def caps_obeyed(facts: Facts, policy: Policy) -> list[Cap]:
    """Return the caps that the proposal must obey."""
    return [cap for cap in policy.caps if _obeys(facts, cap)]


def _obeys(facts: Facts, cap: Cap) -> bool:
    """Return whether a cap holds for the proposal; for an action only where it is named."""
    named = facts.action is None or bool(cap.obeys.channels or cap.obeys.tags)
    return named and concerns(cap.obeys, facts)


def fills(one: Sent, selector: Selector) -> bool:
    """Return whether a hand-over counts towards a cap; an exempt one only by name."""
    if one.is_exempt and one.purpose not in selector.purposes:
        return False
    return selector.covers(one.channel, one.purpose, one.tags, one.location, one.journey)


def counts_toward_caps(facts: Facts, policy: Policy) -> bool:
    """Return whether a hand-over may fill caps for later ones."""
    if not is_exempt(facts, policy):
        return True
    counted = [cap.counts_towards for cap in policy.caps]
    counted += [throttle.counts_towards for throttle in policy.throttles]
    return any(facts.proposal.purpose in selector.purposes for selector in counted)


def _counted(sent: Sequence[Sent], cap: Cap, zone: str, now: Instant) -> int:
    """Count what lies in the cap's span. A message exactly one span ago no longer counts."""
    days = cap.per.days
    if cap.calendar and days is not None:
        first = local_day(now, zone) - days + 1
        near = _since(sent, now - (days + 1) * DAY)  # no zone's days begin earlier
        return sum(local_day(one.at, zone) >= first and fills(one, cap.counts_towards) for one in near)
    return sum(fills(one, cap.counts_towards) for one in _since(sent, now - cap.per.us))


def _since(sent: Sequence[Sent], since: Instant) -> Iterator[Sent]:
    """Yield what came after the instant, the newest first; ``sent`` is in the order of time."""
    for one in reversed(sent):
        if one.at <= since:
            return
        yield one


def _described(cap: Cap, counted: int, allowed_now: int) -> dict[str, Any]:
    per = f"{cap.per.amount} {cap.per.unit}{'s' if cap.per.amount != 1 else ''}"
    kind = "calendar" if cap.calendar else "rolling"
    described: dict[str, Any] = {"most": cap.most, "per": per, "kind": kind, "counted": counted}
    described |= {name: list(told) for name, told in _told(cap.obeys).items()}
    described |= by_word_of(cap.phase)
    if allowed_now:
        described["permitted_in_this_call"] = allowed_now
    return described


def by_word_of(phase: str) -> dict[str, str]:
    """Return what an input says of the phase whose word holds, where one has it."""
    return {"phase": phase} if phase else {}


def _told(selector: Selector) -> dict[str, tuple[str, ...]]:
    return {name: told for name in selector.__struct_fields__ if (told := getattr(selector, name))}


def throttled_cap(base: int, engaged: int, messages: int) -> int:
    """Return floor(base x (1 + min(rate, 1))) with rate = engaged over messages, exactly.

    Without messages, or with a negative count, the rate is 0.
    """
    if messages <= 0 or engaged <= 0:
        return base
    return base * (messages + min(engaged, messages)) // messages


def throttle(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Refuse when the person got as many messages in seven days as their interest allows."""
    if not policy.throttles or facts.action is not None or is_exempt(facts, policy):
        return None
    since = now - THROTTLE_SPAN
    for rule in policy.throttles:
        if not concerns(rule.obeys, facts):
            continue
        messages = sum(fills(one, rule.counts_towards) for one in _since(facts.sent, since))
        allowed_now = sum(fills(one, rule.counts_towards) for one in facts.permitted)
        engaged = sum(facts.controls.engaged.get(event, 0) for event in rule.events)
        most = throttled_cap(rule.base, engaged, messages)
        if messages + allowed_now >= most:
            inputs: dict[str, Any] = {"base": rule.base, "engaged": engaged, "messages": messages, "most": most}
            inputs |= by_word_of(rule.phase)
            reason = Reason.THROTTLED if messages >= most else Reason.LOST_TO_PRIORITY
            return Finding("throttle", reason, inputs)
    return None
