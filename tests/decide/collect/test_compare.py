"""What changed between contracts is named, and named for what it means."""

from typing import Any

import pytest

from fieldfare.collect.compare import Effect, compare
from fieldfare.collect.contracts import CollectSettings
from fieldfare.collect.files import ContractFile, FieldFile

REVENUE = {"properties": {"revenue": {"type": "number"}}}
OLD = ContractFile(
    event="order", schema=REVENUE, synonyms=["Order"], fields={"revenue": FieldFile(purposes=["billing"], unit="EUR")}
)


def changed(**more: Any) -> ContractFile:
    kept = {name: getattr(OLD, name) for name in OLD.__struct_fields__}
    return ContractFile(**{**kept, **more})


def told(old: list[ContractFile], new: list[ContractFile], **settings: Any) -> list[tuple[str, str, str]]:
    def by_version(files: list[ContractFile]) -> dict[str, dict[int, ContractFile]]:
        found: dict[str, dict[int, ContractFile]] = {}
        for file in files:
            found.setdefault(file.event, {})[file.version] = file
        return found

    found = compare(by_version(old), by_version(new), CollectSettings(**settings))
    return [(each.effect.value, each.field, each.what) for each in found]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"description": "d"}, []),
        (
            {"schema": {**REVENUE, "required": ["revenue"]}, "version": 2},
            [
                ("notice", "", "the version was removed; events that state it are refused"),
                ("compatible", "", "the version is new"),
                ("incompatible", "revenue", "it is required now"),
            ],
        ),
        (
            {"schema": {"properties": {"revenue": {"type": ["number", "null"]}}}},
            [
                ("compatible", "revenue", "the type was widened: `null` too"),
                ("notice", "", "the schema changed and the version was not raised"),
            ],
        ),
        ({"synonyms": []}, [("incompatible", "", "the synonym `Order` was removed")]),
        ({"synonyms": ["Order", "sale"]}, [("compatible", "", "the synonym `sale` was added")]),
        ({"forbidden_fields": "refuse"}, [("policy", "", "`forbidden_fields` is now refuse")]),
        ({"forbidden_fields": "strip"}, [("policy", "", "`forbidden_fields` is now strip")]),
        (
            {"fields": {"revenue": FieldFile(sensitivity="financial", retention="30 days")}},
            [
                (
                    "policy",
                    "revenue",
                    "the sensitivity is financial, was none; it is not allowed, so the value is removed at the door",
                ),
                ("policy", "revenue", "the purposes are none, were billing"),
                ("policy", "revenue", "the retention is 30 days, was not limited"),
                ("policy", "revenue", "the unit is not said, was EUR"),
            ],
        ),
    ],
)
def test_a_changed_contract(more: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert told([OLD], [changed(**more)]) == expected


@pytest.mark.parametrize(("unknown", "effect"), [("keep", Effect.COMPATIBLE), ("strip", Effect.INCOMPATIBLE)])
def test_a_field_that_is_no_longer_named_is_lost_where_unknown_ones_are(unknown: str, effect: Effect) -> None:
    found = told([OLD], [changed(schema={"properties": {}}, fields={})], unknown_fields=unknown)
    assert (effect.value, "revenue", "the field was removed") in found


def test_contracts_come_and_go() -> None:
    assert told([], [OLD])[0] == ("compatible", "", "the contract is new")
    strict = changed(schema={**REVENUE, "required": ["revenue"]})
    assert ("incompatible", "revenue", "it is required now") in told([], [strict])
    assert told([OLD], []) == [("compatible", "", "the contract was removed")]
    assert told([OLD], [], unknown_events="quarantine") == [("incompatible", "", "the contract was removed")]


def test_each_version_is_compared_with_itself_and_the_unversioned_with_what_held_for_them() -> None:
    second = changed(version=2, schema={"properties": {"revenue": {"type": "integer"}}})
    narrowed = ("incompatible", "revenue", "the type was narrowed: no `number` any more")
    assert told([OLD, second], [OLD, second]) == []
    assert narrowed in told([OLD], [OLD, second])
    assert told([OLD], [OLD, second], unversioned_events="oldest") == [("compatible", "", "the version is new")]
    removed = ("incompatible", "", "the version was removed; events that state it are refused")
    assert told([OLD, second], [second]) == [removed]
    silent = changed(version=1, schema={"properties": {"revenue": {"type": "integer"}}})
    assert narrowed in told([OLD, second], [silent, second])
