"""Where a profile is reached: normal forms, which trait wins, and that every spelling meets at one hash."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.model import Address
from fieldfare.flow.addresses import address_of, normal_phone
from fieldfare.know.profiles.model import TraitValue


def hash_of(kind: str, value: str) -> bytes:
    return f"{kind}:{value}".encode()


def traits(**values: object) -> dict[str, TraitValue]:
    return {name: TraitValue(value=value, source="app", occurred_at=1, received_at=1) for name, value in values.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+49 30 901820", "+4930901820"),
        ("+49 (0)30 901820", "+4930901820"),
        ("+1 650-253-0000", "+16502530000"),
        ("030 901820", None),
        ("+49 1", None),
        ("call me", None),
        ("", None),
        (49_30_901820, None),
        (None, None),
    ],
)
def test_a_number_counts_with_its_country_code_only(text: object, expected: str | None) -> None:
    assert normal_phone(text) == expected


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


def check_one_hash(normal: Callable[[object], str | None], spelled: list[str]) -> None:
    assert len({normal(each) for each in spelled}) == 1


SPELLED = ["+16502530000", "+1 650 253 0000", "+1-650-253-0000", " +1 (650) 253-0000 "]


@given(st.text(st.sampled_from(" -.()"), max_size=2), st.text(st.sampled_from(" -."), max_size=2))
def test_every_spelling_of_a_number_meets_at_one_hash(first: str, second: str) -> None:
    check_one_hash(normal_phone, [*SPELLED, f"+1{first}650{second}2530000"])


def test_a_planted_fault_is_caught() -> None:
    with pytest.raises(AssertionError):
        check_one_hash(lambda text: str(text).strip(), SPELLED)
