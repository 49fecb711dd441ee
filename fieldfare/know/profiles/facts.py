"""The traits that one event carries, as facts: value in its declared form, provenance, or why it is not kept. Pure.

Folding and explaining read events here, so that they cannot disagree. Whether a fact survives beside others is
:mod:`fieldfare.know.profiles.survive`'s.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from fieldfare.collect.model import Event
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.model import PHONE, SHIPPED, held_by
from fieldfare.know.identity.normal import normal_phone
from fieldfare.know.profiles.model import Basis, Origin, TraitValue
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.survive import MOST_NAME_CHARACTERS, as_declared, too_large

TRAIT_CORRECTED = "Trait Corrected"
"""Name of our own event by which one of our own people corrects a trait: it carries the value in ``context.traits``."""
VERIFIED = "_verified"
"""``<trait>_verified: true`` beside a trait says that the value has been checked."""
PHONES = frozenset(held_by(SHIPPED[PHONE].places))
"""Traits that hold a telephone number. It is kept with the country code that identity reads it with."""
INFERRED_CONFIDENCE = 50
"""Percent, where an inferring source says none."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """One trait of one event: the fact, whether it must be sealed, and why it is not kept (``None``: it may be)."""

    name: str
    fact: TraitValue
    sealed: bool
    reason: str | None = None


def needs_personal(event: Event, plan: FoldPlan) -> bool:
    """Return whether the event carries a personal trait, so that the caller must unseal before folding."""
    if event.type != "identify" and "traits" not in event.context:
        return False  # as :func:`traits_sent` says; asked of every event more than once
    sent = traits_sent(event)
    return sent is not None and any(plan.is_personal(name, value) for name, value in sent.items())


def traits_sent(event: Event) -> dict[str, Any] | None:
    """Return the traits that an event carries, ``None`` when it carries none.

    Traits of a group call describe the group; ``context.traits`` come with any call. The identify call's own go first.
    """
    if event.type != "identify" and "traits" not in event.context:
        return None
    aside = event.context.get("traits")
    if event.type == "identify":
        return {**aside, **event.payload} if type(aside) is dict and aside else event.payload
    return aside if type(aside) is dict and aside else None


def facts_of(event: Event, sent: dict[str, Any], plan: FoldPlan) -> Iterator[Sent]:
    """Yield each of the traits that :func:`traits_sent` found."""
    origin = plan.origin(event.source)
    verified = _verified(event)
    for name, given in sent.items():
        basis = Basis.CORRECTED if is_correction(event) else _basis(name, origin, verified)
        value, reason = fit(name, given, plan)
        if name in PHONES and (whole := normal_phone(value, plan.regions.of(event.location))) is not None:
            value = whole
        fact = TraitValue(value, event.source, event.occurred_at, event.received_at, basis, _confidence(origin, basis))
        yield Sent(name, fact, plan.is_personal(name, given), reason)


def is_correction(event: Event) -> bool:
    """Return whether one of our own people corrects a trait by the event."""
    return event.source == OWN_SOURCE and event.name == TRAIT_CORRECTED


def _verified(event: Event) -> set[str]:
    """Return the traits that the event itself calls verified, in the very mapping that the value comes from."""
    found: set[str] = set()
    own: dict[str, Any] = event.payload if event.type == "identify" else {}
    aside = event.context.get("traits") if event.context else None
    bags: tuple[tuple[Any, dict[str, Any]], ...] = ((own, {}), (aside, own))
    for bag, hidden_by in bags:
        for key, value in bag.items() if type(bag) is dict else ():
            if value is True and key.endswith(VERIFIED):
                name = key.removesuffix(VERIFIED)
                if name in bag and name not in hidden_by:
                    found.add(name)
    return found


def _basis(name: str, origin: Origin, verified: set[str]) -> Basis:
    if origin.infers:
        return Basis.INFERRED
    return Basis.VERIFIED if name in verified or name in origin.verifies else Basis.DECLARED


def _confidence(origin: Origin, basis: Basis) -> int:
    if origin.confidence is not None:
        return origin.confidence
    return INFERRED_CONFIDENCE if basis is Basis.INFERRED else 100


def fit(name: str, value: Any, plan: FoldPlan) -> tuple[Any, str | None]:
    """Return the value in its declared form, and why it is not kept (``None``: it may be)."""
    if not 0 < len(name) <= MOST_NAME_CHARACTERS:
        return None, "bad_name"
    if too_large(value):
        return None, "too_large"
    refused = plan.refusal(name)
    if refused is not None:
        return None, refused
    spec = plan.traits.get(name)
    if spec is None:
        return value, None
    value, fits = as_declared(value, spec.type)
    return value, None if fits else "wrong_type"
