"""The compiled policy: which keys are looked at, who leads, what is asked for by hand."""

import msgspec

from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.identity.model import DEFAULT, SHIPPED, Joins, Policy, places_of
from fieldfare.know.identity.normal import Regions


def hash_of(kind: str, value: str) -> bytes:
    return f"{kind}:{value}".encode()


def changed(**kinds: dict[str, object]) -> ClaimPlan:
    new = {name: msgspec.structs.replace(SHIPPED[name], **change) for name, change in kinds.items()}
    return ClaimPlan(Policy(kinds={**SHIPPED, **new}), hash_of)


def test_only_keys_that_a_place_names_are_looked_at() -> None:
    plan = ClaimPlan(DEFAULT, hash_of)
    assert plan.context_keys == {"traits", "externalIds", "device"}
    for name in ("membership_id", "membershipId", "email", "primary_email", "primaryEmail", "phone", "payment_id"):
        assert name in plan.payload_keys
    assert plan.payload_keys.isdisjoint({"revenue", "location_id", "type", "first_name"})
    assert "crm" in changed(loyalty_id={"places": ("context.crm.no",)}).context_keys
    assert "loyaltyId" not in changed(loyalty_id={"places": ("context.crm.no",)}).payload_keys


def test_the_usual_places_are_spelt_in_snake_and_camel_case() -> None:
    expected = ("context.externalIds", "traits.card_no", "traits.cardNo", "properties.card_no", "properties.cardNo")
    assert places_of("card_no") == expected
    assert places_of("card") == ("context.externalIds", "traits.card", "properties.card")


def test_who_leads() -> None:
    plan = ClaimPlan(DEFAULT, hash_of)
    assert (plan.is_usual, plan.user_leads) == (True, True)
    assert (changed(email={"priority": 1}).is_usual, changed(email={"priority": 1}).user_leads) == (True, False)
    assert changed(payment_id={"priority": 1}).user_leads, "a kind that finds nobody leads nobody"
    assert not changed(user_id={"priority": 99}).is_usual
    assert not changed(user_id={"joins": Joins.NEVER}).is_usual


def test_a_value_that_somebody_asks_for_has_its_normal_form() -> None:
    plan = ClaimPlan(DEFAULT, hash_of, (), Regions({}, "DE"))
    assert plan.hash_of("phone", "030 901820") == b"phone:+4930901820"
    assert plan.hash_of("phone", "17") is None
    assert plan.hash_of("user_id", " guest ") == b"user_id:guest", "what came to be blocked later can still be found"
    assert plan.hash_of("kind_of_old", "43") == b"kind_of_old:43"
