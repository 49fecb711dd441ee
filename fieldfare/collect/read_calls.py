"""Read a file's rows as calls: typed, skipped and grouped by DuckDB (one thread, bounded memory, spilling to a folder).

Rows that need no others, nearly all, pass in batches, and their calls come in the order of the file, a bad row where it
stands. Where rows are grouped or their repetitions left out, the rows wait in a table first; groups come in time order,
bad rows behind them. The same file and mapping always give the same calls in the same order. Nothing is appended here.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.pairs import members
from fieldfare.collect.parse import BAD_ROW
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
from fieldfare.collect.rows import Progress, RowReader, open_rows
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant

WITHOUT_EVENT = "without_event"
"""Label of rows that no event of the mapping fits."""
_FETCH_ROWS = 8_192
_MEMORY = "64MB"
_SHOWN_BAD = 20


class LoadReport(msgspec.Struct):
    """What became of a file's rows. ``rows`` = rows behind ``events`` + ``skipped`` + rows behind ``bad``."""

    rows: int = 0
    """Rows read, the unreadable ones among them."""
    events: int = 0
    live: int = 0
    """Events among them that count as live."""
    skipped: dict[str, int] = {}
    """Label -> rows left out knowingly."""
    bad: int = 0
    """Dead letters that rows became."""
    first_bad: list[tuple[int, int | None, str]] = []
    """Row number, line and problem of the first of them."""
    clock_changes: dict[str, int] = {}
    """``twice`` and ``never``: events at a wall time that the zone's clocks show twice, or skip."""
    columns: list[str] = []
    """Columns of the file."""
    records: int = 0
    """Log records appended."""
    removed_fields: dict[str, int] = {}
    """Forbidden values removed before anything was stored."""
    already: int = 0
    """Events and dead letters that an earlier run of the same load had appended."""
    finished_at: Instant | None = None
    """When an earlier run finished the same load, so that nothing was done."""
    is_stopped: bool = False
    """Whether it was asked to stop before the end."""


class RowItem(msgspec.Struct, frozen=True, gc=False):
    """One thing that a row became: the JSON of a call; or, with a ``problem``, of what could be made of a bad row."""

    row: int
    line: int | None
    occurred_at: Instant | None
    call: str | None
    problem: str | None = None


class Call(msgspec.Struct, frozen=True):
    """One call that a file's rows became: when it happened (``None`` for a bad row), and its JSON object."""

    occurred_at: Instant | None
    call: dict[str, Any]


def read_calls(
    path: Path, mapping: FileMapping, report: LoadReport, *, progress: Progress = lambda _done, _total: None
) -> Iterator[Call]:
    """Yield the calls of the file, for those who append nothing. Fills ``report``. Raises as :func:`read_items`."""
    for item in read_items(path, mapping, report, progress):
        if item.problem is None and item.call is not None:
            yield Call(item.occurred_at, msgspec.json.decode(item.call))
        else:
            yield Call(None, msgspec.json.decode(bad_row_json(item, mapping.source)))


def bad_row_json(item: RowItem, source: str) -> str:
    """Return the item of a batch that becomes a bad row's dead letter. Its ``call`` is what a repair corrects.

    Its message id is the same whenever the same row is read again.
    """
    call = item.call or "null"
    identity = derived_id("file", source, BAD_ROW, item.row, item.problem or "", call)
    fixed = msgspec.json.encode(
        {"type": BAD_ROW, "messageId": identity, "row": item.row, "line": item.line, "problem": told_problem(item)}
    ).decode()
    return f'{fixed[:-1]},"call":{call}}}' if item.call is not None else fixed


def told_problem(item: RowItem) -> str:
    """Return what is wrong with a row, and its line where that is not told by the row's number."""
    return f"{item.problem} (line {item.line})" if item.line not in {None, item.row} else str(item.problem)


def read_items(path: Path, mapping: FileMapping, report: LoadReport, progress: Progress) -> Iterator[RowItem]:
    """Yield what the rows of the file become. Fills ``report``.

    Raises :class:`CallerError` (see :mod:`fieldfare.collect.rows`); what came before it was right.
    """
    with ExitStack() as stack:
        reading = _Reading(path, mapping, report, progress, stack)
        try:
            for item in reading.items():
                if item.problem is None:
                    report.events += 1
                else:
                    report.bad += 1
                    if len(report.first_bad) < _SHOWN_BAD:
                        report.first_bad.append((item.row, item.line, item.problem))
                yield item
        except duckdb.Error as error:
            # The engine's text may quote a value; its kind does not.
            message = (
                f"{path.name} could not be processed ({type(error).__name__}). Look at the mapping `{mapping.name}`."
            )
            raise CallerError("file_unreadable", message) from error


