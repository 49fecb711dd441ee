"""The JSON that the engine writes is the JSON that Python would write, whatever the values."""

import json
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.files import MappingFile
from fieldfare.collect.mapping import LINE, ROW, FileMapping
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.collect.row_json import measured, message_id
from fieldfare.collect.row_sql import calls, judged_rows, named_columns
from fieldfare.collect.row_values import name

FIELDS: dict[str, Any] = {
    "plain": {"column": "a"},
    "deep.inside.it": {"column": "b"},
    "deep.beside": {"column": "c"},
    "context.page.url": {"column": "c"},
    "n": {"column": "n", "type": "number"},
}


def mapping(**more: Any) -> FileMapping:
    base = {"mapping": "m", "source": "s", "event": "E", "user_id": "a", "occurred_at": {"column": "when"}}
    found, problems = parse_mapping(msgspec.convert({**base, "fields": FIELDS, **more}, MappingFile))
    assert found is not None, problems
    return found


ENGINE = duckdb.connect(":memory:", config={"threads": 1})
ENGINE.execute("SET TimeZone = 'UTC'")
TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=8)


def written(row: dict[str, str | None]) -> dict[str, Any]:
    how = mapping(message_id=["a", "b"])
    columns = {name(column): pa.array([row.get(column)], pa.string()) for column in named_columns(how)}
    ENGINE.register("rows", pa.table({**columns, ROW: pa.array([1]), LINE: pa.array([2])}))
    relation = ENGINE.sql(calls(how, f"({judged_rows(how, [])})"))
    (found,) = relation.to_arrow_table().to_pylist()
    decoded: dict[str, Any] = json.loads(found["call0"])
    return decoded


def expected(row: dict[str, str | None]) -> dict[str, Any]:
    """What the call must say, by plain Python."""

    def clean(column: str) -> str | None:
        return (row.get(column) or "").strip(" \t\r\n\u00a0") or None

    inside = {"inside": {"it": clean("b")} if clean("b") else None, "beside": clean("c")}
    deep = {key: value for key, value in inside.items() if value is not None}
    number = clean("n")
    found = {"plain": clean("a"), "deep": deep or None, "n": float(number) if number else None}
    call: dict[str, Any] = {"type": "track", "event": "E", "userId": clean("a"), "timestamp": "2026-01-02T00:00:00Z"}
    call["properties"] = {key: value for key, value in found.items() if value is not None}
    call["context"] = {"page": {"url": clean("c")}} if clean("c") else None
    return {key: value for key, value in call.items() if value is not None}


@given(TEXT, TEXT, TEXT, st.none() | st.floats(allow_nan=False, allow_infinity=False).map(repr))
def test_a_call_is_what_python_would_write(a: str | None, b: str | None, c: str | None, n: str | None) -> None:
    row = {"a": a, "b": b, "c": c, "n": n, "when": "2026-01-02"}
    found = written(row)
    assert found.pop("messageId").startswith("file_")
    assert found == expected(row)


@given(st.lists(TEXT, min_size=2, max_size=3), st.lists(TEXT, min_size=2, max_size=3))
def test_texts_of_a_row_are_never_taken_for_others(one: list[str | None], other: list[str | None]) -> None:
    def joined(values: list[str | None]) -> str:
        parts = ", ".join(measured(f"${at}") for at in range(1, len(values) + 1))
        row = ENGINE.execute(f"SELECT concat({parts})", values).fetchone()
        assert row is not None
        return str(row[0])

    assert (joined(one) == joined(other)) == (one == other)


def test_a_sent_id_is_taken_as_it_is() -> None:
    assert message_id(mapping(message_id={"column": "b", "as_sent": True}), 0) == "m0"
    assert "group_key" in message_id(mapping(group_by="b"), 0)
    assert "same" in message_id(mapping(), 0)
