"""Mapping files: what is wrong is told with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.collect.files import MappingFile
from fieldfare.collect.parse_mapping import parse_mapping

SOUND = {
    "mapping": "m",
    "source": "s",
    "event": "E",
    "user_id": "who",
    "occurred_at": {"column": "when"},
    "group_by": "g",
    "fields": {"total": {"sum": {"multiply": ["a", "b"]}}, "x.y": {"column": "c"}},
    "skip_when": [{"when": [{"column": "a", "is": 1}], "count_as": "ones"}],
}


def parsed(**more: Any) -> Any:
    return parse_mapping(msgspec.convert({**SOUND, **more}, MappingFile))


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"user_id": None}, ("user_id",)),
        ({"event": None}, ("event",)),
        ({"event": " "}, ("event",)),
        ({"type": "identify"}, ("event",)),
        ({"type": "group", "event": None}, ("group_id",)),
        ({"group_by": None}, ("fields", "total", "sum")),
        ({"fields": {"a": {}}}, ("fields", "a")),
        ({"fields": {"a": {"column": "c", "count": "rows"}}}, ("fields", "a")),
        ({"fields": {"a": {"column": "c"}, "a.b": {"column": "d"}}}, ("fields", "a.b")),
        ({"fields": {"a": {"column": "c"}}, "constants": {"a": 1}}, ("fields", "a")),
        ({"fields": {"a..b": {"column": "c"}}}, ("fields", "a..b")),
        ({"fields": {"a": {"column": "c", "time_zone": "Nowhere"}}}, ("fields", "a", "time_zone")),
        ({"occurred_at": {"column": "when", "time_zone": "Nowhere"}}, ("occurred_at", "time_zone")),
        ({"skip_when": [{"when": [{"column": "a"}], "count_as": "x"}]}, ("skip_when", 0, "when", 0)),
        (
            {"skip_when": [{"when": [{"column": "a", "is": 1, "above": 2}], "count_as": "x"}]},
            ("skip_when", 0, "when", 0),
        ),
        ({"encoding": "nonsense"}, ("encoding",)),
    ],
)
def test_what_is_wrong_has_a_place(more: dict[str, Any], path: tuple[str | int, ...]) -> None:
    mapping, problems = parsed(**more)
    assert mapping is None
    assert [problem.path for problem in problems] == [path]
    assert all(problem.what and problem.why and problem.fix for problem in problems)


def test_a_mapping_is_compiled() -> None:
    mapping, problems = parsed(event={"column": "kind", "map": {"a": "A"}, "otherwise": "B"})
    assert problems == []
    assert mapping.ids["userId"].column == "who"
    assert (mapping.event.column, mapping.event.map, mapping.event.otherwise) == ("kind", {"a": "A"}, "B")
    total, nested = mapping.fields
    assert (total.how, total.columns, nested.path) == ("sum", ("a", "b"), ("x", "y"))
    assert mapping.skips[0].tests[0].operator == "is"
