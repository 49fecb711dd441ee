"""Lists of keys and values, as GA4 exports them, become members of an object."""

import json
from typing import Any

import pytest

from fieldfare.collect.pairs import members
from fieldfare.collect.row_json import UNREADABLE


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([{"key": "a", "value": {"string_value": "x"}}], {"a": "x"}),
        ([{"key": "a", "value": {"string_value": None, "int_value": "12"}}], {"a": 12}),
        ([{"key": "a", "value": {"int_value": 12}}, {"key": "b", "value": {"double_value": 1.5}}], {"a": 12, "b": 1.5}),
        ([{"key": "a", "value": {"float_value": 2.0, "string_value": None}}], {"a": 2.0}),
        (
            [{"key": "a", "value": "plain"}, {"key": "b", "value": 3}, {"key": "c", "value": True}],
            {"a": "plain", "b": 3, "c": True},
        ),
        ([{"key": "a", "value": {"string_value": None}}, {"key": "b"}, {"key": "c", "value": {}}], {}),
        ([{"key": "taken", "value": "x"}, {"key": 'q"', "value": "y\n"}], {'q"': "y\n"}),
        ([{"key": "a", "value": "first"}, {"key": "a", "value": "last"}], {"a": "last"}),
        ([], {}),
    ],
)
def test_pairs(given: list[Any], found: dict[str, Any]) -> None:
    text = members(json.dumps(given), {"taken"})
    assert json.loads(f"{{{text or ''}}}") == found
    assert (text is None) == (found == {})


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "x",
        '[{"value": 1}]',
        '[{"key": 1}]',
        '[{"key": "a", "value": {"int_value": "x"}}]',
        "[" * 5000,
        "1",
        "null",
    ],
)
def test_anything_else_is_unreadable(text: str) -> None:
    assert members(text, ()) == UNREADABLE


def test_nothing_is_nothing() -> None:
    assert members(None, ()) is None
    assert members(" ", ()) is None
