"""The statements of a mapping, run on rows in memory: types, skips, groups, and no way for a name to become SQL."""

import hashlib
import json
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest

from fieldfare.collect.files import MappingFile
from fieldfare.collect.mapping import LINE, ROW
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.collect.row_sql import (
    TYPED,
    bad_calls,
    calls,
    grouped_rows,
    judged_rows,
    mark_duplicates,
    named_columns,
    pairs_columns,
)
from fieldfare.collect.row_values import name

BASE = {"mapping": "m", "source": "s", "event": "E", "user_id": "who", "occurred_at": {"column": "when"}}
Row = dict[str, str | None]


def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def run(rows: list[Row], *, bad: bool = False, **more: Any) -> list[dict[str, Any]]:
    """Return what the rows become: ``call0`` decoded, the other columns as they are."""
    mapping, problems = parse_mapping(msgspec.convert({**BASE, **more}, MappingFile))
    assert mapping is not None, problems
    columns = named_columns(mapping)
    full = [{**dict.fromkeys(columns), "who": "u", "when": "2026-01-02", **row} for row in rows]
    numbers = pa.array(range(1, len(rows) + 1), pa.int64())
    table = pa.table(
        {name(column): pa.array([row.get(column) for row in full], pa.string()) for column in columns}
        | {ROW: numbers, LINE: numbers}
        | {pairs: pa.array([row.get(pairs) for row in full], pa.string()) for pairs in pairs_columns(mapping)}
    )
    connection = engine()
    connection.register("rows", table)
    connection.execute(f"CREATE TABLE {TYPED} AS {judged_rows(mapping, columns)}")
    if mapping.duplicates_label:
        connection.execute(mark_duplicates(mapping.duplicates_label))
    source = grouped_rows(mapping) if mapping.group_by else f"SELECT * FROM {TYPED} ORDER BY file_row"
    query = bad_calls(mapping) if bad else calls(mapping, f"({source})")
    found: list[dict[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
    for row in found:
        for key in [key for key in row if key.startswith("call")]:
            row[key] = json.loads(row[key]) if row[key] is not None else None
    return found


def properties(rows: list[Row], fields: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [row["call0"]["properties"] for row in run(rows, fields=fields, **more)]


def test_a_call_is_whole_and_says_nothing_of_what_is_missing() -> None:
    (row,) = run(
        [{"a": 'q"\n\0', "c": "3", "who": None, "member": "7.0", "city": "Köln"}],
        anonymous_id="device",
        external_ids={"membership_id": {"column": "member", "type": "integer"}, "card": "card"},
        fields={
            "x.y": {"column": "a"},
            "x.z": {"column": "b"},
            "n.m": {"column": "b"},
            "context.page.city": {"column": "city"},
        },
        constants={"currency": "EUR"},
        context={"generated": True},
        message_id=["c"],
    )
    assert row["bad0"] is None
    call = row["call0"]
    assert call.pop("messageId").startswith("file_")
    assert call == {
        "type": "track",
        "event": "E",
        "timestamp": "2026-01-02T00:00:00Z",
        "properties": {"currency": "EUR", "x": {"y": 'q"\n\0'}},
        "context": {
            "generated": True,
            "page": {"city": "Köln"},
            "externalIds": [{"type": "membership_id", "collection": "users", "encoding": "none", "id": "7"}],
        },
    }


@pytest.mark.parametrize(
    ("type_", "event", "payload"),
    [("identify", None, "traits"), ("page", None, "properties"), ("group", None, "traits")],
)
def test_other_calls(type_: str, event: None, payload: str) -> None:
    (row,) = run([{"a": "x", "g": "club"}], type=type_, event=event, group_id="g", fields={"name": {"column": "a"}})
    assert (row["call0"]["type"], row["call0"][payload], row["call0"]["groupId"]) == (type_, {"name": "x"}, "club")
    assert "event" not in row["call0"]


def test_message_ids_depend_on_what_names_the_event_alone() -> None:
    def of(row: Row, **more: Any) -> str:
        found: str = run([row], **{"message_id": ["a", "b"], **more})[0]["call0"]["messageId"]
        return found

    plain = of({"a": "1", "b": "2"})
    parts = "1:s5:track1:E1:11:2"
    assert plain == "file_" + hashlib.sha256(parts.encode()).hexdigest()[:26], "as the page of the loader says"
    assert plain == of({"a": " 1", "b": "2", "who": "other", "when": "2026-02-02"})
    others = [
        of({"a": "12", "b": None}),
        of({"a": None, "b": "12"}),
        of({"a": "1", "b": "2"}, source="t"),
        of({"a": "1", "b": "2"}, event="F"),
        of({"a": "11:2", "b": None}),
    ]
    assert len({plain, *others}) == 6
    assert of({"a": "sent-1"}, message_id={"column": "a", "as_sent": True}) == "sent-1"
    twice = run([{"a": "1"}, {"a": "1"}], fields={"x": {"column": "a"}})
    assert twice[0]["call0"]["messageId"] != twice[1]["call0"]["messageId"], "rows that are alike are two rows"


def test_a_missing_message_id_that_was_sent_is_a_bad_row() -> None:
    (row,) = run([{"a": " "}], message_id={"column": "a", "as_sent": True})
    assert row["bad0"] == "`a`, the message id, is missing"


def test_a_bad_row_keeps_what_was_written() -> None:
    fields = {
        "n": {"column": "n", "type": "number"},
        "p": {"multiply": ["n", "q"]},
        "d": {"column": "d", "type": "date"},
        "ok": {"column": "ok", "type": "integer"},
    }
    (row,) = run([{"n": "much", "q": "2", "d": "soon", "ok": "3", "when": "then"}], fields=fields)
    assert row["bad0"] == "`when` is not a date-time"
    assert row["call0"]["timestamp"] == "then"
    assert row["call0"]["properties"] == {"n": "much", "p": ["much", "2"], "d": "soon", "ok": 3}


def test_a_text_that_is_mapped_is_no_bad_value() -> None:
    fields = {"f": {"column": "c", "type": "number", "map": {"none": 0, "all": {"of": ["it"]}}}}
    rows = run([{"c": "none"}, {"c": "x"}, {"c": "all"}, {"c": "2"}], fields=fields)
    assert [row["bad0"] for row in rows] == [None, "`c` is not of type number", None, None]
    assert [row["call0"]["properties"]["f"] for row in rows] == [0, "x", {"of": ["it"]}, 2.0]


def test_defaults_lists_and_json() -> None:
    fields = {
        "d": {"column": "a", "type": "integer", "default": 7},
        "tags": {"column": "b", "split": ";"},
        "j": {"column": "c", "type": "json"},
    }
    rows: list[Row] = [{"a": "1", "b": " x; y ;;", "c": '{"k": [1, null]}'}, {"b": ";"}, {"a": "x", "c": "{"}]
    found = run(rows, fields=fields)
    assert found[0]["call0"]["properties"] == {"d": 1, "tags": ["x", "y"], "j": {"k": [1, None]}}
    assert found[1]["call0"]["properties"] == {"d": 7, "tags": []}
    assert [row["bad0"] for row in found] == [None, None, "`a` is not of type integer"]
    assert found[2]["call0"]["properties"] == {"d": "x", "j": "{"}


def test_products_and_sums_are_exact() -> None:
    fields = {
        "total": {"multiply": ["q", "p"]},
        "owed": {"multiply": ["q", "p"], "absolute": True},
        "cents": {"multiply": ["q", "p"], "type": "money"},
        "three": {"multiply": ["q", "p", "q"]},
    }
    assert properties([{"q": "-3", "p": "0.1"}, {"q": "3", "p": "$1.005"}, {"q": None, "p": "1"}], fields)[0] == {
        "total": -0.3,
        "owed": 0.3,
        "cents": -30,
        "three": pytest.approx(0.9),
    }
    (bad,) = run([{"q": "one", "p": "1"}], fields=fields)
    assert bad["bad0"] == "`q` is not a number"


@pytest.mark.parametrize(
    ("test", "fits"),
    [
        ({"is": "a"}, ["a"]),
        ({"is": 2}, ["2", "2.0"]),
        ({"is_not": "a"}, ["", "2", "2.0", "bc", "10"]),
        ({"in": ["a", 2]}, ["a", "2", "2.0"]),
        ({"missing": True}, [""]),
        ({"missing": False}, ["a", "2", "2.0", "bc", "10"]),
        ({"below": 10}, ["2", "2.0"]),
        ({"at_most": 10}, ["2", "2.0", "10"]),
        ({"above": 2}, ["10"]),
        ({"at_least": 2}, ["2", "2.0", "10"]),
        ({"starts_with": "b"}, ["bc"]),
        ({"not_starts_with": "b"}, ["a", "2", "2.0", "10"]),
    ],
)
def test_skips_and_conditions(test: dict[str, Any], fits: list[str]) -> None:
    values = ["", "a", "2", "2.0", "bc", "10"]
    rows = run([{"c": value} for value in values], skip_when=[{"when": [{"column": "c", **test}], "count_as": "x"}])
    assert [value for value, row in zip(values, rows, strict=True) if row["left_out"] == "x"] == fits
    assert [value for value, row in zip(values, rows, strict=True) if row["call0"] is None] == fits
    some = run([{"c": value} for value in values], when=[{"column": "c", **test}])
    assert [value for value, row in zip(values, some, strict=True) if row["call0"] is not None] == fits


def test_all_tests_of_a_rule_hold_and_the_first_rule_counts() -> None:
    both = [{"column": "a", "is": 1}, {"column": "b", "is": 1}]
    rules = [{"when": both, "count_as": "both"}, {"when": both[:1], "count_as": "one"}]
    rows = run([{"a": "1", "b": "1"}, {"a": "1"}, {"b": "1"}], skip_when=rules)
    assert [row["left_out"] for row in rows] == ["both", "one", None]


def test_a_row_becomes_several_events() -> None:
    also = [
        {
            "event": "cancelled",
            "when": [{"column": "out", "missing": False}],
            "occurred_at": {"column": "out"},
            "fields": {"fee": {"column": "fee", "type": "money"}},
        },
        {"type": "identify", "fields": {"email": {"column": "mail"}}},
    ]
    first, second = run([{"out": "2026-01-05", "fee": "x", "mail": "a@b.c"}, {}], also=also, message_id=["who"])
    assert (first["call0"]["event"], first["call1"]["event"], first["call2"]["type"]) == ("E", "cancelled", "identify")
    assert (first["bad0"], first["bad1"], first["bad2"]) == (None, "`fee` is not of type money", None)
    assert first["call1"]["timestamp"] == "2026-01-05T00:00:00Z"
    assert first["call2"]["traits"] == {"email": "a@b.c"}
    assert len({first[f"call{index}"]["messageId"] for index in range(3)}) == 3
    assert (second["call1"], second["bad1"], second["call2"]["traits"]) == (None, None, {})


def test_pairs_become_properties() -> None:
    rows = run([{"pairs0": '"a":1,"b":"x"'}, {}, {"pairs0": "!"}], pairs="params", constants={"k": 1})
    assert [row["call0"]["properties"] for row in rows] == [{"a": 1, "b": "x", "k": 1}, {"k": 1}, {"k": 1}]
    assert [row["bad0"] for row in rows] == [None, None, "`params` is not a list of keys and values"]


def test_repetitions_are_marked_but_the_first() -> None:
    rows = run(
        [{"who": "a"}, {"who": "b"}, {"who": "a"}, {"who": "a", "when": "x"}, {"who": None}], skip_duplicates="again"
    )
    assert [row["left_out"] for row in rows] == [None, None, "again", None, None]


def test_an_empty_value_is_not_an_absent_neighbour() -> None:
    rows = run([{"a": "", "b": "x"}, {"a": "x", "b": ""}], skip_duplicates="again", message_id=["a", "b"])
    assert [row["left_out"] for row in rows] == [None, None]


GROUPED: dict[str, Any] = {
    "group_by": "g",
    "fields": {
        "total": {"sum": {"multiply": ["q", "p"]}},
        "owed": {"sum": "q", "absolute": True},
        "lines": {"count": "rows"},
        "kinds": {"distinct": "s"},
        "first": {"column": "s"},
        "cents": {"sum": "p", "type": "money"},
        "when": {"column": "w", "type": "date"},
    },
}


def test_groups_add_up_exactly_in_time_order() -> None:
    rows: list[Row] = [
        {"g": "2", "q": "1", "p": "0.1", "when": "2026-01-03", "s": "x"},
        {"g": "1", "q": "3", "p": "0.1", "when": "2026-01-02", "s": "x"},
        {"g": "1", "q": "-1", "p": "0.1", "when": "2026-01-01", "s": "y", "who": "other"},
        {"g": "1", "q": "one", "p": "1"},
        {"g": None, "q": "1", "p": "1"},
    ]
    first, second = run(rows, **GROUPED)
    assert (first["file_row"], first["call0"]["userId"]) == (2, "u")
    assert first["call0"]["timestamp"] == "2026-01-01T00:00:00Z"
    assert first["call0"]["properties"] == {
        "total": 0.2,
        "owed": 2,
        "lines": 2,
        "kinds": 2,
        "first": "x",
        "cents": 20,
    }
    assert second["call0"]["properties"]["total"] == 0.1


def test_a_bad_row_of_a_group_stands_alone() -> None:
    rows: list[Row] = [{"g": "1", "q": "one", "p": "1", "s": "x", "w": "soon"}, {"g": "1", "q": "1", "p": "1"}]
    (bad,) = run(rows, bad=True, **GROUPED)
    (sound,) = run(rows, **GROUPED)
    assert (bad["file_row"], bad["bad0"]) == (1, "`q` is not a number")
    assert bad["call0"]["properties"] == {"first": "x", "when": "soon"}
    assert bad["call0"]["messageId"] != sound["call0"]["messageId"]
    assert sound["call0"]["properties"]["lines"] == 1


def test_event_names_by_rule() -> None:
    def names(rule: dict[str, Any], *kinds: str | None) -> list[str | None]:
        return [
            row["call0"].get("event") for row in run([{"k": kind} for kind in kinds], event={"column": "k", **rule})
        ]

    rule = {"map": {"a": "A"}, "starts_with": {"C": "Back"}, "otherwise": "Buy"}
    assert names(rule, "a", "C1", "z", None) == ["A", "Back", "Buy", "Buy"]
    assert names({"map": {"a": "A"}}, "z", "a") == [None, "A"]
    assert names({}, "page_view", None) == ["page_view", None]
    strict = run([{"k": "z"}], event={"column": "k", "map": {"a": "A"}})
    assert strict[0]["bad0"] == "`k` gives no event name"


@pytest.mark.parametrize("odd", ["a'; DROP TABLE typed; --", 'a" FROM rows; --', "a b", "select", "ä", "WHEN", "a\0b"])
def test_names_and_values_are_never_statements(odd: str) -> None:
    more: dict[str, Any] = {
        "fields": {"f": {"column": odd, "map": {odd: 1}}, "s": {"column": odd, "split": odd}},
        "event": {"column": odd, "map": {odd: odd}, "otherwise": "x"},
        "skip_when": [{"when": [{"column": odd, "is": "never"}, {"column": odd, "starts_with": odd}], "count_as": odd}],
        "constants": {odd + "'": odd},
        "context": {odd: odd},
        "external_ids": {odd: odd},
        "message_id": [odd],
        "user_id": odd,
    }
    (row,) = run([{odd: odd}], **more)
    call = row["call0"]
    assert (row["bad0"], row["left_out"]) == (None, None)
    assert (call["event"], call["userId"], call["properties"]["f"]) == (odd, odd, 1)
    assert (call["properties"][odd + "'"], call["context"][odd]) == (odd, odd)
    assert call["context"]["externalIds"][0]["type"] == odd


def test_columns_that_differ_in_case_are_two() -> None:
    assert properties([{"Date": "x", "date": "y"}], {"a": {"column": "Date"}, "b": {"column": "date"}}) == [
        {"a": "x", "b": "y"}
    ]
