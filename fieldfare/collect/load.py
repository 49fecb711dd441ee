"""Bring a file into the log: rows become events, packed into envelopes, in backfill mode unless told otherwise.

The flow: rows are read in bounded batches, typed, skipped and grouped by DuckDB (one thread, bounded memory, spilling
to a temporary folder), and turned into calls; up to 500 calls are one envelope, sealed like a request, and every twenty
envelopes are one append. What is committed is what the log has committed: after a crash the file is loaded again from
its start, and because message ids depend on the rows alone, what came before is dropped as seen. So a file loaded
twice, or renamed, counts once. Rows that cannot be read become dead letters with their number; rows that the mapping
leaves out are counted by label. Nothing personal is logged; the report holds counts and row numbers only.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from fieldfare.collect.mapping import ROW, FileMapping, MappedField
from fieldfare.collect.model import Envelope, Mode
from fieldfare.collect.parse import BAD_ROW
from fieldfare.collect.row_sql import TYPED, grouped_rows, mark_duplicates, named_columns, typed_rows
from fieldfare.collect.rows import Progress, RowReader, open_rows
from fieldfare.collect.split import BATCH, Parts, split
from fieldfare.collect.strip import FieldPolicy, strip
from fieldfare.collect.wire import consent_names, is_urgent
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry

ENVELOPE_EVENTS = 500
APPEND_ENVELOPES = 20
_FETCH_ROWS = 20_000
_MEMORY = "256MB"
_SHOWN_BAD = 20


class LoadReport(msgspec.Struct):
    """What became of a file's rows. ``rows`` = rows behind ``events`` + ``skipped`` + ``bad``."""

    rows: int = 0
    """Rows read, the unreadable ones among them."""
    events: int = 0
    skipped: dict[str, int] = {}
    """Label -> rows left out knowingly."""
    bad: int = 0
    """Rows that became dead letters."""
    first_bad: list[tuple[int, str]] = []
    """Row number and problem of the first of them."""
    records: int = 0
    """Log records appended."""
    removed_fields: dict[str, int] = {}
    """Forbidden values removed before anything was stored."""


class Call(msgspec.Struct, frozen=True):
    """One call that a file's rows became: when it happened (``None`` for a bad row), and its JSON object."""

    occurred_at: Instant | None
    call: dict[str, Any]


Append = Callable[[int, Sequence[Entry]], list[int]]
Seal = Callable[[Envelope], Entry]


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


def load(
    path: Path,
    mapping: FileMapping,
    append: Append,
    seal: Seal,
    clock: Clock,
    *,
    mode: Mode = Mode.BACKFILL,
    policy: FieldPolicy | None = None,
    progress: Progress = _silent,
) -> LoadReport:
    """Append the events of the file to the log; return what became of its rows.

    Raises :class:`CallerError` (see :mod:`fieldfare.collect.rows`), and what ``append`` raises.
    """
    report = LoadReport()
    calls = read_calls(path, mapping, report, progress=progress)
    chosen = policy or FieldPolicy()
    names = consent_names(chosen.synonyms.items())
    bodies = _bodies(calls, chosen, report)
    while some := list(islice(bodies, APPEND_ENVELOPES)):
        waiting: dict[int, list[Entry]] = {URGENT: [], NORMAL: []}
        for body, removed in some:
            envelope = Envelope(mode, mapping.source, BATCH, clock.now(), body, removed=removed or None, from_file=True)
            waiting[URGENT if is_urgent(_parts(body), body, names) else NORMAL].append(seal(envelope))
        for partition, entries in waiting.items():
            if entries:
                report.records += len(append(partition, entries))
    return report


def read_calls(path: Path, mapping: FileMapping, report: LoadReport, *, progress: Progress = _silent) -> Iterator[Call]:
    """Yield the calls of the file: in file order, or with ``group_by`` in time order; bad rows last. Fills ``report``.

    Raises :class:`CallerError` as :func:`load`.
    """
    bad: list[tuple[int, str]] = []
    unreadable: list[tuple[int, str]] = []
    with ExitStack() as stack:
        wanted = named_columns(mapping)
        reader = open_rows(path, mapping, wanted, lambda *problem: unreadable.append(problem), progress, stack)
        folder = stack.enter_context(TemporaryDirectory(prefix="fieldfare-load-"))
        connection = stack.enter_context(_connect(folder))
        source = _Source(reader)
        connection.register("rows", pa.RecordBatchReader.from_batches(source.schema, source.batches()))
        skipped: Counter[str] = Counter()
        try:
            for row in _rows(connection, mapping, reader.whole, skipped, bad):
                report.events += 1
                yield Call(row["at_us"], _call(mapping, row))
        except duckdb.Error as error:
            if source.failure is not None:
                raise source.failure from error
            # The engine's text may quote a value; its kind does not.
            message = (
                f"{path.name} could not be processed ({type(error).__name__}). Look at the mapping `{mapping.name}`."
            )
            raise CallerError("file_unreadable", message) from error
        report.rows = source.rows + len(unreadable)
        report.skipped = dict(sorted(skipped.items()))
    for number, problem in sorted(bad + unreadable):
        report.bad += 1
        if len(report.first_bad) < _SHOWN_BAD:
            report.first_bad.append((number, problem))
        yield Call(None, {"type": BAD_ROW, "row": number, "problem": problem})


