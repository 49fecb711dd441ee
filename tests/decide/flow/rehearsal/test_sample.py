"""Samples keep their schema."""

from typing import Any

import jsonschema_rs
import pytest

from fieldfare.flow.rehearsal.sample import sample

SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 9}}, "required": ["a", "b"]},
    {"type": "object", "properties": {"kind": {"enum": ["x", "y"]}, "ok": {"type": "boolean"}}},
    {"type": "object", "properties": {"amount": {"type": "number", "exclusiveMinimum": 0}}},
    {
        "type": "object",
        "properties": {"at": {"type": "string", "format": "date-time"}, "n": {"type": ["null", "integer"]}},
    },
    {"type": "object", "properties": {"code": {"type": "string", "minLength": 12, "maxLength": 12}}},
    {"type": "array", "items": {"const": 4}, "minItems": 2},
    {},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_sample_is_valid_and_the_same_for_its_name(schema: dict[str, Any]) -> None:
    for number in range(50):
        found = sample(schema, "name", number)
        assert jsonschema_rs.validator_for(schema).is_valid(found)
        assert found == sample(schema, "name", number)


def test_names_make_a_difference() -> None:
    assert len({sample({"type": "integer", "minimum": 0, "maximum": 99}, number) for number in range(50)}) > 10
