"""What a change of consent or of the gate's policies loosens: what was forbidden before and is not any more. Pure.

Only loosening is told; whatever is stricter than before is safe. Where both cannot be compared, it counts as loosened.
"""

from collections.abc import Iterable, Iterator

from fieldfare.decide.gate.policy import Cap, OnHit, Policy, QuietHours, Selector
from fieldfare.trust.consent.model import ConsentPolicy, Purpose, Span, StopReach

_DAY_MINUTES = 24 * 60


def loosened_purposes(before: ConsentPolicy, after: ConsentPolicy) -> Iterator[tuple[str, str]]:
    """Yield (purpose, what) for purposes that ask for less than they did; new purposes are not looked at."""
    for name, purpose in sorted(after.purposes.items()):
        old = before.purposes.get(name)
        if old is not None:
            yield from ((name, what) for what in _purpose(old, purpose))


def _purpose(old: Purpose, new: Purpose) -> Iterator[str]:
    if old.required and not new.required:
        yield f"`{new.name}` no longer needs consent"
    if old.channels and (not new.channels or not set(new.channels) <= set(old.channels)):
        more = ", ".join(sorted(set(new.channels) - set(old.channels))) or "every channel"
        yield f"`{new.name}` may be granted for {more} too"
    if old.expires_after is not None and _is_longer(new.expires_after, old.expires_after):
        yield f"grants of `{new.name}` last longer"
    dropped = old.double_opt_in - new.double_opt_in
    if dropped:
        yield f"`{new.name}` needs no confirmation any more on {', '.join(sorted(dropped))}"
    if old.notice_version != new.notice_version:
        yield f"`{new.name}` shows the notice {new.notice_version or 'of no version'}, not {old.notice_version}"


_REACHES = (StopReach.PURPOSE, StopReach.CHANNEL, StopReach.ADDRESS, StopReach.EVERYTHING)
_DAYS_A_MONTH = 28


def _is_longer(new: Span | None, old: Span) -> bool:
    """Return whether a length may be longer: months count as long as they can be here, as short as they can there."""
    if new is None:
        return True
    return new != old and new.months * 31 + new.days > old.months * _DAYS_A_MONTH + old.days


def loosened_signals(before: ConsentPolicy, after: ConsentPolicy) -> Iterator[str]:
    """Yield what refusals and signals no longer do."""
    if _REACHES.index(after.stop_reach) < _REACHES.index(before.stop_reach):
        yield f"an answer of STOP reaches `{after.stop_reach}` only, no longer `{before.stop_reach}`"
    heard = (
        ("the browser's signal", before.gpc, after.gpc),
        ("an opt-out in a GPP string", before.gpp, after.gpp),
        ("a TC string", _tcf_purposes(before), _tcf_purposes(after)),
    )
    for what, old, new in heard:
        for name in sorted(set(old) - set(new)):
            yield f"{what} no longer refuses `{name}`"
    if after.mismatch_permille > before.mismatch_permille:
        yield f"a consent platform may disagree about more people: {after.mismatch_permille / 10:g} %"


def _tcf_purposes(policy: ConsentPolicy) -> Iterable[str]:
    return policy.tcf.purposes if policy.tcf is not None else ()


def loosened_policies(before: Policy, after: Policy) -> Iterator[str]:
    """Yield what the gate would no longer forbid."""
    yield from _caps(before.caps, after.caps)
    yield from _quiets(before.quiet_hours, after.quiet_hours)
    yield from _taken(before, after)
    if after.minimum_match_confidence < before.minimum_match_confidence:
        yield (
            f"people who are known with {after.minimum_match_confidence} % certainty are written to, "
            f"no longer {before.minimum_match_confidence} %"
        )
    for name in sorted(set(before.holds) - set(after.holds)):
        yield f"the trait `{name}` no longer stops messages"
    for name in sorted(after.exempt - before.exempt):
        yield f"the purpose `{name}` is exempt from holds, holdout, phases, caps and quiet hours"


_TAKEN = {
    "throttles": "a throttle",
    "refused": "what is never let go",
    "verified": "what goes to verified addresses only",
    "exclusions": "which journeys give way",
    "approvals": "what a person approves first",
    "limits": "a capacity or budget",
    "healthy": "which metrics of profile health must not fail",
}


def _taken(before: Policy, after: Policy) -> Iterator[str]:
    """Yield rules that no longer hold as they did; a changed one counts, because it may let more go."""
    for name, what in _TAKEN.items():
        kept = getattr(after, name)
        if any(rule not in kept for rule in getattr(before, name)):
            yield f"{what} no longer holds as it did (`{name}`)"
    if before.control_group is not None and before.control_group != after.control_group:
        yield "the control group is another, or gone"


def _caps(before: Iterable[Cap], after: Iterable[Cap]) -> Iterator[str]:
    kept = tuple(after)
    for cap in before:
        if not any(_as_strict(each, cap) for each in kept):
            span = f"{cap.per.amount} {cap.per.unit}s"
            phases = "".join(f", {each.most} in {phase}" for phase, each in sorted(cap.by_phase.items()))
            yield f"at most {cap.most} messages per {span} on {said(cap.obeys)}{phases} no longer holds"


def _as_strict(new: Cap, old: Cap) -> bool:
    same_span = new.per == old.per and new.calendar == old.calendar
    same_kind = (new.obeys, new.counts_towards) == (old.obeys, old.counts_towards)
    return (
        same_span
        and same_kind
        and all(
            new.by_phase.get(phase, new).most <= old.by_phase.get(phase, old).most
            for phase in ("", *new.by_phase, *old.by_phase)
        )
    )


def said(selector: Selector) -> str:
    """Return in words whom a rule concerns."""
    told = [", ".join(names) for name in selector.__struct_fields__ if (names := getattr(selector, name))]
    return " and ".join(told) if told else "any channel"


def _quiets(before: Iterable[QuietHours], after: Iterable[QuietHours]) -> Iterator[str]:
    kept = tuple(after)
    for hours in before:
        told = [list(_quiet(hours, each)) for each in kept]
        if not told:
            yield "there are no quiet hours any more"
        elif [] not in told:
            yield from min(told, key=len)


def _quiet(before: QuietHours, after: QuietHours) -> Iterator[str]:
    for phase in ("", *sorted(before.by_phase.keys() | after.by_phase.keys())):
        if not _minutes(before.by_phase.get(phase, before)) <= _minutes(after.by_phase.get(phase, after)):
            yield "quiet hours are shorter" + (f" in {phase}" if phase else "")
    if after.channels and (not before.channels or not set(before.channels) <= set(after.channels)):
        yield "quiet hours hold on fewer channels"
    if before.on_hit is OnHit.REFUSE and after.on_hit is not OnHit.REFUSE:
        yield "messages in quiet hours are deferred, no longer refused"


def _minutes(hours: QuietHours) -> set[int]:
    if hours.first <= hours.end:
        return set(range(hours.first, hours.end))
    return set(range(hours.first, _DAY_MINUTES)) | set(range(hours.end))
