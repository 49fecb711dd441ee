"""Files as the world writes them: every row is an event or one dead letter with its line, and memory stays bounded."""

import io
import json
import lzma
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldfare.collect.csv_rows import BATCH_ROWS, MAX_LINE
from fieldfare.collect.files import MappingFile
from fieldfare.collect.load import LoadReport, read_calls
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.ground.errors import CallerError

BASE: dict[str, Any] = {
    "mapping": "m",
    "source": "till",
    "event": "E",
    "user_id": "who",
    "occurred_at": {"column": "when"},
    "fields": {"note": {"column": "note"}},
}
HEAD = b"who,when,note\n"
WHEN = b"2026-01-01"


def mapping(**more: Any) -> FileMapping:
    found, problems = parse_mapping(msgspec.convert({**BASE, **more}, MappingFile))
    assert found is not None, problems
    return found


def read(path: Path, content: bytes, **more: Any) -> tuple[list[dict[str, Any]], LoadReport]:
    path.write_bytes(content)
    report = LoadReport()
    found = [each.call for each in read_calls(path, mapping(**more), report)]
    assert report.rows == report.events + report.bad + sum(report.skipped.values())
    return found, report


def notes(calls: list[dict[str, Any]]) -> list[Any]:
    return [call["properties"].get("note") for call in calls if "properties" in call]


def lines(report: LoadReport) -> list[tuple[int, int | None]]:
    return [(row, line) for row, line, _ in report.first_bad]


@pytest.mark.parametrize(
    ("content", "more", "found"),
    [
        (b"\xef\xbb\xbf" + HEAD + b"u,2026-01-01,x\n", {}, ["x"]),
        (HEAD.replace(b"\n", b"\r\n") + b"u,2026-01-01,x\r\n\r\nu,2026-01-01,y\r\n", {}, ["x", "y"]),
        (HEAD.replace(b"\n", b"\r") + b"u,2026-01-01,x\ru,2026-01-01,y", {}, ["x", "y"]),
        (HEAD + b'u,2026-01-01,"two\nlines, ""quoted"""\nu,2026-01-01,y\n', {}, ['two\nlines, "quoted"', "y"]),
        (HEAD + b"u,2026-01-01,a\x00b\n", {}, ["a\0b"]),
        (HEAD, {}, []),
        (b" who , when,note \nu,2026-01-01,x\n", {}, ["x"]),
        (b"who,when,note,,\nu,2026-01-01,x,1,2\n", {}, ["x"]),
        (b"who,when,note,other,other\nu,2026-01-01,x,1,2\n", {}, ["x"]),
        ("who;when;note\nu;2026-01-01;Köln\n".encode("latin-1"), {"delimiter": ";", "encoding": "latin-1"}, ["Köln"]),
        ("who,when,note\nu,2026-01-01,Köln\n".encode("utf-16"), {"encoding": "utf-16"}, ["Köln"]),
        (b"\n\n" + HEAD + b"u,2026-01-01,x\n", {}, ["x"]),
    ],
)
def test_csv_as_it_comes(tmp_path: Path, content: bytes, more: dict[str, Any], found: list[str]) -> None:
    calls, report = read(tmp_path / "f.csv", content, **more)
    assert notes(calls) == found
    assert report.bad == 0


def test_tabs_need_no_delimiter(tmp_path: Path) -> None:
    content = b"who\twhen\tnote\nu\t2026-01-01\ta,b\n"
    assert notes(read(tmp_path / "f.tsv", content)[0]) == ["a,b"]
    assert notes(read(tmp_path / "g.tsv.xz", lzma.compress(content))[0]) == ["a,b"]


def test_row_and_line_of_a_bad_row_part_ways_behind_a_quoted_newline(tmp_path: Path) -> None:
    rows = [b'u,2026-01-01,"a\nb\r\nc"', b"", b"u,2026-01-01", b"u,soon,x", b'u,2026-01-01,"d\ne",7', b"u,2026-01-01,z"]
    calls, report = read(tmp_path / "f.csv", HEAD + b"\n".join(rows) + b"\n")
    assert notes([call for call in calls if call["type"] == "track"]) == ["a\nb\r\nc", "z"]
    assert lines(report) == [(2, 6), (3, 7), (4, 8)]
    assert [call["line"] for call in calls if "line" in call] == [6, 7, 8]


