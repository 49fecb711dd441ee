"""What a document derives from its traits: the home location and the zone of the phone's area. Pure.

Called whenever one of those traits may have changed: by fold, merge and expiry.
"""

from collections.abc import Mapping

from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.plan import HOME_TRAIT
from fieldfare.know.profiles.zone import phone_area_zone

PHONE_TRAITS = ("phone", "primary_phone")
"""Traits whose area tells a zone, the first that is set."""


def settle_home(document: Document) -> bool:
    """Set the home location: the trait when it is a text, else where the last located event was. Say if it changed."""
    trait = document.traits.get(HOME_TRAIT)
    value = trait.value if trait is not None else None
    named = value.replace("\0", "") if type(value) is str else ""  # no database column would hold it
    home = named or document.last_location
    changed = home != document.home_location
    document.home_location = home
    return changed


def settle_phone(document: Document, personal: Mapping[str, TraitValue]) -> None:
    """Set the zone of the phone's area, which identifies nobody, so that nothing is unsealed to know it."""
    facts = (personal.get(name) for name in PHONE_TRAITS)
    number = next((fact.value for fact in facts if fact is not None and fact.value), None)
    document.phone_zone = phone_area_zone(number)
