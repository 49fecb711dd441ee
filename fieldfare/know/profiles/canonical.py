"""The canonical view of a profile: the fields that other systems know it by, under one spelling each. Pure.

Several traits may hold a field under names of different tools; the alias table names them, the canonical one first. The
first that has a value counts. What is personal is shown only to whoever may see it.
"""

from collections.abc import Mapping
from typing import Any

from fieldfare.know.profiles.model import Sensitivity, TraitSpec, TraitValue

ALIASES: dict[str, tuple[str, ...]] = {
    "primary_email": ("primary_email", "email"),
    "primary_phone": ("primary_phone", "phone", "phone_number"),
    "membership_status": ("membership_status",),
    "membership_tier": ("membership_tier", "tier"),
    "consent_email": ("consent_email", "email_opt_in"),
    "consent_sms": ("consent_sms", "sms_opt_in"),
    "consent_marketing": ("consent_marketing",),
    "lifetime_value": ("lifetime_value", "ltv"),
    "preferred_channel": ("preferred_channel",),
    "last_ticket_id": ("last_ticket_id",),
    "computed_risk_score": ("computed_risk_score", "churn_score", "churn_probability", "churn_propensity"),
}
"""Canonical field -> the traits that hold it, the canonical name first."""
PERSONAL_FIELDS = ("primary_email", "primary_phone")
"""Canonical fields that are always personal; they do not stand in the lake."""
CONSENT_FIELDS = ("consent_email", "consent_sms", "consent_marketing")


def canonical_facts(traits: Mapping[str, TraitValue]) -> dict[str, tuple[str, TraitValue] | None]:
    """Return for each field the trait that holds it and its fact, ``None`` when no trait has a value."""
    found: dict[str, tuple[str, TraitValue] | None] = {}
    for field, names in ALIASES.items():
        held = ((name, traits[name]) for name in names if name in traits and traits[name].value is not None)
        found[field] = next(held, None)
    return found


def is_phi(specs: Mapping[str, TraitSpec], traits: Mapping[str, TraitValue]) -> bool:
    """Return whether the profile holds a value that is declared as health data."""
    return any(
        spec.sensitivity is Sensitivity.HEALTH and name in traits and traits[name].value is not None
        for name, spec in specs.items()
    )


def consent_flags(facts: Mapping[str, tuple[str, TraitValue] | None]) -> dict[str, Any]:
    """Return what the person's forms said, by canonical name; the ledger, not these, permits a message."""
    return {field: fact[1].value for field in CONSENT_FIELDS if (fact := facts.get(field)) is not None}
