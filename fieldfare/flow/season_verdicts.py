"""What of a peak's readiness is in order, from facts alone, each with what to do. Pure.

Limits are told with each check. What was never measured is ``unknown``, which is not in order: a peak is the wrong time
to find out.
"""

from enum import StrEnum
from typing import Any

import msgspec

LETTER_SHARE = 0.01
CONSENT_SHARE = 0.5
HOLD_SHARE = 0.01
HEAD_ROOM = 1.5


class Verdict(StrEnum):
    """Whether something is ready."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of an installation."""

    health: dict[str, Any]
    """``ok`` (``None``: never looked at) and ``failing``: what fails, in words."""
    events: int
    """Accepted in the last days."""
    dead_letters: int
    """Open ones of the same days."""
    contract_violations: int
    violated: dict[str, int]
    """By event."""
    identity_holds: int
    profiles: int
    consented: int
    templates: dict[str, bool]
    capacity: list[dict[str, Any]]
    """``kind``, ``unit``, ``expected``, ``most_seen``, ``head_room`` of each kind of work."""
    capacity_lack: str
    """Why there is no forecast; empty when there is one."""


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    check: str
    verdict: Verdict
    found: str
    limit: str
    fix: str
    """What to do; empty when it is in order."""


def checks_of(facts: Facts) -> list[Check]:
    """Return the checks in the order in which they should be mended."""
    return [
        _health(facts),
        _letters(facts),
        _contracts(facts),
        _holds(facts),
        _consent(facts),
        _templates(facts),
        *_capacity(facts),
    ]


def verdict_of(checks: list[Check]) -> Verdict:
    """Return the worst of all verdicts; ``unknown`` counts between ``warn`` and ``bad``."""
    order = (Verdict.OK, Verdict.WARN, Verdict.UNKNOWN, Verdict.BAD)
    return max((each.verdict for each in checks), key=order.index, default=Verdict.UNKNOWN)


def _check(check: str, verdict: Verdict, found: str, limit: str, fix: str) -> Check:
    return Check(check, verdict, found, limit, "" if verdict is Verdict.OK else fix)


def _health(facts: Facts) -> Check:
    limit = "the thresholds of health.yaml"
    if facts.health.get("ok") is None:
        return _check(
            "data_quality", Verdict.UNKNOWN, "never looked at", limit, "Run `fieldfare profiles health --run`."
        )
    failing = facts.health.get("failing", {})
    found = "; ".join(f"{name}: {why}" for name, why in sorted(failing.items())) or "all thresholds hold"
    fix = "See `fieldfare profiles health`, and mend the sources that it names."
    return _check("data_quality", Verdict.WARN if failing else Verdict.OK, found, limit, fix)


def _letters(facts: Facts) -> Check:
    arrived = facts.events + facts.dead_letters
    limit = f"at most {LETTER_SHARE:.0%} of events"
    if not arrived:
        fix = "Send events, or load history with `fieldfare load`."
        return _check("dead_letters", Verdict.UNKNOWN, "no event arrived in 14 days", limit, fix)
    share = facts.dead_letters / arrived
    verdict = Verdict.BAD if share > LETTER_SHARE else Verdict.WARN if facts.dead_letters else Verdict.OK
    found = f"{facts.dead_letters:,} open of {arrived:,} events in 14 days ({share:.2%})"
    return _check(
        "dead_letters", verdict, found, limit, "Look at `fieldfare dead-letters list`; repair or discard them."
    )


def _contracts(facts: Facts) -> Check:
    worst = sorted(facts.violated.items(), key=lambda each: (-each[1], each[0]))[:3]
    named = ", ".join(f"{name} {count:,}" for name, count in worst)
    found = f"{facts.contract_violations:,} events broke their contract in 14 days" + (f": {named}" if named else "")
    verdict = Verdict.WARN if facts.contract_violations else Verdict.OK
    fix = "Ask the sender to keep the contract, or change it: `fieldfare contracts show EVENT`."
    return _check("contracts", verdict, found, "none", fix)


def _holds(facts: Facts) -> Check:
    share = facts.identity_holds / max(facts.profiles, 1)
    verdict = Verdict.WARN if share > HOLD_SHARE else Verdict.OK
    found = f"{facts.identity_holds:,} open questions about {facts.profiles:,} profiles"
    fix = "Answer them: `fieldfare identity holds`, then `fieldfare identity review`."
    return _check("identity_holds", verdict, found, f"at most {HOLD_SHARE:.0%} of profiles", fix)


def _consent(facts: Facts) -> Check:
    limit = f"{CONSENT_SHARE:.0%} of profiles"
    fix = "Ask for consent while there is time; who has none gets no marketing message at the peak."
    if not facts.profiles:
        return _check("consent", Verdict.UNKNOWN, "there are no profiles", limit, fix)
    share = facts.consented / facts.profiles
    found = f"{facts.consented:,} of {facts.profiles:,} profiles granted something ({share:.0%})"
    return _check("consent", Verdict.OK if share >= CONSENT_SHARE else Verdict.WARN, found, limit, fix)


def _templates(facts: Facts) -> Check:
    failing = sorted(name for name, is_ok in facts.templates.items() if not is_ok)
    found = f"{len(facts.templates) - len(failing)} of {len(facts.templates)} templates pass"
    found += f"; not {', '.join(failing[:5])}" if failing else ""
    fix = "See `fieldfare templates check NAME` and give fallbacks for what is missing."
    return _check("templates", Verdict.BAD if failing else Verdict.OK, found, "all pass for real people", fix)


def _capacity(facts: Facts) -> list[Check]:
    limit = f"the most that was seen is {HEAD_ROOM:g} times what the peak asks for"
    if not facts.capacity:
        why = f"no forecast: {facts.capacity_lack or 'nothing is expected'}"
        fix = "Load more history, or name an event that has some with `--event`."
        return [_check("capacity", Verdict.UNKNOWN, why, limit, fix)]
    return [_room(each, limit) for each in facts.capacity]


def _room(need: dict[str, Any], limit: str) -> Check:
    name = f"capacity_{need['kind']}"
    found = f"{need['expected']:,.2f} {need['unit']} expected at the busiest, {need['most_seen']:,.2f} were seen"
    room = need["head_room"]
    if room is None:
        verdict = Verdict.OK if need["expected"] <= 0 else Verdict.UNKNOWN
        return _check(name, verdict, found, limit, "Rehearse the load before the peak; this was never done here.")
    verdict = Verdict.OK if room >= HEAD_ROOM else Verdict.WARN
    more = {"events": "Rehearse at that rate; move to PostgreSQL or a larger machine", "tasks": "Plan staff for it"}
    fix = more.get(need["kind"], "Rehearse at that rate, raise the provider's limit, or spread sending over hours")
    return _check(name, verdict, f"{found} ({room:.1f} times)", limit, f"{fix}.")
