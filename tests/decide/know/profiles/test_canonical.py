"""The canonical fields: which trait holds each, and what is said beside them."""

from fieldfare.know.profiles.canonical import canonical_facts, consent_flags, is_phi
from fieldfare.know.profiles.model import Sensitivity, TraitSpec, TraitType, TraitValue


def facts(**values: object) -> dict[str, TraitValue]:
    return {name: TraitValue(value, "app", 0, 0) for name, value in values.items()}


def test_the_canonical_name_goes_first_and_others_lead_to_it() -> None:
    found = canonical_facts(facts(ltv=3, lifetime_value=None, email="a@b.c", primary_phone="1", phone="2"))
    assert found["lifetime_value"] == ("ltv", TraitValue(3, "app", 0, 0))
    assert found["primary_email"] == ("email", TraitValue("a@b.c", "app", 0, 0))
    assert found["primary_phone"] == ("primary_phone", TraitValue("1", "app", 0, 0))
    assert found["membership_status"] is None


def test_consent_as_the_forms_said_it() -> None:
    assert consent_flags(canonical_facts(facts(email_opt_in=True, consent_sms=False))) == {
        "consent_email": True,
        "consent_sms": False,
    }


def test_health_data_are_told() -> None:
    specs = {"note": TraitSpec("note", TraitType.TEXT, Sensitivity.HEALTH), "plan": TraitSpec("plan", TraitType.TEXT)}
    assert is_phi(specs, facts(note="asthma"))
    assert not is_phi(specs, facts(note=None, plan="gold"))
