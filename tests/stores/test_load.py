"""Files into the log: every row is an event, a counted skip or a dead letter; loading twice changes nothing."""

import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.assembly.loads import StateLoadNotes
from fieldfare.collect.contracts import join_contracts
from fieldfare.collect.files import MappingFile
from fieldfare.collect.load import (
    ENVELOPE_EVENTS,
    LoadNote,
    LoadNotes,
    LoadOptions,
    LoadReport,
    load,
    read_calls,
)
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event, Mode
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.parse_files import parse_mapping
from fieldfare.collect.strip import field_policy
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, parse_iso
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry
from fieldfare.ground.store import metadata, open_state

NOW = parse_iso("2026-06-01T00:00:00Z")
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, "zstd", asbytes=True),
}
HEADER = ["who", "when", "amount"]
ROWS = [["u1", "2026-01-01T10:00:00Z", "5"], ["u2", "2026-01-02T10:00:00Z", "6.5"], ["u1", "2026-01-03T10:00:00Z", ""]]


def mapping(**more: Any) -> FileMapping:
    base: dict[str, Any] = {
        "mapping": "m",
        "source": "till",
        "event": "Order Completed",
        "user_id": "who",
        "occurred_at": {"column": "when"},
        "fields": {"revenue": {"column": "amount", "type": "number"}},
    }
    found, problems = parse_mapping(msgspec.convert({**base, **more}, MappingFile))
    assert found is not None, problems
    return found


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return text.getvalue().encode()


def as_jsonl(rows: list[list[str]]) -> bytes:
    return b"\n".join(json.dumps(dict(zip(HEADER, row, strict=True))).encode() for row in rows)


def as_parquet(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({name: [row[at] for row in rows] for at, name in enumerate(HEADER)}), out)
    return out.getvalue()


def seal(envelope: Envelope) -> Entry:
    return Entry(envelope.received_at, msgspec.msgpack.encode(envelope))


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[StateLoadNotes]:
    state = open_state(f"sqlite:///{tmp_path / 'state.sqlite'}", durable=False)
    metadata.create_all(state.engine)
    yield StateLoadNotes(state)
    state.close()


Loaded = tuple[LoadReport, list[Event | DeadLetter], MemoryLog]


def loaded(path: Path, how: FileMapping, options: LoadOptions | None = None, notes: LoadNotes | None = None) -> Loaded:
    log = MemoryLog()
    report = load(path, how, log.append, seal, SimulatedClock(NOW), notes or Forgetful(), options)
    return report, items_of(log), log


def items_of(log: MemoryLog) -> list[Event | DeadLetter]:
    items: list[Event | DeadLetter] = []
    for partition in (URGENT, NORMAL):
        for record in log.read(partition, 0, 10_000):
            envelope = msgspec.msgpack.decode(record.body, type=Envelope)
            items += parse(envelope, partition, record.offset, ParseSettings("UTC"))
    return items


class Forgetful:
    """Notes for loads that are never resumed."""

    def find(self, load_id: str) -> LoadNote | None:
        return None

    def keep(self, note: LoadNote) -> None:
        pass


@pytest.mark.parametrize("name", ["f.csv", "f.jsonl", "f.parquet", "f.ndjson"])
@pytest.mark.parametrize("pack", ["", ".gz", ".xz", ".zst"])
def test_every_format_gives_the_same_events(tmp_path: Path, name: str, pack: str) -> None:
    write: Callable[[list[list[str]]], bytes] = {"csv": as_csv, "parquet": as_parquet}.get(name[2:], as_jsonl)
    content = write(ROWS)
    path = tmp_path / (name + pack)
    path.write_bytes(PACKERS[pack](content))
    report, items, _ = loaded(path, mapping())
    assert (report.rows, report.events, report.bad, report.skipped) == (3, 3, 0, {})
    events = [item for item in items if isinstance(item, Event)]
    assert [(event.user_id, event.payload, event.mode) for event in events] == [
        ("u1", {"revenue": 5.0}, Mode.BACKFILL),
        ("u2", {"revenue": 6.5}, Mode.BACKFILL),
        ("u1", {}, Mode.BACKFILL),
    ]
    assert [event.occurred_at for event in events] == [parse_iso(row[1]) for row in ROWS]
    assert all(event.received_at == NOW for event in events)


