"""Tables as Parquet files under a manifest: one writer, loads that are wholly there or not at all, sorted runs.

A load writes its files, then the manifest that names them; what a crash leaves behind is named by no manifest, and the
next load takes the same names. Rows that are replaced are found by their key and marked as gone; nothing is rewritten
for that. After a load one rewrite may follow, a version of its own: joining small files, or leaving out gone rows.
Sorting moves rows in steps of ascending key (:mod:`fieldfare.ground.lake.runs`), each step a version. Loads and steps
wait for each other; readers wait for nobody: they have the manifest that they began with, whose files stay an hour.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import HOUR
from fieldfare.ground.lake.beside import Beside, open_database
from fieldfare.ground.lake.change import Change
from fieldfare.ground.lake.folder import Folder
from fieldfare.ground.lake.live import live
from fieldfare.ground.lake.manifest import (
    DataFile,
    Moving,
    TableState,
    declared,
    gone_to_join,
    paths,
    sizes_of,
    succeed,
    to_rewrite,
)
from fieldfare.ground.lake.ports import LakeTable, LakeView, Sorting, Update, Write
from fieldfare.ground.lake.runs import TAIL_ROWS, next_move, ranges

KEPT_FOR = HOUR
"""So long a file stays that no table has any more, for those who still read it."""


class ParquetTables:
    """The writer of a folder, and the quick reader beside it."""

    def __init__(
        self, folder: Folder, clock: Clock, *, threads: int = 2, memory_mb: int = 256, tail_rows: int = TAIL_ROWS
    ) -> None:
        """Take the folder as its last manifest says."""
        self._folder, self._clock, self._tail_rows = folder, clock, tail_rows
        self._database = open_database(threads, memory_mb)
        self._lock = threading.RLock()
        self._readers: list[Beside] = []
        self._tables: dict[str, LakeTable] = {}
        self.views: dict[str, LakeView] = {}
        self.now = folder.latest()
        """The manifest that stands."""
        self._retired = dict.fromkeys(folder.rows() - paths(self.now), clock.now())
        """Files that no table has any more, and since when; at the start those that were left by whoever died."""

    def ensure(self, tables: Sequence[LakeTable], views: Sequence[LakeView]) -> None:
        """Create missing tables and columns; make views anew."""
        with self._lock:
            self._tables |= {table.name: table for table in tables}
            self.views |= {view.name: view for view in views}
            states = {table.name: declared(self.now.tables.get(table.name, TableState()), table) for table in tables}
            changed = {name: state for name, state in states.items() if self.now.tables.get(name) != state}
            if changed:
                self._publish(changed, {})
            self._let_readers_go()

    def key(self, table: str) -> str | None:
        """Return what a table is sorted by."""
        known = self._tables.get(table)
        return known.sorting.key if known is not None and known.sorting is not None else None

    def load(self, stream: str, through: int, writes: Sequence[Write | Update]) -> None:
        """Apply all writes and move the stream's place, in one version; tidy up files after it."""
        with self._lock, self._told():
            change = self._change()
            for write in writes:
                change.apply(write)
            self._publish(change.states, {stream: through})
            for name in change.states:
                self._rewrite(name)

    def tidy(self, table: LakeTable) -> int:
        """Do one step towards the table's sorting; return how many rows moved."""
        assert table.sorting is not None, "only a table with a sorting is ever tidied"
        with self._lock, self._told():
            state = self.now.tables[table.name]
            if state.moving is None:
                state = self._begin(table.name, state, table.sorting)
            return 0 if state.moving is None else self._step(table.name, state, table.sorting)

    def arrow(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run a query of our own."""
        with self._told():
            reader = self._reader()
            try:
                return reader.ask(sql, parameters)
            finally:
                with self._lock:
                    self._readers.append(reader)

    def close(self) -> None:
        """Let go of the readers and the folder."""
        with self._lock:
            self._let_readers_go()
            self._database.close()
            self._folder.close()

    def _reader(self) -> Beside:
        with self._lock:
            manifest = self.now
            while self._readers:
                reader = self._readers.pop()
                if reader.version == manifest.version:
                    return reader
                reader.close()
        reader = Beside(self._folder, self._database)
        for name, state in manifest.tables.items():
            reader.show(name, state, self.key(name))
        reader.define(list(self.views.values()))
        reader.version = manifest.version
        return reader

    def _let_readers_go(self) -> None:
        while self._readers:
            self._readers.pop().close()

    def _publish(self, states: dict[str, TableState], places: dict[str, int]) -> None:
        manifest = succeed(self.now, states, places)
        self._folder.publish(manifest)
        before, self.now = paths(self.now), manifest
        now, named = self._clock.now(), paths(manifest)
        self._retired |= dict.fromkeys(before - named, now)
        for path in [path for path, at in self._retired.items() if at + KEPT_FOR <= now]:
            del self._retired[path]
            if path not in named:  # what a crash left may have been written over
                self._folder.remove(path)

    def _rewrite(self, name: str) -> None:
        """Join or shrink files of a table, when it is time."""
        change = self._change()
        state = self.now.tables[name]
        if files := to_rewrite(state):
            with self._over(name, state, files) as reader:
                rest = msgspec.structs.replace(state, files=tuple(each for each in state.files if each not in files))
                change.states[name] = rest
                change.add(name, reader.stream(self._rows(name, state, sorts=files[0].run > 0)), files[0].run)
        elif gone := gone_to_join(state):
            change.join_gone(name, gone)
        if change.states:
            self._publish(change.states, {})

    def _begin(self, name: str, state: TableState, sorting: Sorting) -> TableState:
        move = next_move(sizes_of(state), self._tail_rows)
        if move is None:
            return state
        sources = tuple(file.path for file in state.files if file.run in move.sources)
        bounds: list[int] = []
        if move.steps > 1:
            shares = [number / move.steps for number in range(1, move.steps)]
            with self._over(name, state, [file for file in state.files if file.path in sources]) as reader:
                rows = live(name, state, [sorting.key], sorting.key, '"')
                asked = f'SELECT approx_quantile("{sorting.key}", {shares}) AS bounds FROM ({rows})'  # noqa: S608 - our own
                bounds = reader.ask(asked).column(0).to_pylist()[0] or []
        left = tuple(ranges([int(bound) for bound in bounds]))
        return msgspec.structs.replace(state, moving=Moving(sources, move.into, left))

    def _step(self, name: str, state: TableState, sorting: Sorting) -> int:
        """Move the rows of the next range that has any."""
        assert state.moving is not None, "a step belongs to a move"
        (above, up_to), left = state.moving.left[0], state.moving.left[1:]
        here = "TRUE" if up_to is None else f'"{sorting.key}" <= {up_to}'
        here = f'({here} OR "{sorting.key}" IS NULL)' if above is None else f'{here} AND "{sorting.key}" > {above}'
        order = ", ".join(f'"{column}"' for column in sorting.order)
        columns = [column for column, _ in state.columns]
        change = self._change()
        with self._over(name, state, state.leaving) as reader:
            rows = live(name, state, columns, sorting.key, '"')
            sorted_rows = f"SELECT * FROM ({rows}) WHERE {here} ORDER BY {order}"  # noqa: S608 - our own names
            change.states[name] = state
            moved = change.add(name, reader.stream(sorted_rows), state.moving.into)
        after = change.states[name]
        moving = msgspec.structs.replace(state.moving, left=left, through=up_to)
        if left:
            after = msgspec.structs.replace(after, moving=moving)
        else:
            files = tuple(file for file in after.files if file.path not in state.moving.sources)
            after = msgspec.structs.replace(after, files=files, moving=None)
        self._publish({name: after}, {})
        return moved or (self._step(name, after, sorting) if left else 0)

    def _rows(self, name: str, state: TableState, *, sorts: bool) -> str:
        columns = [column for column, _ in state.columns]
        sorting = self._tables[name].sorting
        order = ", ".join(f'"{column}"' for column in sorting.order) if sorts and sorting is not None else ""
        return live(name, state, columns, self.key(name), '"') + (f" ORDER BY {order}" if order else "")

    def _change(self) -> Change:
        return Change(self._folder, self.now, self.key, self._over)

    @contextmanager
    def _over(self, name: str, state: TableState, files: Sequence[DataFile]) -> Iterator[Beside]:
        """Lend a reader that sees these files of a table only."""
        reader = Beside(self._folder, self._database)
        try:
            reader.offer(name, state, files)
            yield reader
        finally:
            reader.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
            text = (
                f"The lake could not read or write: {type(error).__name__}. Its disk is full or out of reach, or its "
                "memory is too small. It is tried again; free space if this stays."
            )
            raise TransientError("lake_unavailable", text, retry_after_s=5) from error
