"""Where a profile is reached: the address of a kind, normalised, and its keyed hash. Pure but for the hash passed in.

The same normal form is hashed for identity, consent, suppression and caps, so all of them meet at the same address.
"""

from collections.abc import Callable, Mapping

import phonenumbers

from fieldfare.act.delivery.model import Address
from fieldfare.know.identity.claims import normal_email
from fieldfare.know.profiles.model import TraitValue

Hash = Callable[[str, str], bytes]

TRAITS = {"email": ("email", "primary_email"), "phone": ("phone", "primary_phone")}
"""Traits that hold an address of a kind, the first that is set wins."""


def normal_phone(text: object) -> str | None:
    """Return the number in E.164, or ``None`` when it is not a valid number with its country code."""
    if not isinstance(text, str):
        return None
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if phonenumbers.is_valid_number(number)
        else None
    )


_NORMAL = {"email": normal_email, "phone": normal_phone}


def address_of(kind: str, personal: Mapping[str, TraitValue], hash_of: Hash) -> Address | None:
    """Return the profile's address of a kind, ``None`` when it has no usable one."""
    normal = _NORMAL.get(kind)
    if normal is None:
        return None
    for name in TRAITS[kind]:
        fact = personal.get(name)
        value = normal(fact.value) if fact is not None else None
        if value is not None:
            return Address(value, hash_of(kind, value))
    return None