def test_numbers_hold_over_batches(tmp_path: Path) -> None:
    rows = [b"u,2026-01-01,x"] * (2 * BATCH_ROWS) + [b"few"] + [b"u,2026-01-01,x"] * 10 + [b"u,soon,x"]
    _, report = read(tmp_path / "f.csv", HEAD + b"\n".join(rows))
    assert lines(report) == [(2 * BATCH_ROWS + 1, 2 * BATCH_ROWS + 2), (2 * BATCH_ROWS + 12, 2 * BATCH_ROWS + 13)]


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    content = HEAD + b"u,2026-01-01,x\nu,2026-01-01,caf\xe9\nfew\nu,2026-01-01,y\n"
    calls, report = read(tmp_path / "f.csv", content, message_id=["who"])
    assert notes(calls) == ["x", "y"]
    assert [problem for _, _, problem in report.first_bad] == ["it is not text in utf-8", "it has 1 values, not 3"]
    unneeded = b"who,when,note,more\nu,2026-01-01,x,caf\xe9\n"
    assert notes(read(tmp_path / "g.csv", unneeded, message_id=["who"])[0]) == ["x"]


def test_a_line_beyond_every_bound_costs_its_row(tmp_path: Path) -> None:
    long = b"y" * (MAX_LINE + 50)
    rows = [b"u,2026-01-01,x", b"u,2026-01-01," + long, b'u,2026-01-01,"a\n' + long + b'\nb"', b"u,2026-01-01,z"]
    calls, report = read(tmp_path / "f.csv", HEAD + b"\n".join(rows), message_id=["who"])
    assert notes(calls) == ["x", "z"]
    assert lines(report) == [(2, 3), (3, 4)]
    assert all(problem.startswith("it is longer than") for _, _, problem in report.first_bad)


def test_a_quote_left_open_is_told_with_the_lines_it_took(tmp_path: Path) -> None:
    rows = [b'u,2026-01-01,"open'] + [b"u,2026-01-01," + b"y" * 1000] * 200
    calls, report = read(tmp_path / "f.csv", HEAD + b"\n".join(rows))
    assert report.first_bad[0][2].startswith("a value in lines 2 to 13")
    assert report.events > 50, "what comes behind it is read again"
    assert len(notes(calls)) == report.events


def test_json_lines_as_they_come(tmp_path: Path) -> None:
    rows: list[Any] = [
        {"who": "u", "when": "2026-01-01", "note": "x"},
        {"who": 7, "when": "2026-01-01", "note": 1.5},
        {"who": True, "when": "2026-01-01", "note": ["a", {"b": None}]},
        {"who": {"id": 1}, "when": "2026-01-01", "note": None},
        {"who": "u", "when": "2026-01-01", "note": 12345678901234567890123},
    ]
    content = b"\xef\xbb\xbf" + b"\r\n".join(json.dumps(row).encode() for row in rows)
    content += (
        b'\n{"who":"u","when":"2026-01-01","note":"\\ud800"}\n{"who":"u"\n{"who":"u","when":"2026-01-01","note":NaN}\n'
    )
    content += b'{"who":"u","when":"2026-01-01","note":"' + b"y" * MAX_LINE + b'"}\n[' * 2 + b'"\xff"]\n'
    calls, report = read(tmp_path / "f.jsonl", content)
    assert notes(calls)[:4] == ["x", "1.5", '["a",{"b":null}]', None]
    assert [call["userId"] for call in calls[:4]] == ["u", "7", "true", '{"id":1}']
    assert report.events >= 5
    assert {line for _, line in lines(report)} >= {7, 8, 9}
    assert report.columns == ["who", "when", "note"]


def test_json_keys_with_dots_go_into_objects(tmp_path: Path) -> None:
    inner: list[dict[str, Any]] = [{"a": {"b": {"c": "deep"}}}, {"a.b.c": "flat"}, {"a": [1]}]
    content = b"\n".join(json.dumps({"who": "u", "when": "2026-01-01", **row}).encode() for row in inner)
    assert notes(read(tmp_path / "f.jsonl", content, fields={"note": {"column": "a.b.c"}})[0]) == ["deep", "flat", None]


def test_parquet_with_its_types(tmp_path: Path) -> None:
    at = datetime(2026, 1, 1, 10, tzinfo=UTC)
    table = pa.table(
        {
            "who": pa.array([1, 2], pa.int32()),
            "when": pa.array([at, at], pa.timestamp("us", "UTC")),
            "note": pa.array(["x", None]).dictionary_encode(),
            "price": pa.array([Decimal("1.50"), None]),
            "device": pa.array([{"os": {"name": "web"}}, None]),
            "items": pa.array([[{"sku": "a"}], []]),
            "raw": pa.array([b"\xff", None]),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    fields = {
        "note": {"column": "note"},
        "price": {"column": "price", "type": "number"},
        "os": {"column": "device.os.name"},
        "items": {"column": "items", "type": "json"},
    }
    calls, report = read(tmp_path / "f.parquet", out.getvalue(), fields=fields)
    assert calls[0]["properties"] == {"note": "x", "price": 1.5, "os": "web", "items": [{"sku": "a"}]}
    assert calls[1]["properties"] == {"items": []}
    assert (calls[0]["userId"], calls[0]["timestamp"]) == ("1", "2026-01-01T10:00:00Z")
    assert (report.events, report.bad) == (2, 0)
    with pytest.raises(CallerError, match="no column absent"):
        read(tmp_path / "g.parquet", out.getvalue(), fields={"x": {"column": "absent.y"}})


def test_a_bad_row_of_parquet_has_a_row_and_no_line(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"who": ["u"], "when": ["soon"], "note": ["x"]}), out)
    (call,), report = read(tmp_path / "f.parquet", out.getvalue())
    assert lines(report) == [(1, None)]
    assert (call["line"], call["problem"]) == (None, "`when` is not a date-time")


