"""Paths: what they find, and what is no path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.sources.paths import JsonPath, Scope, first_of, parse_path, values_at

PAYLOAD = {
    "id": 7,
    "a": {"b": [{"c": 1}, {"c": None}, {"d": 2}, 3]},
    "with.dot": {"x y": "z"},
    "list": [[1, 2], [3]],
    "zero": 0,
    "no": False,
    "nothing": None,
}
SCOPE = Scope({"b": "here"}, PAYLOAD, {b"x-topic": b" orders/create ", b"x-empty": b" "})


def path(text: str) -> JsonPath:
    found = parse_path(text)
    assert isinstance(found, JsonPath), found
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b", ["here"]),
        ("$.id", [7]),
        ("$", [PAYLOAD]),
        ("$.a.b[0].c", [1]),
        ("$.a.b[*].c", [1]),
        ("$.a.b[9].c", []),
        ('$["with.dot"]["x y"]', ["z"]),
        ("$.list[*][*]", [1, 2, 3]),
        ("$.list[1][0]", [3]),
        ("$.zero", [0]),
        ("$.no", [False]),
        ("$.nothing", []),
        ("$.id.deeper", []),
        ("$.a[0]", []),
        ("header:X-Topic", ["orders/create"]),
        ("header: x-topic", ["orders/create"]),
        ("header:X-Empty", []),
        ("header:X-Other", []),
    ],
)
def test_a_path_finds(text: str, expected: list[Any]) -> None:
    assert values_at(path(text), SCOPE) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "a..b", ".a", "a.", "a[", "a[x]", "a[-1]", "a b", "[*", 'a["', "a]b", "header:", "header:a b"]
)
def test_what_is_no_path_is_told(text: str) -> None:
    told = parse_path(text)
    assert isinstance(told, str)
    assert told.endswith(".")


def test_the_first_path_with_a_value_counts() -> None:
    assert first_of((path("$.nothing"), path("$.zero"), path("$.id")), SCOPE) == 0
    assert first_of((path("$.nothing"),), SCOPE) is None


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_a_sentence(text: str) -> None:
    found = parse_path(text)
    if isinstance(found, JsonPath):
        values_at(found, SCOPE)