def test_a_file_loaded_twice_or_renamed_has_the_same_message_ids(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(as_csv([*ROWS, ROWS[0]]))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(as_csv([*ROWS, ROWS[0]])))
    ids = [
        [item.message_id for item in loaded(tmp_path / name, mapping())[1] if isinstance(item, Event)]
        for name in ("a.csv", "b.csv.gz")
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 4
    other = [
        item.message_id for item in loaded(tmp_path / "a.csv", mapping(source="app"))[1] if isinstance(item, Event)
    ]
    assert not set(other) & set(ids[0])


def test_named_columns_make_the_message_id(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(as_csv([ROWS[0], ROWS[0]]))
    (tmp_path / "b.csv").write_bytes(as_csv([["u9", *ROWS[0][1:]]]))
    how = mapping(message_id=["when", "amount"])
    ids = {
        item.message_id for name in "ab" for item in loaded(tmp_path / f"{name}.csv", how)[1] if isinstance(item, Event)
    }
    assert len(ids) == 1


def test_bad_rows_are_dead_letters_with_their_number_and_what_they_held(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(as_csv([ROWS[0], ["u", "soon", "1"], ["too", "few"], ["u", ROWS[0][1], "much"], ROWS[1]]))
    report, items, _ = loaded(path, mapping())
    assert (report.rows, report.events, report.bad) == (5, 2, 3)
    assert report.first_bad == [
        (2, 3, "`when` is not a date-time"),
        (3, 4, "it has 2 values, not 3"),
        (4, 5, "`amount` is not of type number"),
    ]
    dead = [item for item in items if isinstance(item, DeadLetter)]
    assert [type(item) for item in items] == [Event, DeadLetter, DeadLetter, DeadLetter, Event], "each in its place"
    assert [item.reason for item in dead] == [DeadReason.BAD_ROW] * 3
    assert dead[0].detail.startswith("Row 2: `when` is not a date-time (line 3).")
    assert not any("much" in item.detail or "soon" in item.detail for item in dead)
    raws = [json.loads(item.raw) for item in dead]
    assert [(raw["row"], raw["line"]) for raw in raws] == [(2, 3), (3, 4), (4, 5)]
    assert "call" not in raws[1], "values that cannot be told apart are not kept"
    assert raws[2]["call"]["properties"] == {"revenue": "much"}
    assert (raws[0]["call"]["timestamp"], raws[0]["call"]["userId"]) == ("soon", "u")


def test_a_corrected_call_is_the_event_that_the_row_would_have_been(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_bytes(as_csv([["u", ROWS[0][1], "much"]]))
    good.write_bytes(as_csv([["u", ROWS[0][1], "7"]]))
    how = mapping(message_id=["who", "when"])
    _, (dead,), _ = loaded(bad, how)
    assert isinstance(dead, DeadLetter)
    call = json.loads(dead.raw)["call"]
    call["properties"]["revenue"] = 7
    envelope = Envelope(Mode.BACKFILL, "till", "batch", NOW, json.dumps({"batch": [call]}).encode(), from_file=True)
    (mended,) = parse(envelope, NORMAL, 1, ParseSettings("UTC"))
    _, (direct,), _ = loaded(good, how)
    assert mended == direct


def test_a_bad_row_read_again_has_the_same_id(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(as_csv([["u", "soon", "1"], ["few"]]))
    ids = [
        [json.loads(item.raw)["messageId"] for item in loaded(path, mapping())[1] if isinstance(item, DeadLetter)]
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_a_bad_row_keeps_no_forbidden_value(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"who,when,amount,diagnosis,other\nu1,soon,1,sunburn,unmapped\nu1,2026-01-01,few,sunburn\n")
    how = mapping(fields={"revenue": {"column": "amount"}, "note.diagnosis": {"column": "diagnosis"}})
    policy = field_policy(join_contracts([]), {"note.diagnosis": "health"})
    report, _, log = loaded(path, how, LoadOptions(policy=policy))
    (record,) = log.read(NORMAL, 0, 10)
    assert b"sunburn" not in record.body
    assert b"unmapped" not in record.body
    assert report.removed_fields == {"note.diagnosis": 1}
    assert msgspec.msgpack.decode(record.body, type=Envelope).removed == {"note.diagnosis": 1}
    _, _, open_log = loaded(path, how)
    assert b"sunburn" in open_log.read(NORMAL, 0, 10)[0].body, "the search can find it"


def test_a_broken_line_of_json_is_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(as_jsonl(ROWS[:1]) + b"\n\n{nonsense\n[1]\n" + as_jsonl(ROWS[1:]))
    report, items, _ = loaded(path, mapping())
    wrong = "it is not a JSON object"
    assert (report.events, report.first_bad) == (3, [(3, 3, wrong), (4, 4, wrong)])
    assert [type(item) for item in items] == [Event, DeadLetter, DeadLetter, Event, Event]
    assert report.rows == report.events + report.bad


def test_a_million_rows_would_be_many_small_records(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(as_csv([[f"u{n}", "2026-01-01", "1"] for n in range(2 * ENVELOPE_EVENTS + 1)]))
    report, items, log = loaded(path, mapping())
    assert (report.records, len(items), log.head(NORMAL)) == (3, 1001, 3)


def test_what_is_new_in_a_live_file_is_live_and_the_rest_is_backfill(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    day = ["2026-05-31T00:00:00Z", "2026-05-29T23:59:59Z", "2026-06-01T05:00:00Z", "2026-05-30T00:00:00Z", "x"]
    path.write_bytes(as_csv([[f"u{at}", when, "1"] for at, when in enumerate(day)]))
    report, items, _ = loaded(path, mapping(), LoadOptions(live_max_age=2 * DAY))
    events = [item for item in items if isinstance(item, Event)]
    assert {event.user_id for event in events if event.mode is Mode.LIVE} == {"u0", "u2", "u3"}
    assert {event.user_id for event in events if event.mode is Mode.BACKFILL} == {"u1"}
    assert [event.user_id for event in events] == ["u1", "u0", "u2", "u3"], "in the order of the file within a mode"
    assert (report.live, report.events, report.bad) == (3, 4, 1)
    report, items, _ = loaded(path, mapping())
    assert {item.mode for item in items if isinstance(item, Event)} == {Mode.BACKFILL}
    assert report.live == 0


def test_consent_in_a_file_is_urgent_and_forbidden_fields_are_stripped(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(as_csv(ROWS))
    policy = field_policy(join_contracts([]), {"revenue": "financial"})
    report, items, log = loaded(path, mapping(event="Consent Updated"), LoadOptions(policy=policy))
    assert (log.head(URGENT), log.head(NORMAL)) == (1, 0)
    assert report.removed_fields == {"revenue": 2}
    assert all(isinstance(item, Event) and item.payload == {} for item in items)


def test_groups_and_skips_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(
        as_csv([["u1", "2026-01-01", "1"], ["u1", "2026-01-01", "1"], ["u1", "2026-01-02", "2"], ["", "x", "0"]])
    )
    how = mapping(
        group_by="who",
        fields={"revenue": {"sum": "amount"}, "lines": {"count": "rows"}},
        constants={"currency": "EUR"},
        context={"generated": True},
        skip_duplicates="again",
        skip_when=[{"when": [{"column": "who", "missing": True}], "count_as": "nobody"}],
    )
    report, (item,), _ = loaded(path, how)
    assert (report.rows, report.events, report.skipped) == (4, 1, {"again": 1, "nobody": 1})
    assert isinstance(item, Event)
    assert item.payload == {"currency": "EUR", "revenue": 3, "lines": 2}
    assert item.context == {"generated": True}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("f.csv", b"a,b\n1,2\n", "column_missing"),
        ("f.csv", b"", "column_missing"),
        ("f.csv", b"who,who\n1,2\n", "column_missing"),
        ("f.csv", b"who,when,am\xffount\n1,2026-01-01,1\n", "file_unreadable"),
        ("f.csv", b"who,when,amount,who\n1,2026-01-01,1,2\n", "column_missing"),
        ("f.csv.zst", b"no zstd", "file_unreadable"),
        ("f.csv.gz", b"no gzip", "file_unreadable"),
        ("f.csv.xz", lzma.compress(as_csv(ROWS))[:-8], "file_unreadable"),
        ("f.parquet", b"no parquet", "file_unreadable"),
        ("f.txt", b"", "file_format_unknown"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_clear_refusal(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CallerError) as refused:
        loaded(path, mapping())
    assert refused.value.code == code
    with pytest.raises(CallerError):
        loaded(tmp_path / "absent.csv", mapping())


def test_another_encoding_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes("who,when,amount\nJürgen,2026-01-01,1\n".encode("latin-1"))
    _, (item,), _ = loaded(path, mapping(encoding="latin-1"))
    assert isinstance(item, Event)
    assert item.user_id == "Jürgen"


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.xz"
    path.write_bytes(lzma.compress(as_csv(ROWS)))
    told: list[tuple[int, int]] = []
    loaded(path, mapping(), LoadOptions(progress=lambda done, total: told.append((done, total))))
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=6)


def accounts_for_all(rows: list[list[str]], path: Path, drop: int = 0) -> bool:
    """Return whether every row of a file is an event, a counted skip or a dead letter; ``drop`` plants a fault."""
    path.write_bytes(as_csv(rows))
    report = LoadReport()
    calls = list(read_calls(path, mapping(skip_duplicates="again"), report))[drop:]
    return len(rows) == report.rows == len(calls) + sum(report.skipped.values())


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=8))
def test_every_row_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    assert accounts_for_all(rows, tmp_path_factory.mktemp("rows") / "f.csv")


def test_the_check_sees_a_row_that_went_missing(tmp_path: Path) -> None:
    assert accounts_for_all(ROWS, tmp_path / "f.csv")
    assert not accounts_for_all(ROWS, tmp_path / "f.csv", drop=1)
