"""Every value that a person's events ever carried for one trait, which survives, and why the others do not. Pure.

It reads events with the very functions that folding uses and ranks with the very order, so it agrees with the document
(property test); what folding forgets, it tells.
"""

from collections.abc import Iterable

import msgspec

from fieldfare.collect.model import Event
from fieldfare.ground.instants import Instant
from fieldfare.know.profiles.facts import Sent, facts_of, traits_sent
from fieldfare.know.profiles.model import TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.survive import NO_RANKS, beyond_limit, outranks, why_lost


class Told(msgspec.Struct, frozen=True):
    """One value of one event. ``reason`` says why it does not survive; the survivor has none."""

    event_id: str
    event: str
    fact: TraitValue
    sealed: bool
    reason: str | None


def history(
    name: str, events: Iterable[Event], plan: FoldPlan, now: Instant, lifted: Iterable[Event] = ()
) -> list[Told]:
    """Return all values of the trait, the survivor first, then by the event time, the youngest first.

    ``lifted``: corrections that were taken back and count no more. Reasons: ``lifted``, ``corrected`` (by one of our
    own people), ``inferred``, ``lower_source``, ``older``, ``tie`` (same instants), ``repeated`` (the same word twice),
    ``expired`` (its retention is over), and those of values that are never kept: ``wrong_type``, ``too_large``,
    ``bad_name``, ``too_many``, ``undeclared``, ``proposed``.
    """
    found: list[tuple[Event, Sent]] = []
    names: dict[bool, set[str]] = {False: set(), True: set()}
    for event in events:
        for sent in facts_of(event, traits_sent(event) or {}, plan):
            if sent.reason is None:
                names[sent.sealed].add(sent.name)
            if sent.name == name:
                found.append((event, sent))
    crowded = {sealed: name in beyond_limit(names[sealed], plan.traits) for sealed in names}
    winners = {sealed: _winner(name, found, plan, sealed=sealed) for sealed in names}
    told: list[Told] = []
    survived: set[bool] = set()
    for event, sent in found:
        reason = sent.reason or ("too_many" if crowded[sent.sealed] else None)
        if reason is None:
            reason = _reason(name, sent.fact, winners[sent.sealed], plan, now)
            if reason is None and sent.sealed in survived:
                reason = "repeated"
            elif reason is None:
                survived.add(sent.sealed)
        told.append(Told(event.message_id, event.name, sent.fact, sent.sealed, reason))
    for event in lifted:
        carried = [each for each in facts_of(event, traits_sent(event) or {}, plan) if each.name == name]
        told += [Told(event.message_id, event.name, each.fact, each.sealed, "lifted") for each in carried]
    told.sort(key=lambda each: (each.reason is not None, -each.fact.occurred_at, -each.fact.received_at))
    return told


def _winner(name: str, found: Iterable[tuple[Event, Sent]], plan: FoldPlan, *, sealed: bool) -> TraitValue | None:
    best: TraitValue | None = None
    for _, sent in found:
        is_candidate = sent.reason is None and sent.sealed is sealed
        if is_candidate and (best is None or outranks(sent.fact, best, plan.ranks.get(name, NO_RANKS))):
            best = sent.fact
    return best


def _reason(name: str, fact: TraitValue, winner: TraitValue | None, plan: FoldPlan, now: Instant) -> str | None:
    assert winner is not None, "among values that may be kept one is the best"
    if outranks(winner, fact, plan.ranks.get(name, NO_RANKS)):
        return why_lost(fact, winner, plan.ranks.get(name, NO_RANKS))
    lasts = plan.retention.get(name)
    return "expired" if lasts is not None and fact.value is not None and fact.occurred_at + lasts <= now else None
