"""Where a profile is reached: the address of a kind, normalised, and its keyed hash. Pure but for the hash passed in.

The same normal form is hashed for identity, consent, suppression and caps, so all of them meet at the same address. A
telephone number was given the country code of its event's location when it was folded, as identity read it. Only where
that event had no country, the one of the person's home location stands in.
"""

from collections.abc import Callable, Collection, Mapping

from fieldfare.act.delivery.model import Address
from fieldfare.know.identity.model import EMAIL, PHONE, SHIPPED
from fieldfare.know.identity.normal import NORMAL
from fieldfare.know.profiles.model import TraitValue

Hash = Callable[[str, str], bytes]

TRAITS = {EMAIL: ("email", "primary_email"), PHONE: ("phone", "primary_phone")}
"""Traits that hold an address of a kind, the first that is set wins."""


def address_of(
    kind: str, personal: Mapping[str, TraitValue], hash_of: Hash, region: str | None = None
) -> Address | None:
    """Return the profile's address of a kind, ``None`` when it has no usable one. ``region``: see ``Regions``."""
    for name in TRAITS.get(kind, ()):
        fact = personal.get(name)
        value = NORMAL[SHIPPED[kind].form](fact.value, region) if fact is not None else None
        if value is not None:
            return Address(value, hash_of(kind, value))
    return None


def shared_address(
    personal: Mapping[str, TraitValue],
    identifiers: Mapping[str, Collection[bytes]],
    hash_of: Hash,
    region: str | None,
) -> bytes | None:
    """Return the keyed hash of where messages go to a person, which several may share: as experiments by address ask.

    By the traits, else by what the person is known by; ``None`` where there is neither.
    """
    for kind in TRAITS:
        told = address_of(kind, personal, hash_of, region)
        if told is not None:
            return told.hash
        if identifiers.get(kind):
            return min(identifiers[kind])
    return None


def address_values(personal: Mapping[str, TraitValue]) -> list[object]:
    """Return the values of all traits that hold an address: while they stay, so do the addresses."""
    facts = (personal.get(name) for names in TRAITS.values() for name in names)
    return [None if fact is None else fact.value for fact in facts]
