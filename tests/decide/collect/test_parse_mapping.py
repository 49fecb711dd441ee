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

FLAT: dict[str, Any] = {"group_by": None, "fields": {"a": {"column": "c"}}}


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
        ({"also": [{"event": "F"}]}, ("also",)),
        ({"pairs": "p"}, ("pairs",)),
        ({"when": [{"column": "a", "is": 1}]}, ("when",)),
        ({**FLAT, "also": [{"event": "E"}]}, ("also", 0, "event")),
        ({**FLAT, "also": [{"event": {"column": "k", "map": {"x": "E"}}}]}, ("also", 0, "event")),
        ({**FLAT, "also": [{}]}, ("also", 0, "event")),
        ({**FLAT, "also": [{"event": "F", "fields": {"a": {}}}]}, ("also", 0, "fields", "a")),
        ({**FLAT, "also": [{"event": "F", "when": [{"column": "a"}]}]}, ("also", 0, "when", 0)),
        ({**FLAT, "also": [{"type": "group"}]}, ("group_id",)),
        (
            {**FLAT, "also": [{"event": "F", "occurred_at": {"column": "w", "time_zone": "Nowhere"}}]},
            ("also", 0, "occurred_at", "time_zone"),
        ),
        ({**FLAT, "also": [{"event": "F"}], "message_id": {"column": "i", "as_sent": True}}, ("message_id", "as_sent")),
        ({**FLAT, "live": {"max_age": "2 days"}}, ("live",)),
        ({"live": {"max_age": "2"}}, ("live", "max_age")),
        ({"occurred_at": {"column": "d", "time_column": "t", "format": "epoch_s"}}, ("occurred_at", "time_column")),
        ({"fields": {"a": {"column": "c", "split": ";", "type": "number"}}}, ("fields", "a", "split")),
        ({"fields": {"context": {"column": "c"}}}, ("fields", "context")),
        ({"fields": {"context.ip": {"column": "c"}}, "context": {"ip": "x"}}, ("fields", "context.ip")),
        ({"external_ids": {"card": "c"}, "context": {"externalIds": []}}, ("external_ids",)),
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
    (part,) = mapping.parts
    assert (part.event.column, part.event.map, part.event.otherwise) == ("kind", {"a": "A"}, "B")
    total, nested = part.fields
    assert (total.how, total.columns, nested.path) == ("sum", ("a", "b"), ("x", "y"))
    assert mapping.skips[0].tests[0].operator == "is"


def test_further_events_take_what_is_the_rows() -> None:
    further = {
        "type": "identify",
        "fields": {"email": {"column": "mail"}},
        "when": [{"column": "mail", "missing": False}],
    }
    live = {"max_age": "36 hours"}
    more = {"also": [further], "message_id": {"column": "i", "as_sent": True}, "live": live, "delimiter": ";"}
    mapping, problems = parsed(**FLAT, **{**more, "message_id": ["i"]})
    assert problems == []
    assert mapping.parts[1].occurred_at == mapping.parts[0].occurred_at
    assert (mapping.parts[1].type, mapping.parts[1].when[0].operand) == ("identify", False)
    assert mapping.live_max_age == 36 * 3_600_000_000
    assert (mapping.message_id, mapping.as_sent, mapping.delimiter) == (("i",), False, ";")
    sent, problems = parsed(**FLAT, message_id={"column": "i", "as_sent": True}, live=live)
    assert (problems, sent.message_id, sent.as_sent) == ([], ("i",), True)