class _Reading:
    """One file on its way through the engine."""

    def __init__(
        self, path: Path, mapping: FileMapping, report: LoadReport, progress: Progress, stack: ExitStack
    ) -> None:
        self._mapping, self._report = mapping, report
        self._unreadable: list[RowItem] = []
        self._skipped: Counter[str] = Counter()
        self._changes: Counter[str] = Counter()
        self._wanted = list(dict.fromkeys([*named_columns(mapping), *pairs_columns(mapping).values()]))
        self._reader: RowReader = open_rows(path, mapping, self._wanted, self._bad_row, progress, stack)
        self._judged = judged_rows(mapping, self._reader.whole)
        self._engine = _connect(stack.enter_context(TemporaryDirectory(prefix="fieldfare-load-")))
        stack.callback(self._engine.close)

    def items(self) -> Iterator[RowItem]:
        """Yield everything, counting rows and skips as they pass."""
        if self._mapping.group_by is None and self._mapping.duplicates_label is None:
            query = calls(self._mapping, f"({self._judged})")
            for batch in self._batches():
                self._engine.register("rows", batch)
                yield from self._in_order(self._engine.sql(query).to_arrow_table())
        else:
            yield from self._from_table()
        yield from self._take_unreadable()
        self._report.skipped = dict(sorted(self._skipped.items()))
        self._report.clock_changes = dict(sorted(self._changes.items()))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        self._report.columns = self._reader.columns
        for batch in self._reader.batches:
            self._report.rows += batch.num_rows
            yield self._with_pairs(self._with_absent(batch))

    def _with_absent(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the optional columns that the file lacks, empty."""
        there = set(batch.schema.names)
        for column in map(name, self._wanted):
            if column not in there:
                batch = batch.append_column(column, pa.nulls(batch.num_rows, pa.string()))
        return batch

    def _with_pairs(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        for index, part in enumerate(self._mapping.parts):
            if part.pairs is not None:
                taken = frozenset(part.constants) | {field.path[0] for field in part.fields}
                found = [members(text, taken) for text in batch.column(name(part.pairs)).to_pylist()]
                batch = batch.append_column(f"pairs{index}", pa.array(found, pa.string()))
        return batch

    def _from_table(self) -> Iterator[RowItem]:
        is_first = True
        for batch in self._batches():
            self._engine.register("rows", batch)
            into = f"CREATE TEMP TABLE {TYPED} AS" if is_first else f"INSERT INTO {TYPED}"
            self._engine.execute(f"{into} {self._judged}")
            is_first = False
        if is_first:
            return
        mapping = self._mapping
        if mapping.duplicates_label is not None:
            self._engine.execute(mark_duplicates(mapping.duplicates_label))
        if mapping.group_by is None:
            for table in self._fetch(calls(mapping, f"(SELECT * FROM {TYPED} ORDER BY file_row)")):  # noqa: S608
                yield from self._in_order(table)
            return
        self._count_groups()
        waiting = list(self._take_unreadable())
        for table in self._fetch(calls(mapping, f"({grouped_rows(mapping)})")):
            yield from self._in_order(table)
        self._unreadable += waiting
        for table in self._fetch(bad_calls(mapping)):
            yield from self._in_order(table)

    def _count_groups(self) -> None:
        left_out = f"SELECT left_out, count(*) FROM {TYPED} WHERE left_out IS NOT NULL GROUP BY ALL ORDER BY ALL"  # noqa: S608
        self._skipped.update(dict(self._engine.execute(left_out).fetchall()))
        where = "odd0 IS NOT NULL AND left_out IS NULL AND bad0 IS NULL"
        odd = f"SELECT odd0, count(*) FROM {TYPED} WHERE {where} GROUP BY ALL ORDER BY ALL"  # noqa: S608
        self._changes.update(dict(self._engine.execute(odd).fetchall()))

    def _fetch(self, query: str) -> Iterator[pa.Table]:
        relation = self._engine.sql(query)
        assert relation is not None, "a query has rows"
        for batch in relation.to_arrow_reader(_FETCH_ROWS):
            yield pa.Table.from_batches([batch])

    def _bad_row(self, number: int, line: int | None, problem: str) -> None:
        self._report.rows += 1
        self._unreadable.append(RowItem(number, line, None, None, problem))

    def _take_unreadable(self) -> Iterator[RowItem]:
        """Yield the rows of broken form that were not told of yet, and forget them."""
        waiting = sorted(self._unreadable, key=lambda item: item.row)
        self._unreadable.clear()
        yield from waiting

    def _in_order(self, table: pa.Table) -> Iterator[RowItem]:
        """Yield what the rows of a result became, rows of broken form in their place among them."""
        rows, lines, left_out = (table.column(key).to_pylist() for key in ("file_row", "file_line", "left_out"))
        parts = [
            tuple(table.column(f"{key}{index}").to_pylist() for key in ("at", "odd", "bad", "call"))
            for index in range(len(self._mapping.parts))
        ]
        waiting = sorted(self._unreadable, key=lambda item: -item.row)
        self._unreadable.clear()
        for at, row in enumerate(rows):
            while waiting and waiting[-1].row < row:
                yield waiting.pop()
            if left_out[at] is not None:
                self._skipped[left_out[at]] += 1
                continue
            fits = False
            for instants, odds, problems, texts in parts:
                if texts[at] is not None:
                    fits = True
                    problem = problems[at]
                    if odds[at] is not None and problem is None:
                        self._changes[odds[at]] += 1
                    yield RowItem(row, lines[at], instants[at] if problem is None else None, texts[at], problem)
            if not fits:
                self._skipped[WITHOUT_EVENT] += 1
        self._unreadable += waiting


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
