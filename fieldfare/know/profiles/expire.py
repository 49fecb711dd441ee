"""Drops the values of traits whose retention is over, at their own instants. Pure; the document is changed in place.

A trait with ``retention`` sets a wake-up beside those of audiences, under a name that no audience can have. What
expires keeps its source and times and has no value any more, as if that source had unset it: so what is folded later
survives or not as it would have before, and folding anew gives the same. The events keep what they said; only the
profile forgets it.
"""

from collections.abc import Iterable, Mapping

from fieldfare.ground.instants import Instant
from fieldfare.know.profiles.derive import derive
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.plan import HOME_TRAIT, NOTHING, FoldPlan, Touched
from fieldfare.know.profiles.settle import PHONE_TRAITS, settle_home, settle_phone

WAKE = "trait:"
"""Begins the name of a trait's wake-up; names of audiences hold no colon."""


def note_expiry(document: Document, name: str, fact: TraitValue, plan: FoldPlan) -> None:
    """Set or clear the wake-up of a trait that was just folded."""
    lasts = plan.retention.get(name)
    if lasts is None:
        return
    if fact.value is None:
        document.wakes.pop(WAKE + name, None)
    else:
        document.wakes[WAKE + name] = fact.occurred_at + lasts


def note_all(document: Document, personal: Mapping[str, TraitValue], plan: FoldPlan) -> None:
    """Set the wake-ups of all traits anew, after documents were joined."""
    for name in plan.retention:
        fact = personal.get(name) if name in plan.sealed_traits else document.traits.get(name)
        if fact is not None:
            note_expiry(document, name, fact, plan)


def due_traits(document: Document, now: Instant) -> list[str]:
    """Return the names of traits whose wake-up is due."""
    return sorted(name.removeprefix(WAKE) for name, at in document.wakes.items() if at <= now and name.startswith(WAKE))


def expire(
    document: Document, personal: dict[str, TraitValue] | None, names: Iterable[str], plan: FoldPlan, now: Instant
) -> Touched:
    """Drop the values of these traits as far as their time is over; return what changed.

    ``personal`` may be ``None`` only when none of the names is sealed.
    """
    changed = []
    for name in names:
        del document.wakes[WAKE + name]
        traits = personal if name in plan.sealed_traits else document.traits
        assert traits is not None, "a sealed trait expires; open the personal traits first"
        fact, lasts = traits.get(name), plan.retention.get(name)
        if fact is None or lasts is None or fact.occurred_at + lasts > now:
            continue
        traits[name] = TraitValue(None, fact.source, fact.occurred_at, fact.received_at, fact.basis, fact.confidence)
        if traits is document.traits:
            changed.append(name)
        elif name in PHONE_TRAITS:
            settle_phone(document, traits)
    if personal is not None and plan.derived:
        changed += derive(document.traits, personal, plan.derived)
    if not changed:
        return NOTHING
    return Touched(traits=tuple(changed), home=HOME_TRAIT in changed and settle_home(document))
