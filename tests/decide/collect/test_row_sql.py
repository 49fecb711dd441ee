"""The statements of a mapping, run on rows in memory: types, skips, groups, and no way for a name to become SQL."""

from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest

from fieldfare.collect.files import MappingFile
from fieldfare.collect.mapping import ROW
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.collect.row_sql import TYPED, grouped_rows, mark_duplicates, named_columns, typed_rows
from fieldfare.ground.instants import parse_iso

BASE = {"mapping": "m", "source": "s", "event": "E", "user_id": "who", "occurred_at": {"column": "when"}}


def run(rows: list[dict[str, str | None]], **more: Any) -> list[dict[str, Any]]:
    mapping, problems = parse_mapping(msgspec.convert({**BASE, **more}, MappingFile))
    assert mapping is not None, problems
    columns = named_columns(mapping)
    full = [{**dict.fromkeys(columns), "who": "u", "when": "2026-01-02", **row} for row in rows]
    table = pa.table(
        {name: pa.array([row.get(name) for row in full], pa.string()) for name in columns}
        | {ROW: pa.array(range(1, len(rows) + 1), pa.int64())}
    )
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("rows", table)
    connection.execute(f"CREATE TABLE {TYPED} AS {typed_rows(mapping, columns)}")
    if mapping.duplicates_label:
        connection.execute(mark_duplicates(mapping.duplicates_label))
    query = grouped_rows(mapping) if mapping.group_by else f"SELECT * FROM {TYPED} ORDER BY file_row"
    found: list[dict[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
    return found


@pytest.mark.parametrize(
    ("when", "text", "instant"),
    [
        ({}, "2026-01-02T03:04:05.5", "2026-01-02T03:04:05.5Z"),
        ({}, "2026-01-02 03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ({}, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ({}, "2026-07-02", "2026-07-02T00:00:00Z"),
        ({"time_zone": "Europe/London"}, "2026-07-02 03:04:05", "2026-07-02T02:04:05Z"),
        ({"time_zone": "Europe/London"}, "2026-07-02", "2026-07-01T23:00:00Z"),
        ({"time_zone": "Europe/London"}, "2026-07-02T03:04:05Z", "2026-07-02T03:04:05Z"),
        ({"format": "%m/%d/%Y %H:%M", "time_zone": "America/New_York"}, "1/2/2026 7:45", "2026-01-02T12:45:00Z"),
        ({"format": "epoch_s"}, "1767322800.5", "2026-01-02T03:00:00.5Z"),
        ({"format": "epoch_ms"}, "1767322800500", "2026-01-02T03:00:00.5Z"),
        ({}, "soon", None),
        ({}, None, None),
        ({"format": "%Y"}, "2026-01-02", None),
    ],
)
def test_instants(when: dict[str, str], text: str | None, instant: str | None) -> None:
    (row,) = run([{"when": text}], occurred_at={"column": "when", **when})
    assert row["at_us"] == (parse_iso(instant) if instant else None)
    assert (row["bad"] is None) == (instant is not None)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("text", " a ", "a"),
        ("text", " ", None),
        ("number", "1.50", 1.5),
        ("number", "nan", "bad"),
        ("number", "x", "bad"),
        ("number", "", None),
        ("integer", "13085.0", 13085),
        ("integer", "1.5", "bad"),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("boolean", "maybe", "bad"),
        ("date", "2026-01-02", "2026-01-02"),
        ("date", "x", "bad"),
    ],
)
def test_types(type_: str, text: str, value: Any) -> None:
    (row,) = run([{"c": text}], fields={"f": {"column": "c", "type": type_}})
    if value == "bad":
        assert row["bad"] == f"`c` is not of type {type_}"
    else:
        assert (row["f0"], row["bad"]) == (value, None)


def test_a_mapped_text_is_no_bad_value() -> None:
    rows = run([{"c": "none"}, {"c": "x"}], fields={"f": {"column": "c", "type": "number", "map": {"none": 0}}})
    assert [row["bad"] for row in rows] == [None, "`c` is not of type number"]
    assert rows[0]["r0"] == "none"


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
def test_skips(test: dict[str, Any], fits: list[str]) -> None:
    values = ["", "a", "2", "2.0", "bc", "10"]
    rows = run([{"c": value} for value in values], skip_when=[{"when": [{"column": "c", **test}], "count_as": "x"}])
    assert [value for value, row in zip(values, rows, strict=True) if row["left_out"] == "x"] == fits


def test_all_tests_of_a_rule_hold_and_the_first_rule_counts() -> None:
    both = [{"column": "a", "is": 1}, {"column": "b", "is": 1}]
    rules = [{"when": both, "count_as": "both"}, {"when": both[:1], "count_as": "one"}]
    rows = run([{"a": "1", "b": "1"}, {"a": "1"}, {"b": "1"}], skip_when=rules)
    assert [row["left_out"] for row in rows] == ["both", "one", None]


def test_repetitions_are_marked_but_the_first() -> None:
    rows = run(
        [{"who": "a"}, {"who": "b"}, {"who": "a"}, {"who": "a", "when": "x"}, {"who": None}], skip_duplicates="again"
    )
    assert [row["left_out"] for row in rows] == [None, None, "again", None, None]


def test_an_empty_value_is_not_an_absent_neighbour() -> None:
    rows = run([{"a": "", "b": "x"}, {"a": "x", "b": ""}], skip_duplicates="again", message_id=["a", "b"])
    assert [row["left_out"] for row in rows] == [None, None]


def test_groups_add_up_exactly_in_time_order() -> None:
    rows: list[dict[str, str | None]] = [
        {"g": "2", "q": "1", "p": "0.1", "when": "2026-01-03", "s": "x"},
        {"g": "1", "q": "3", "p": "0.1", "when": "2026-01-02", "s": "x"},
        {"g": "1", "q": "-1", "p": "0.1", "when": "2026-01-01", "s": "y", "who": "other"},
        {"g": "1", "q": "one", "p": "1"},
        {"g": None, "q": "1", "p": "1"},
    ]
    fields = {
        "total": {"sum": {"multiply": ["q", "p"]}},
        "owed": {"sum": "q", "absolute": True},
        "lines": {"count": "rows"},
        "kinds": {"distinct": "s"},
        "first": {"column": "s"},
    }
    first, second = run(rows, fields=fields, group_by="g")
    assert (first["group_key"], first["file_row"], first["userId"]) == ("1", 2, "u")
    assert first["at_us"] == parse_iso("2026-01-01")
    assert [first[f"f{index}"] for index in range(5)] == [0.2, 2.0, 2, 2, "x"]
    assert (second["group_key"], second["f0"]) == ("2", 0.1)


def test_event_names_by_rule() -> None:
    rule = {"column": "k", "map": {"a": "A"}, "starts_with": {"C": "Back"}, "otherwise": "Buy"}
    rows = run([{"k": "a"}, {"k": "C1"}, {"k": "z"}, {"k": None}], event=rule)
    assert [row["event_name"] for row in rows] == ["A", "Back", "Buy", "Buy"]
    strict = run([{"k": "z"}], event={"column": "k", "map": {"a": "A"}})
    assert strict[0]["bad"] == "`k` gives no event name"


@pytest.mark.parametrize("odd", ["a'; DROP TABLE typed; --", 'a" FROM rows; --', "a b", "select", "ä"])
def test_names_and_values_are_never_statements(odd: str) -> None:
    more = {
        "fields": {"f": {"column": odd, "map": {odd: 1}}},
        "event": {"column": odd, "map": {odd: odd}, "otherwise": "x"},
        "skip_when": [{"when": [{"column": odd, "is": "never"}, {"column": odd, "starts_with": odd}], "count_as": odd}],
        "message_id": [odd],
        "user_id": odd,
    }
    (row,) = run([{odd: odd}], **more)
    assert (row["event_name"], row["f0"], row["m0"], row["left_out"]) == (odd, odd, odd, None)
