"""Which value of a trait survives, and how many traits a profile keeps. Nothing depends on the order of arrival.

A value outranks another by these, in turn: one of our own people corrected it; it is not inferred; its source stands
higher in the trait's order (the system of record first); it occurred later; it was received later; it is verified;
confidence; source; value. The rank is total, so any order of arrival leads to its top. Of undeclared traits a profile
keeps the first ``MOST_TRAITS`` names in alphabetical order: a rule that any order of arrival leads to. Declared traits
always fit.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import msgspec

from fieldfare.ground.instants import parse_iso, to_datetime
from fieldfare.know.profiles.compare import number
from fieldfare.know.profiles.model import Basis, TraitSpec, TraitType, TraitValue

MOST_TRAITS = 300
"""Undeclared traits kept per profile, in clear and sealed ones each."""
MOST_CHARACTERS = 4_096
"""Longest text; lists and objects count as their JSON in bytes. What is larger is not kept; nothing is cut."""
MOST_NAME_CHARACTERS = 200

Ranks = Mapping[str, int]
"""Source -> how high it stands for one trait, the higher the better; sources that are not listed stand at 0."""
NO_RANKS: Ranks = MappingProxyType({})

_KNOWN = (0, 1, 1, 2)
"""By the number of the basis: a guess, somebody's word (checked or not), a correction by one of our own people."""
_encode = msgspec.json.Encoder(order="deterministic").encode
_DATE_LENGTH = 10


def outranks(one: TraitValue, other: TraitValue, ranks: Ranks = NO_RANKS) -> bool:
    """Return whether ``one`` survives over ``other``."""
    mine, theirs = _rank(one, ranks), _rank(other, ranks)
    return mine > theirs if mine != theirs else _tie(one) > _tie(other)


def why_lost(loser: TraitValue, winner: TraitValue, ranks: Ranks = NO_RANKS) -> str:
    """Return why the first does not survive beside the second, which outranks it."""
    mine, theirs = _rank(loser, ranks), _rank(winner, ranks)
    for reason, own, other in zip(("inferred", "lower_source", "older", "older"), mine, theirs, strict=True):
        if own != other:
            return "corrected" if reason == "inferred" and winner.basis is Basis.CORRECTED else reason
    return "tie"


def keep(traits: dict[str, TraitValue], name: str, incoming: TraitValue, ranks: Ranks = NO_RANKS) -> bool:
    """Put the trait where it survives; return whether the value changed. The caller holds the limit."""
    present = traits.get(name)
    if present is not None and not outranks(incoming, present, ranks):
        return False
    traits[name] = incoming
    if present is None:
        return incoming.value is not None
    return type(incoming.value) is not type(present.value) or bool(incoming.value != present.value)


def _rank(fact: TraitValue, ranks: Ranks) -> tuple[int, int, int, int]:
    return _KNOWN[fact.basis], ranks.get(fact.source, 0), fact.occurred_at, fact.received_at


def _tie(fact: TraitValue) -> tuple[int, int, str, bytes]:
    return fact.basis, fact.confidence, fact.source, _encode(fact.value)


def beyond_limit(names: Iterable[str], specs: Mapping[str, TraitSpec]) -> list[str]:
    """Return the undeclared ones of the names for which there is no room."""
    return sorted(name for name in names if name not in specs)[MOST_TRAITS:]


def hold_limit(traits: dict[str, TraitValue], specs: Mapping[str, TraitSpec]) -> list[str]:
    """Remove the undeclared traits beyond the limit; return their names."""
    if len(traits) <= MOST_TRAITS:
        return []
    gone = beyond_limit(traits, specs)
    for name in gone:
        del traits[name]
    return gone


def too_large(value: Any) -> bool:
    """Return whether a value is too large to keep."""
    if isinstance(value, str):
        return len(value) > MOST_CHARACTERS
    if isinstance(value, list | dict):
        return len(_encode(value)) > MOST_CHARACTERS
    return False


def as_declared(value: Any, kind: TraitType) -> tuple[Any, bool]:
    """Return the value in its declared type's canonical form, and whether it fits. Null always fits: it unsets.

    Dates become ``YYYY-MM-DD``, instants ``YYYY-MM-DDTHH:MM:SS.ffffffZ``; both then compare as texts.
    """
    if value is None:
        return None, True
    match kind:
        case TraitType.TEXT:
            return value, isinstance(value, str)
        case TraitType.NUMBER:
            return value, number(value) is not None
        case TraitType.BOOLEAN:
            return value, isinstance(value, bool)
        case TraitType.LIST:
            return value, isinstance(value, list)
        case TraitType.OBJECT:
            return value, isinstance(value, dict)
        case TraitType.DATE:
            return _as_date(value)
        case TraitType.INSTANT:
            return _as_instant(value)


def _as_date(value: Any) -> tuple[Any, bool]:
    if not isinstance(value, str):
        return value, False
    try:
        return (date if len(value) == _DATE_LENGTH else datetime).fromisoformat(value).isoformat()[:_DATE_LENGTH], True
    except ValueError:
        return value, False


def _as_instant(value: Any) -> tuple[Any, bool]:
    if not isinstance(value, str):
        return value, False
    try:
        return instant_text(parse_iso(value)), True
    except (ValueError, OverflowError):
        return value, False


def instant_text(instant: int) -> str:
    """Return the canonical text of an instant: 27 characters, so that texts compare as instants do."""
    return to_datetime(instant).isoformat(timespec="microseconds").replace("+00:00", "Z")