class _Source:
    """The file's batches on their way into DuckDB, counted; a failure is kept, because DuckDB would replace it."""

    def __init__(self, reader: RowReader) -> None:
        self._reader = reader
        self._columns = [*dict.fromkeys([*reader.columns, *reader.whole])]
        self.schema = pa.schema([*((name, pa.string()) for name in self._columns), (ROW, pa.int64())])
        self.rows = 0
        self.failure: CallerError | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._reader.batches:
                self.rows += batch.num_rows
                yield batch.select([*self._columns, ROW])
        except CallerError as error:
            self.failure = error
            raise


def _connect(folder: str) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": _MEMORY,
        "temp_directory": folder,
        "preserve_insertion_order": True,
        # Nothing is fetched from anywhere while a file is read.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _rows(
    connection: duckdb.DuckDBPyConnection,
    mapping: FileMapping,
    whole: list[str],
    skipped: Counter[str],
    bad: list[tuple[int, str]],
) -> Iterator[dict[str, Any]]:
    """Yield the rows (or groups) that become events; count and note the others."""
    query = typed_rows(mapping, whole)
    if mapping.group_by is None and mapping.duplicates_label is None:
        yield from _sorted_out(_fetch(connection, query), skipped, bad)
        return
    connection.execute(f"CREATE TEMP TABLE {TYPED} AS {query}")
    if mapping.duplicates_label is not None:
        connection.execute(mark_duplicates(mapping.duplicates_label))
    if mapping.group_by is None:
        yield from _sorted_out(_fetch(connection, f"SELECT * FROM {TYPED} ORDER BY file_row"), skipped, bad)  # noqa: S608
        return
    left_out = f"SELECT left_out, count(*) AS n FROM {TYPED} WHERE left_out IS NOT NULL GROUP BY left_out"  # noqa: S608
    skipped.update({row["left_out"]: row["n"] for row in _fetch(connection, left_out)})
    wrong = f"SELECT file_row, bad FROM {TYPED} WHERE left_out IS NULL AND bad IS NOT NULL"  # noqa: S608
    bad.extend((row["file_row"], row["bad"]) for row in _fetch(connection, wrong))
    yield from _fetch(connection, grouped_rows(mapping))


def _fetch(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    relation = connection.sql(query)
    assert relation is not None, "a query has rows"
    for batch in relation.to_arrow_reader(_FETCH_ROWS):
        yield from batch.to_pylist()


def _sorted_out(
    rows: Iterator[dict[str, Any]], skipped: Counter[str], bad: list[tuple[int, str]]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["left_out"] is not None:
            skipped[row["left_out"]] += 1
        elif row["bad"] is not None:
            bad.append((row["file_row"], row["bad"]))
        else:
            yield row


def _call(mapping: FileMapping, row: dict[str, Any]) -> dict[str, Any]:
    payload = dict(mapping.constants)
    for index, field in enumerate(mapping.fields):
        value = _value(field, row, index)
        if value is not None:
            part = payload
            for key in field.path[:-1]:
                part = part.setdefault(key, {})
            part[field.path[-1]] = value
    call: dict[str, Any] = {"type": mapping.type, "messageId": _message_id(mapping, row)}
    if mapping.type == "track":
        call["event"] = row["event_name"]
    call.update((key, row[key]) for key in mapping.ids if row[key] is not None)
    call["timestamp"] = to_iso(row["at_us"])
    call["traits" if mapping.type in {"identify", "group"} else "properties"] = payload
    if mapping.context:
        call["context"] = mapping.context
    return call


def _value(field: MappedField, row: dict[str, Any], index: int) -> Any:
    if field.map:
        text = row[f"r{index}"]
        if text in field.map:
            return field.map[text]
    value = row[f"f{index}"]
    if field.type == "instant" and field.how == "column" and value is not None:
        return to_iso(value)
    return int(value) if isinstance(value, float) and field.how == "sum" and value.is_integer() else value


def _message_id(mapping: FileMapping, row: dict[str, Any]) -> str:
    """Return an id that depends on the source and on what names the event, not on the file or the time of loading."""
    named: list[str] = [str(row[f"m{index}"]) for index in range(len(mapping.message_id))]
    if not named:
        named = [row["group_key"]] if mapping.group_by is not None else [str(row["file_row"]), row["same"]]
    return derived_id("file", mapping.source, mapping.type, row["event_name"] or "", *named)


def _bodies(calls: Iterator[Call], policy: FieldPolicy, report: LoadReport) -> Iterator[tuple[bytes, dict[str, int]]]:
    """Yield batch bodies of up to :data:`ENVELOPE_EVENTS` calls, without forbidden fields, and what was removed."""
    while some := list(islice(calls, ENVELOPE_EVENTS)):
        body, removed = strip(BATCH, msgspec.json.encode({"batch": [call.call for call in some]}), policy)
        for field, count in removed.items():
            report.removed_fields[field] = report.removed_fields.get(field, 0) + count
        yield body, removed


def _parts(body: bytes) -> Parts:
    parts = split(BATCH, body)
    assert isinstance(parts, Parts), "a body of our own making"
    return parts
