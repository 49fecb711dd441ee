"""Capacities and budgets: how many a team or a place can take, how much money a period has. Pure.

What does not fit waits for the next period and is judged again there, by priority with all that is due then. Exempt
messages are not stopped, and take from a limit all the same: the work is done, the money is spent.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from fieldfare.decide.gate.caps import by_word_of
from fieldfare.decide.gate.exempt import concerns, is_exempt
from fieldfare.decide.gate.model import Facts, Finding, Reason
from fieldfare.decide.gate.policy import Limit, Policy
from fieldfare.ground.instants import HOUR, MINUTE, Instant, day_start, local_day

BACKLOG_WAIT = 15 * MINUTE
WHOLE_BRAND = ""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What a permit takes of a limit."""

    limit: str
    place: str
    """A location, or empty for the whole brand."""
    amount: int


def uses_of(facts: Facts, policy: Policy) -> list[Use]:
    """Return what a permit of the proposal takes of every limit that concerns it."""
    if not policy.limits:
        return []
    return [
        Use(limit=limit.name, place=place_of(limit, facts.location), amount=taken)
        for limit in policy.limits
        if concerns(limit.concerns, facts) and (taken := amount_of(limit, facts, policy)) > 0
    ]


def place_of(limit: Limit, location: str | None) -> str:
    """Return whose share of the limit is taken from."""
    return (location or WHOLE_BRAND) if limit.by_location else WHOLE_BRAND


def amount_of(limit: Limit, facts: Facts, policy: Policy) -> int:
    """Return one message or action, or its price."""
    if not limit.is_money:
        return 1
    return facts.action.amount if facts.action is not None else policy.costs.get(facts.proposal.channel, 0)


def period_of(limit: Limit, now: Instant, zone: str) -> Instant:
    """Return the first instant whose uses count against the limit now."""
    days = limit.per.days
    if limit.calendar and days is not None:
        return day_start(local_day(now, zone) - days + 1, zone)
    return now - limit.per.us + 1


def next_period(limit: Limit, now: Instant, zone: str) -> Instant:
    """Return when it is worth asking again."""
    if limit.calendar and limit.per.days is not None:
        return day_start(local_day(now, zone) + 1, zone)
    return now + min(limit.per.us, HOUR)


def capacity(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Defer what a team or place cannot take in this period, and while too many of its tasks are open."""
    return next(_spent(facts, policy, now, is_money=False), None)


def budget(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Defer what the period has no money for."""
    return next(_spent(facts, policy, now, is_money=True), None)


def _spent(facts: Facts, policy: Policy, now: Instant, *, is_money: bool) -> Iterator[Finding]:
    """Yield the limit that leaves no room for longest."""
    if not policy.limits or is_exempt(facts, policy):
        return
    found: list[Finding] = []
    for limit in policy.limits:
        if limit.is_money is is_money and concerns(limit.concerns, facts):
            said = _asked(limit, facts, policy, now)
            found += [said] if said is not None else []
    if found:
        yield max(found, key=lambda each: (each.until or 0, each.inputs["limit"]))


def _asked(limit: Limit, facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    rule = "budget" if limit.is_money else "capacity"
    waiting = facts.controls.backlog.get(limit.backlog_list, 0) if limit.backlog_above is not None else 0
    if limit.backlog_above is not None and waiting > limit.backlog_above:
        inputs: dict[str, Any] = {
            "limit": limit.name,
            "list": limit.backlog_list,
            "open": waiting,
            "above": limit.backlog_above,
        }
        inputs |= by_word_of(limit.phase)
        return Finding(rule, Reason.BACKLOG, inputs, until=now + BACKLOG_WAIT)
    used, taken = facts.controls.used.get(limit.name, 0), amount_of(limit, facts, policy)
    ahead = facts.spent.get(limit.name, 0)
    if used + ahead + taken <= limit.most:
        return None
    reason = Reason.BUDGET_SPENT if limit.is_money else Reason.CAPACITY_REACHED
    if used + taken <= limit.most:
        reason = Reason.LOST_TO_PRIORITY
    inputs = {"limit": limit.name, "most": limit.most, "used": used, "taken": taken} | by_word_of(limit.phase)
    inputs |= {"permitted_in_this_call": ahead} if ahead else {}
    return Finding(rule, reason, inputs, until=next_period(limit, now, policy.zone))
