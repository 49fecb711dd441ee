"""Which value of a trait survives, and how many traits a profile keeps. Nothing depends on the order of arrival.

The greatest (occurred_at, received_at, encoded value, source) wins. Of undeclared traits a profile keeps the first
``MOST_TRAITS`` names in alphabetical order: a rule that any order of arrival leads to. Declared traits always fit.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from fieldfare.ground.instants import parse_iso, to_datetime
from fieldfare.know.profiles.compare import number
from fieldfare.know.profiles.model import TraitSpec, TraitType, TraitValue

MOST_TRAITS = 300
"""Undeclared traits kept per profile, in clear and sealed ones each."""
MOST_CHARACTERS = 4_096
"""Longest text; lists and objects count as their JSON in bytes. What is larger is not kept; nothing is cut."""
MOST_NAME_CHARACTERS = 200

_encode = msgspec.json.Encoder(order="deterministic").encode
_DATE_LENGTH = 10


def outranks(one: TraitValue, other: TraitValue) -> bool:
    """Return whether ``one`` survives over ``other``."""
    if one.occurred_at != other.occurred_at:
        return one.occurred_at > other.occurred_at
    if one.received_at != other.received_at:
        return one.received_at > other.received_at
    return (_encode(one.value), one.source) > (_encode(other.value), other.source)


def keep(traits: dict[str, TraitValue], name: str, incoming: TraitValue) -> bool:
    """Put the trait where it survives; return whether the value changed. The caller holds the limit."""
    present = traits.get(name)
    if present is not None and not outranks(incoming, present):
        return False
    traits[name] = incoming
    if present is None:
        return incoming.value is not None
    return type(incoming.value) is not type(present.value) or bool(incoming.value != present.value)


def hold_limit(traits: dict[str, TraitValue], specs: Mapping[str, TraitSpec]) -> list[str]:
    """Remove the undeclared traits beyond the limit; return their names."""
    if len(traits) <= MOST_TRAITS:
        return []
    undeclared = sorted(name for name in traits if name not in specs)
    gone = undeclared[MOST_TRAITS:]
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
