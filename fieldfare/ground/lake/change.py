"""One load or step in the making: files that are written, tables as they will be. Nothing counts until published.

Every file is written under the number of the version to come, so that what a crash leaves behind is written over by the
next try. Rows are found by key through the manifest's bounds; those that go are noted by number in a file of their own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.ground.lake.beside import Beside, schema_of
from fieldfare.ground.lake.folder import Folder
from fieldfare.ground.lake.live import live
from fieldfare.ground.lake.manifest import FILE_ROWS, ROW, Bounds, DataFile, Manifest, TableState, among
from fieldfare.ground.lake.ports import Update, Write

SORTED_GROUP, PLAIN_GROUP = 8_192, 65_536
"""Rows of a row group: where one key is looked for, and where all are read."""
Over = Callable[[str, TableState, Sequence[DataFile]], AbstractContextManager[Beside]]


class Change:
    """The tables that differ from the manifest's."""

    def __init__(self, folder: Folder, manifest: Manifest, key: Callable[[str], str | None], over: Over) -> None:
        """``key`` tells what a table is sorted by; ``over`` lends a reader that sees some files of a table."""
        self._folder, self._manifest, self._key, self._over = folder, manifest, key, over
        self._written = 0
        self.states: dict[str, TableState] = {}

    def state(self, name: str) -> TableState:
        """Return a table as it is by now. Raises ``KeyError`` for one that nobody declared."""
        return self.states.get(name) or self._manifest.tables[name]

    def apply(self, write: Write | Update) -> None:
        """Apply one write."""
        if isinstance(write, Update):
            self._update(write)
            return
        state = self.state(write.table)
        if write.whole:
            state = msgspec.structs.replace(state, files=(), gone=(), moving=None)
        self.states[write.table] = state
        if write.rows.num_rows == 0:
            return
        if write.key:
            found = self._matching(write.table, write.rows, {name: name for name in write.key}, {ROW: f'f."{ROW}"'})
            self._drop(write.table, found)
        if not write.removes:
            self.add(write.table, write.rows.to_reader())

    def add(self, name: str, rows: pa.RecordBatchReader, run: int = 0) -> int:
        """Add rows, in as many files as they need; return how many."""
        added = 0
        for piece in _pieces(rows):
            state = self.state(name)
            schema = schema_of(state)
            numbers = pa.array(np.arange(state.next_row, state.next_row + piece.num_rows), pa.int64())
            columns = [_column(piece, field) for field in schema if field.name != ROW]
            table = pa.Table.from_arrays([*columns, numbers], schema=schema)
            path = self._write(name, table, SORTED_GROUP if self._key(name) else PLAIN_GROUP)
            file = DataFile(path, table.num_rows, state.next_row, _bounds(table), run)
            self.states[name] = msgspec.structs.replace(
                state, files=(*state.files, file), next_row=state.next_row + table.num_rows
            )
            added += table.num_rows
        return added

    def join_gone(self, name: str, files: Sequence[DataFile]) -> None:
        """Put files of gone rows into one; what tells of rows in no file any more is left out."""
        state = self.state(name)
        kept = tuple(each for each in state.gone if each not in files)
        self.states[name] = msgspec.structs.replace(state, gone=kept)
        found = [pq.read_table(self._folder.at(each.path), filesystem=self._folder.files) for each in files]
        numbers = np.sort(pa.concat_tables(found).column(ROW).to_numpy())
        places = _places(state, numbers)
        self._note_gone(name, numbers[places >= 0])

    def _update(self, update: Update) -> None:
        state = self.state(update.table)
        self.states[update.table] = state
        shown = {name: f'f."{name}"' for name, _ in state.columns} | {ROW: f'f."{ROW}"'}
        shown |= {name: f'given."{given}"' for name, given in update.sets.items()}
        changed = self._matching(update.table, update.rows, update.where, shown)
        self._drop(update.table, changed)
        if changed.num_rows:
            self.add(update.table, changed.drop_columns([ROW]).to_reader())

    def _matching(self, name: str, rows: pa.Table, where: dict[str, str], shown: dict[str, str]) -> pa.Table:
        """Return what is ``shown`` of the rows ``f`` that equal one of ``given``, each once."""
        state = self.state(name)
        kinds = dict(state.columns)
        files = among(state.files, _bounds(rows.select(list(where.values())).rename_columns(list(where)), kinds))
        if not files:
            return pa.table({ROW: pa.array([], pa.int64())})
        told = ", ".join(f'{what} AS "{column}"' for column, what in shown.items())
        same = " AND ".join(f'f."{column}" = given."{given}"' for column, given in where.items())
        with self._over(name, state, files) as reader:
            reader.give("given", rows)
            lying = live(name, state, [column for column, _ in state.columns] + [ROW], self._key(name), '"')
            once = f'QUALIFY row_number() OVER (PARTITION BY f."{ROW}") = 1'
            return reader.ask(f"SELECT {told} FROM ({lying}) f JOIN given ON {same} {once}")  # noqa: S608 - our own names

    def _drop(self, name: str, found: pa.Table) -> None:
        """Note that the rows of these numbers are gone."""
        if not found.num_rows:
            return
        state = self.state(name)
        numbers = np.sort(found.column(ROW).to_numpy())
        counts = np.bincount(_places(state, numbers), minlength=len(state.files))
        files = tuple(
            msgspec.structs.replace(file, gone=file.gone + int(count))
            for file, count in zip(_by_number(state), counts, strict=True)
        )
        self.states[name] = msgspec.structs.replace(state, files=files)
        self._note_gone(name, numbers)

    def _note_gone(self, name: str, numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
        if not len(numbers):
            return
        state = self.state(name)
        table = pa.table({ROW: pa.array(numbers, pa.int64())})
        file = DataFile(self._write(f"{name}.gone", table, PLAIN_GROUP), table.num_rows, 0, _bounds(table))
        self.states[name] = msgspec.structs.replace(state, gone=(*state.gone, file))

    def _write(self, group: str, table: pa.Table, row_group: int) -> str:
        path = f"data/{group}/{self._manifest.version + 1:012d}-{self._written}.parquet"
        self._written += 1
        self._folder.write(path, table, row_group)
        return path


def _by_number(state: TableState) -> list[DataFile]:
    return sorted(state.files, key=lambda file: file.first_row)


def _places(
    state: TableState, numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return in which file each row is, counted in the order of their numbers; -1 where there is none any more."""
    files = _by_number(state)
    firsts = np.array([file.first_row for file in files], dtype=np.int64)
    ends = np.array([file.first_row + file.rows for file in files] or [0], dtype=np.int64)
    found = np.searchsorted(firsts, numbers, side="right") - 1
    return np.where((found >= 0) & (numbers < ends[found]), found, -1)


def _pieces(rows: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield the rows in tables that one file holds each."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in rows:
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, FILE_ROWS - count)
            held.append(part)
            start, count = start + part.num_rows, count + part.num_rows
            if count == FILE_ROWS:
                yield pa.Table.from_batches(held)
                held, count = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _column(rows: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    if field.name not in rows.column_names:
        return pa.chunked_array([pa.nulls(rows.num_rows, field.type)])
    return rows.column(field.name).cast(field.type)


def _bounds(rows: pa.Table, kinds: dict[str, str] | None = None) -> Bounds:
    """Return the least and greatest value of whole integer columns; of all with values, when ``kinds`` are given."""
    found = {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        whole = column.null_count == 0 if kinds is None else kinds[name] != "BLOB"
        if whole and pa.types.is_integer(column.type) and len(column) > column.null_count:
            span = pc.min_max(column)
            found[name] = (span["min"].as_py(), span["max"].as_py())
    return found