def test_a_parquet_of_another_compression_and_many_groups(tmp_path: Path) -> None:
    out = io.BytesIO()
    rows = 5_000
    table = pa.table({"who": ["u"] * rows, "when": ["2026-01-01"] * rows, "note": [str(at) for at in range(rows)]})
    pq.write_table(table, out, row_group_size=700, compression="zstd")
    calls, _ = read(tmp_path / "f.parquet", out.getvalue())
    assert notes(calls) == [str(at) for at in range(rows)]


def test_lists_of_pairs_become_properties(tmp_path: Path) -> None:
    params = [{"key": "page", "value": {"string_value": "x"}}, {"key": "n", "value": {"int_value": "3"}}]
    row = {"who": "u", "when": "2026-01-01", "note": "own", "params": [*params, {"key": "note", "value": "theirs"}]}
    calls, _ = read(tmp_path / "f.jsonl", json.dumps(row).encode(), pairs="params")
    assert calls[0]["properties"] == {"page": "x", "n": 3, "note": "own"}
    kind = pa.list_(
        pa.struct({"key": pa.string(), "value": pa.struct({"string_value": pa.string(), "int_value": pa.int64()})})
    )
    plain = [
        {"key": "page", "value": {"string_value": "x", "int_value": None}},
        {"key": "n", "value": {"int_value": 3}},
    ]
    out = io.BytesIO()
    pq.write_table(
        pa.table({"who": ["u"], "when": ["2026-01-01"], "note": ["own"], "params": pa.array([plain], kind)}), out
    )
    assert read(tmp_path / "f.parquet", out.getvalue(), pairs="params")[0][0]["properties"] == calls[0]["properties"]


def test_an_empty_file_of_json_lines_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path / "f.jsonl", b"") == ([], LoadReport())
    assert read(tmp_path / "f.jsonl", b"\n\n", skip_duplicates="again")[0] == []


@pytest.mark.parametrize("more", [{}, {"skip_duplicates": "again"}, {"group_by": "who"}])
def test_rows_that_wait_in_a_table_are_accounted_for_too(tmp_path: Path, more: dict[str, Any]) -> None:
    rows = [b"u,2026-01-01,x", b"few", b"u,soon,x", b"v,2026-01-01,y", b"few,and,too,many"]
    calls, report = read(tmp_path / "f.csv", HEAD + b"\n".join(rows), **more)
    assert (report.rows, report.events, report.bad) == (5, 2, 3)
    assert sorted(lines(report)) == [(2, 3), (3, 4), (5, 6)]
    assert [call["row"] for call in calls if "row" in call] == [2, 3, 5]


def test_local_times_that_clocks_show_twice_or_never_are_counted(tmp_path: Path) -> None:
    rows = [b"u,2025-10-26 01:30,x", b"u,2025-03-30 01:30,y", b"u,2025-06-01 01:30,z"]
    how = {"occurred_at": {"column": "when", "time_zone": "Europe/London"}}
    for more in ({}, {"group_by": "note"}):
        calls, report = read(tmp_path / "f.csv", HEAD + b"\n".join(rows), **how, **more)
        assert report.clock_changes == {"never": 1, "twice": 1}
        assert {call["timestamp"] for call in calls} == {
            "2025-10-26T00:30:00Z",
            "2025-03-30T01:30:00Z",
            "2025-06-01T00:30:00Z",
        }


def test_a_row_that_fits_no_event_is_counted(tmp_path: Path) -> None:
    rows = [b"u,2026-01-01,x", b"u,2026-01-01,y", b"u,2026-01-01,z"]
    when = [{"column": "note", "is": "x"}]
    also = [{"event": "F", "when": [{"column": "note", "in": ["x", "y"]}]}]
    path = tmp_path / "f.csv"
    path.write_bytes(HEAD + b"\n".join(rows))
    report = LoadReport()
    calls = list(read_calls(path, mapping(when=when, also=also), report))
    assert [each.call["event"] for each in calls] == ["E", "F", "F"]
    assert (report.rows, report.events, report.skipped) == (3, 3, {"without_event": 1})
