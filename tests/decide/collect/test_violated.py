"""Where an event breaks its contract, and that no value is told of it."""

from typing import Any

import pytest

from fieldfare.collect.contracts import Contract
from fieldfare.collect.files import ContractFile, FieldFile
from fieldfare.collect.parse_files import parse_contract
from fieldfare.collect.personal import personal_with
from fieldfare.collect.violated import MOST_ERRORS, UNKNOWN_FIELD, UNNAMED, WHOLE, Broken, broken_in, mask, payload_of

SCHEMA = {
    "type": "object",
    "required": ["revenue", "email"],
    "minProperties": 1,
    "additionalProperties": {"type": "number"},
    "properties": {
        "revenue": {"type": "number", "minimum": 0},
        "day": {"type": "integer"},
        "email": {"type": "string", "maxLength": 5},
        "note": {"type": "number"},
        "buyer": {"type": "object", "properties": {"age": {"type": "number"}}},
    },
}

LATE = {"required": ["late"]}


@pytest.fixture
def contract() -> Contract:
    made, problems = parse_contract(
        ContractFile(event="order", schema=SCHEMA, fields={"note": FieldFile(sensitivity="contact")})
    )
    assert made is not None, problems
    return made


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ({"revenue": 1, "email": "a@b"}, []),
        ({"revenue": "9,99 €", "email": "a@b"}, [Broken("revenue", "type", "text 9,99 ·")]),
        ({"revenue": -17, "email": "a@b"}, [Broken("revenue", "minimum", "number -99")]),
        ({"revenue": 1}, [Broken("email", "required", None)]),
        ({"revenue": 1, "email": "ada@club.de"}, [Broken("email", "maxLength", "a text")]),
        ({"revenue": 1, "email": "a@b", "note": "call her"}, [Broken("note", "type", "a text")]),
        ({"revenue": 1, "email": "a@b", "day": "Mon"}, [Broken("day", "type", "a text")]),
        ({"revenue": 1, "email": "a@b", "buyer": {"age": "secret"}}, [Broken("buyer", "type", "a text")]),
        ({"revenue": 1, "email": "a@b", "Ada Lovelace": "x"}, [Broken(UNNAMED, "type", "a text")]),
        ({"revenue": 1, "email": "a@b", "more": 1}, [Broken(UNNAMED, UNKNOWN_FIELD, None)]),
    ],
)
def test_a_violation_tells_field_rule_and_mask(
    contract: Contract, payload: dict[str, Any], found: list[Broken]
) -> None:
    assert broken_in(payload, contract, {"day"}) == found


def test_an_identifier_that_no_trait_declares_is_masked_whole(contract: Contract) -> None:
    assert broken_in({"revenue": 1, "email": "a@b", "day": "m-1"}, contract, (), personal_with(["day"])) == [
        Broken("day", "type", "a text")
    ]


def test_no_more_errors_of_an_event_are_read_than_its_bound() -> None:
    """The error that would be the next one is the only one of its rule."""
    schema = {"type": "object", "properties": {"all": {"type": "array", "items": {"type": "number"}}}, "allOf": [LATE]}
    made, problems = parse_contract(ContractFile(event="order", schema=schema))
    assert made is not None, problems
    rules = {
        many: {each.rule for each in broken_in({"all": ["x"] * many}, made)} for many in (MOST_ERRORS - 1, MOST_ERRORS)
    }
    assert rules == {MOST_ERRORS - 1: {"type", "required"}, MOST_ERRORS: {"type"}}


def test_what_breaks_the_event_as_a_whole_is_told_so(contract: Contract) -> None:
    assert Broken(WHOLE, "minProperties", None) in broken_in({}, contract)


@pytest.mark.parametrize(
    ("value", "plain", "hidden"),
    [
        ("AB-12 x", "text AA-99 a", "a text"),
        ("", "an empty text", "a text"),
        ("x" * 30, f"text {'a' * 24}…", "a text"),
        (12.5, "number 99.9", "a number"),
        (True, "a truth value", "a truth value"),
        (None, "null", "null"),
        ([1, 2], "a list of 2", "a list of 2"),
        ({"a": 1}, "an object of 1", "an object of 1"),
    ],
)
def test_a_mask_keeps_the_pattern_of_what_is_plain_and_nothing_of_the_rest(value: Any, plain: str, hidden: str) -> None:
    assert (mask(value, is_plain=True), mask(value, is_plain=False)) == (plain, hidden)


def test_the_payload_is_where_the_kind_of_call_has_it() -> None:
    both = {"properties": {"a": 1}, "traits": {"b": 2}}
    assert payload_of({"type": "track"} | both) == {"a": 1}
    assert payload_of({"type": "identify"} | both) == {"b": 2}
    assert payload_of(["no", "call"]) == payload_of({"type": "track", "properties": "none"}) == {}
