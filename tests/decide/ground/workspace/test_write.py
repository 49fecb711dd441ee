"""Values written as YAML read back the same, whatever they are, or are refused."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.ground.workspace.read import read_yaml
from fieldfare.ground.workspace.write import write_yaml
from tests.amounts import examples

plain = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12)
values = st.dictionaries(
    st.text(max_size=6),
    st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner), max_leaves=5
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=examples(40), deadline=None)
@given(values)
def test_what_is_written_reads_back_the_same_or_is_refused(value: dict[str, Any]) -> None:
    try:
        text = write_yaml(value)
    except ValueError:
        return
    assert read_yaml("x.yaml", text.encode()).value == value


@pytest.mark.parametrize(
    "value",
    [
        {
            "audience": "lapsed",
            "where": {"all": [{"trait": "plan", "is": "gold"}, {"did": "check_in", "within": "30 days"}]},
        },
        {"a": "true", "b": "7", "c": "null", "d": "", "e": "2026-01-31", "f": "~", "g": " x "},
        {"sql": "SELECT profile_id\nFROM events\nWHERE true\n"},
        {"share": 0.25, "count": 3, "on": True, "none": None, "list": [], "map": {}},
    ],
)
def test_what_workspaces_hold_is_written(value: dict[str, Any]) -> None:
    assert read_yaml("x.yaml", write_yaml(value).encode()).value == value
