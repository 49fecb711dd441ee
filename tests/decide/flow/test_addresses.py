"""Where a profile is reached: which trait wins, and that identity claims the same hash."""

import pytest

from fieldfare.act.delivery.model import Address
from fieldfare.flow.addresses import address_of
from fieldfare.ground.workspace.model import Source
from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.identity.claims import claims_of
from fieldfare.know.identity.model import DEFAULT
from fieldfare.know.identity.normal import Regions
from fieldfare.know.profiles.model import TraitValue
from tests.decide.know.identity.test_claims import event


def hash_of(kind: str, value: str) -> bytes:
    return f"{kind}:{value}".encode()


def traits(**values: object) -> dict[str, TraitValue]:
    return {name: TraitValue(value=value, source="app", occurred_at=1, received_at=1) for name, value in values.items()}


@pytest.mark.parametrize(
    ("kind", "personal", "expected"),
    [
        ("email", traits(email=" Ada@Example.com "), "ada@example.com"),
        ("email", traits(primary_email="b@example.com"), "b@example.com"),
        ("email", traits(email="a@example.com", primary_email="b@example.com"), "a@example.com"),
        ("email", traits(email="broken", primary_email="b@example.com"), "b@example.com"),
        ("email", traits(phone="+16502530000"), None),
        ("phone", traits(phone="+1 650 253 0000"), "+16502530000"),
        ("phone", traits(phone="17", primary_phone="+1 650 253 0000"), "+16502530000"),
        ("url", traits(email="a@example.com"), None),
        ("email", {}, None),
    ],
)
def test_the_first_usable_trait_of_the_kind_is_the_address(
    kind: str, personal: dict[str, TraitValue], expected: str | None
) -> None:
    wanted = Address(expected, hash_of(kind, expected)) if expected is not None else None
    assert address_of(kind, personal, hash_of) == wanted


def meet(text: str, location: str | None, home: str | None) -> bool:
    regions = Regions({"soho": "GB"}, "DE")
    plan = ClaimPlan(DEFAULT, hash_of, [Source("app", None, "app", ("phone",))], regions)
    told = event(payload={"phone": text}, location=location)
    found = address_of("phone", traits(phone=text), hash_of, regions.of(home))
    return [found.hash if found is not None else None] == [claim.hash for claim in claims_of(told, plan)]


@pytest.mark.parametrize(
    ("text", "location"),
    [("030 901820", None), ("030/901820", "mitte"), ("020 7183 8750", "soho"), ("+4930901820", None)],
)
def test_identity_and_messages_meet_at_one_hash(text: str, location: str | None) -> None:
    assert meet(text, location, location)


def test_a_planted_fault_is_caught() -> None:
    assert not meet("020 7183 8750", "soho", home=None), "read as a number of two countries"
