"""Traits that are derived from sealed ones and do not identify, so that conditions can ask for them. Pure.

A derived trait is a function of the sealed one that survives, so it does not depend on the order of arrival: it carries
that one's provenance, changes with it and goes with it. Nothing is derived that time alone would make wrong: an age is
not, the years of birth in steps of five are; the exact instant of a birthday at which an age changes would tell the
birthday.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec
import phonenumbers

from fieldfare.know.profiles.model import Derivation, TraitSpec, TraitType, TraitValue

BAND_YEARS = 5
_LEAP_YEAR = 2000
"""Days of the year are counted in a leap year, so that a date has the same number in every year."""
_DOMAIN = re.compile(r"[^@\s]+@((?:[a-z0-9-]{1,63}\.)+[a-z]{2,63})")
_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION_KEYS = ("region", "state", "province")

Derived = Mapping[str, tuple[tuple[str, Derivation], ...]]
"""Sealed trait -> what is derived from it: (name, how)."""


def derived_of(specs: Mapping[str, TraitSpec]) -> dict[str, tuple[tuple[str, Derivation], ...]]:
    """Return what is derived from which of the declared traits."""
    return {name: spec.derive for name, spec in specs.items() if spec.derive}


def derived_specs(specs: Mapping[str, TraitSpec]) -> dict[str, TraitSpec]:
    """Return the declarations of all derived traits, as if they stood in ``traits.yaml`` themselves."""
    return {
        target: TraitSpec(target, type_of(how), description=f"Derived from {name}: {how}.")
        for name, derivations in derived_of(specs).items()
        for target, how in derivations
    }


def type_of(how: Derivation) -> TraitType:
    """Return the type of what a derivation gives."""
    return TraitType.NUMBER if how is Derivation.DAY_OF_YEAR else TraitType.TEXT


def derive(traits: dict[str, TraitValue], personal: Mapping[str, TraitValue], derived: Derived) -> list[str]:
    """Bring the derived ones among ``traits`` to what the sealed ones in ``personal`` say; return which changed."""
    changed = []
    for name, derivations in derived.items():
        fact = personal.get(name)
        for target, how in derivations:
            value = None if fact is None or fact.value is None else _HOW[how](fact.value)
            present = traits.get(target)
            if fact is None or value is None:
                if traits.pop(target, None) is not None:
                    changed.append(target)
                continue
            traits[target] = msgspec.structs.replace(fact, value=value)
            if present is None or present.value != value:
                changed.append(target)
    return changed


def day_of_year(value: Any) -> int | None:
    """Return the day of the year (1 to 366) of a date, the same for the same date in every year."""
    found = _date(value)
    return None if found is None else found.replace(year=_LEAP_YEAR).timetuple().tm_yday


def birth_year_band(value: Any) -> str | None:
    """Return the five years in which a date lies, such as ``1990-1994``."""
    found = _date(value)
    if found is None:
        return None
    first = found.year - found.year % BAND_YEARS
    return f"{first}-{first + BAND_YEARS - 1}"


def domain(value: Any) -> str | None:
    """Return the domain of an e-mail address."""
    match = _DOMAIN.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    return match[1] if match is not None else None


def region(value: Any) -> str | None:
    """Return the region of an address that is an object: its ``region``, ``state`` or ``province``."""
    if not isinstance(value, dict):
        return None
    named = (value.get(key) for key in _REGION_KEYS)
    return next((each.strip() for each in named if isinstance(each, str) and each.strip()), None)


def country(value: Any) -> str | None:
    """Return the country (ISO 3166, two letters) of an international phone number, or of an address's ``country``."""
    if isinstance(value, dict):
        told = value.get("country")
        return told.upper() if isinstance(told, str) and _COUNTRY.fullmatch(told.upper()) else None
    if not isinstance(value, str):
        return None
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return None
    found = phonenumbers.region_code_for_number(number)
    return found if found is not None and _COUNTRY.fullmatch(found) else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


_HOW: dict[Derivation, Callable[[Any], Any]] = {
    Derivation.DAY_OF_YEAR: day_of_year,
    Derivation.BIRTH_YEAR_BAND: birth_year_band,
    Derivation.DOMAIN: domain,
    Derivation.REGION: region,
    Derivation.COUNTRY: country,
}
