"""Schemas compared: each keyword both ways, and never a yes to a change that refuses what was accepted."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fieldfare.collect import compare_schemas
from fieldfare.collect.compare_schemas import differences
from tests.amounts import examples


def told(old: Any, new: Any) -> list[tuple[str, str, bool]]:
    return [(each.place, each.what, each.is_narrower) for each in differences(old, new)]


def field(schema: Any) -> dict[str, Any]:
    return {"properties": {"a": schema}}


@pytest.mark.parametrize(
    ("wide", "narrow", "words"),
    [
        ({}, {"type": "string"}, "type was narrowed"),
        ({"type": ["string", "null"]}, {"type": "string"}, "no `null` any more"),
        ({"type": "number"}, {"type": "integer"}, "no `number` any more"),
        ({"enum": [1, 2]}, {"enum": [2]}, "1 values were removed"),
        ({}, {"enum": [1]}, "only some values"),
        ({"const": 1}, {"const": 2}, "fixed value"),
        ({"minimum": 1}, {"minimum": 2}, "`minimum` was narrowed"),
        ({}, {"maxLength": 3}, "`maxLength` was narrowed"),
        ({"maxItems": 5}, {"maxItems": 4}, "`maxItems` was narrowed"),
        ({}, {"pattern": "^a"}, "`pattern` was added"),
        ({}, {"required": ["b"]}, "required now"),
        ({}, {"additionalProperties": False}, "other fields are restricted"),
        ({"items": {"type": ["string", "number"]}}, {"items": {"type": "string"}}, "type was narrowed"),
        ({"properties": {"b": {}}}, {"properties": {"b": {"type": "string"}}}, "type was narrowed"),
        ({}, {"anyOf": [{"type": "string"}]}, "`anyOf` was added"),
        (True, False, "another"),
        ({}, False, "another"),
    ],
)
def test_one_way_is_narrower_and_the_other_is_not(wide: Any, narrow: Any, words: str) -> None:
    there = told(field(wide), field(narrow))
    assert any(words in what and is_narrower for _, what, is_narrower in there), there
    assert all(place.startswith("a") for place, _, _ in there)
    if not {"const"} & set(wide if isinstance(wide, dict) else ()):
        assert not any(is_narrower for _, _, is_narrower in told(field(narrow), field(wide)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (field({}), {"properties": {}}, [("a", "the field was removed", False)]),
        (field({}), {"properties": {}, "additionalProperties": False}, [("a", "the field was removed", True)]),
        ({}, field({"type": "string"}), [("a", "the field was added", False)]),
        (field({"title": "x"}), field({"description": "y", "format": "date"}), []),
        ({"patternProperties": {"^x": {}}}, {"patternProperties": {"^x": {}}, "minProperties": 0}, 2),
    ],
)
def test_fields_come_and_go(old: Any, new: Any, expected: Any) -> None:
    found = told(old, new)
    if isinstance(expected, int):
        assert len(found) == expected
        assert any("may mean something else" in what for _, what, _ in found)
        return
    assert [each for each in found if each[0]] == expected


_numbers = st.fixed_dictionaries(
    {}, optional={"minimum": st.integers(-2, 2), "exclusiveMaximum": st.integers(-2, 3), "multipleOf": st.just(2)}
)
_texts = st.fixed_dictionaries({}, optional={"minLength": st.integers(0, 2), "maxLength": st.integers(0, 3)})
_typed = st.fixed_dictionaries(
    {},
    optional={
        "type": st.lists(st.sampled_from(["string", "integer", "number", "null", "boolean"]), min_size=1, unique=True),
        "enum": st.lists(st.sampled_from(["", "ab", 0, 1, None, 1.5]), min_size=1, unique=True),
    },
)
_leaf = st.tuples(_typed, _numbers, _texts).map(lambda parts: {**parts[0], **parts[1], **parts[2]})


def _object(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    more = {"additionalProperties": st.one_of(st.booleans(), inner), "items": inner}
    more["required"] = st.lists(st.sampled_from("abc"), unique=True)
    return st.tuples(names, st.fixed_dictionaries({}, optional=more)).map(lambda one: {"properties": one[0], **one[1]})


_schemas = _object(st.one_of(_leaf, st.booleans(), _object(_leaf)))
_values = st.recursive(
    st.sampled_from(["", "a", "abc", 0, 1, -1, 3, 1.5, None, True]),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)),
    max_leaves=6,
)


def has_new_field(old: Any, new: Any) -> bool:
    """Whether a property was added somewhere, which counts as compatible whatever was sent before."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    before, after = old.get("properties", {}), new.get("properties", {})
    pairs = [(before[name], after[name]) for name in before.keys() & after.keys()]
    pairs += [(old.get(key, True), new.get(key, True)) for key in ("items", "additionalProperties")]
    return bool(after.keys() - before.keys()) or any(has_new_field(*pair) for pair in pairs)


def breaks_a_promise(old: Any, new: Any, value: Any) -> bool:
    """Whether a change that is called harmless refuses a value that the old schema allowed."""
    if any(each.is_narrower for each in differences(old, new)):
        return False
    return jsonschema_rs.is_valid(old, value) and not jsonschema_rs.is_valid(new, value)


@settings(max_examples=examples(300), deadline=None)
@given(_schemas, st.data())
def test_what_is_called_harmless_refuses_nothing(old: Any, data: st.DataObject) -> None:
    new = data.draw(st.one_of(_schemas, st.just(old).map(lambda schema: _changed(data, schema))))
    assume(not has_new_field(old, new))
    for _ in range(4):
        value = data.draw(_values)
        assert not breaks_a_promise(old, new, value), (old, new, value)


def _changed(data: st.DataObject, schema: Any) -> Any:
    """Return the schema with one keyword gone or another, so that near schemas are compared too."""
    key = data.draw(st.sampled_from(sorted(schema)))
    changed = {name: value for name, value in schema.items() if name != key}
    if data.draw(st.booleans()):
        changed["required"] = data.draw(st.lists(st.sampled_from("abc"), unique=True))
    return {"properties": schema.get("properties", {}), **changed}


def test_planted_without_the_required_fields_the_property_fails() -> None:
    real = compare_schemas._required
    try:
        compare_schemas._required = lambda *_: iter(())
        assert breaks_a_promise({}, {"required": ["a"]}, {})
    finally:
        compare_schemas._required = real
    assert not breaks_a_promise({}, {"required": ["a"]}, {})
