"""The lake on DuckDB: one file, one writing process, threads and memory set explicitly.

A load is one transaction: rows and the stream's place commit together, so a crash leaves either both or neither and the
next load begins where the last one ended. Loads take the lock: DuckDB connections are not for several threads at once.
Questions run on cursors of their own, a few at once, beside loads and each other; those of outsiders with no file
system and no settings to change.

A table with a sorting is kept in sorted runs (:mod:`fieldfare.ground.lake.runs`), so that DuckDB's zone maps leave out
all but a few row groups when one key is asked for. A step copies the rows of some runs within a range of keys, sorted,
to the end of the table and deletes the old ones, in one transaction: readers see either, and a crash leaves either.
What is left of a move that a crash ended is a set of smaller runs, and moves with the next. Replaced rows come into the
tail again. Rows may not be replaced while a step runs, for both would delete them; appending goes on.

A full disk is a transient failure. A commit that could not be written leaves nothing and the same connection goes on. A
checkpoint that could not be written makes DuckDB refuse everything until the file is opened again; the next call does
so, and finds what was committed, for that is in the file or in its WAL.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from fieldfare.ground.errors import CallerError, ConflictError, PermanentError, TransientError
from fieldfare.ground.lake.ports import Answer, LakeTable, LakeView, Sorting, Update, Write
from fieldfare.ground.lake.runs import TAIL_ROWS, Move, next_move, ranges

_COLUMNS = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database()"
_PLACES = "CREATE TABLE IF NOT EXISTS load_place (stream VARCHAR PRIMARY KEY, through BIGINT NOT NULL)"
QUERY_SECONDS = 30
READERS = 4
"""So many questions run at once; the memory is one for all."""
_READ_ONLY = frozenset({"SELECT", "EXPLAIN"})


class DuckLake:
    """``Lake`` on a DuckDB file (``None``: in memory)."""

    def __init__(
        self,
        path: Path | None,
        *,
        threads: int = 2,
        memory_mb: int = 256,
        read_only: bool = False,
        tail_rows: int = TAIL_ROWS,
    ) -> None:
        """Open the file; so many unsorted rows are sorted. Raises ``ConflictError`` when another process writes it."""
        self._path, self._read_only = path, read_only
        self._settings: dict[str, Any] = {
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "enable_external_access": False,
            # DuckDB writes the row group that is being filled anew at each checkpoint; its default makes that often.
            "checkpoint_threshold": "64MB",
        }
        self._lock = threading.RLock()
        self._idle = threading.Condition(self._lock)
        """Told when a cursor was closed."""
        self._cursors = 0
        self._readers = threading.BoundedSemaphore(READERS)
        self._replacing = threading.RLock()
        """Held by whoever deletes rows of a sorted table."""
        self._tail_rows = tail_rows
        self._sorted: dict[str, _Sorted] = {}
        self._connection = self._open()
        self._must_reopen = False
        if not read_only:
            with self._use() as connection:
                connection.execute(_PLACES)

    def _open(self) -> duckdb.DuckDBPyConnection:
        name = self._path.name if self._path else "in memory"
        try:
            return duckdb.connect(str(self._path or ":memory:"), read_only=self._read_only, config=self._settings)
        except duckdb.Error as error:
            if "lock on file" in str(error):
                text = f"The lake {name} is open in another process. Ask that server, or stop it."
                raise ConflictError("lake_busy", text) from error
            if not isinstance(error, duckdb.IOException) or "not a valid" in str(error):
                text = (
                    f"The lake {name} is damaged or no DuckDB file: {type(error).__name__}. Restore it from a backup."
                )
                raise PermanentError("lake_damaged", text) from error
            raise _unavailable(error) from error

    @contextmanager
    def _use(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend the connection to one thread at a time; open the file again when the last failure demands it.

        Raises ``TransientError`` ``lake_unavailable`` when the disk or the memory does not suffice now.
        """
        with self._lock:
            self._reopen()
            with self._told():
                yield self._connection

    def _reopen(self) -> None:
        """Open the file again when that is what helps, once no cursor holds on to how it was."""
        while self._must_reopen and self._cursors:
            self._idle.wait()
        if self._must_reopen:
            self._connection.close()
            self._connection = self._open()
            self._must_reopen = False

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except duckdb.FatalException as error:
            self._must_reopen = self._path is not None
            raise _unavailable(error) from error
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise _unavailable(error) from error

    @contextmanager
    def _beside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor that works beside loads and other cursors. Raises as :meth:`_use`."""
        with self._lock:
            self._reopen()
            cursor = self._connection.cursor()
            self._cursors += 1
        try:
            with self._told():
                yield cursor
        finally:
            with self._idle:
                cursor.close()
                self._cursors -= 1
                self._idle.notify_all()

    def ensure(self, tables: Sequence[LakeTable], views: Sequence[LakeView]) -> None:
        """Create missing tables and columns; make views anew."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                self._ensure(tables, views)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _ensure(self, tables: Sequence[LakeTable], views: Sequence[LakeView]) -> None:
        known: dict[str, set[str]] = {}
        for name, column in self._connection.execute(_COLUMNS).fetchall():
            known.setdefault(name, set()).add(column)
        for table in tables:
            wanted = {name: kind for name, kind, _ in table.columns}
            if table.sorting is not None:
                wanted["run"] = "INTEGER DEFAULT 0"
                self._sorted.setdefault(table.name, _Sorted(self._tail_rows))
            if table.name not in known:
                columns = ", ".join(f'"{name}" {kind}' for name, kind in wanted.items())
                self._connection.execute(f'CREATE TABLE IF NOT EXISTS "{table.name}" ({columns})')
                continue
            for name, kind in wanted.items():
                if name not in known[table.name]:
                    self._connection.execute(f'ALTER TABLE "{table.name}" ADD COLUMN IF NOT EXISTS "{name}" {kind}')
        for view in views:
            what = f'MACRO "{view.name}"({", ".join(view.parameters)})' if view.parameters else f'VIEW "{view.name}"'
            kind = "AS TABLE" if view.parameters else "AS"
            self._connection.execute(f"CREATE OR REPLACE {what} {kind} {view.sql}")

    def loaded(self, stream: str) -> int:
        """Return the place through which a stream is loaded."""
        with self._use() as connection:
            rows = connection.execute("SELECT through FROM load_place WHERE stream = ?", [stream]).fetchall()
        return int(rows[0][0]) if rows else 0

    def load(self, stream: str, through: int, writes: Sequence[Write | Update]) -> None:
        """Apply all writes and move the stream's place, in one transaction."""
        replaces = any(write.table in self._sorted and write.deletes for write in writes)
        with self._replacing if replaces else nullcontext(), self._use() as connection:
            views = [f"incoming_{number}" for number in range(len(writes))]
            for view, write in zip(views, writes, strict=True):
                connection.register(view, write.rows)
            connection.execute("BEGIN")
            try:
                for view, write in zip(views, writes, strict=True):
                    if isinstance(write, Update):
                        (_resort if write.table in self._sorted else _update)(connection, view, write)
                    else:
                        _write(connection, view, write)
                connection.execute("INSERT OR REPLACE INTO load_place VALUES (?, ?)", [stream, through])
                _commit(connection)
            except BaseException:
                with suppress(duckdb.Error):  # a commit that failed has rolled back already
                    connection.execute("ROLLBACK")
                raise
            finally:
                with suppress(duckdb.Error):  # after a failure that only opening again ends, there is none
                    for view in views:
                        connection.unregister(view)
            for write in writes:
                if write.table in self._sorted:
                    self._sorted[write.table].news += write.rows.num_rows

    def tidy(self, table: LakeTable) -> int:
        """Sort, or join sorted runs, one step of about half as many rows as a tail has."""
        assert table.sorting is not None, "only a table with a sorting is ever tidied"
        lies = self._sorted[table.name]
        with self._replacing:
            if not lies.left and lies.news >= self._tail_rows:
                with self._beside() as cursor:
                    lies.look(cursor, table.name, table.sorting, self._tail_rows)
            moved = 0
            while lies.left and not moved:
                with self._beside() as cursor:
                    moved = _step(cursor, table.name, table.sorting, lies.move, lies.left[0])
                lies.left.pop(0)
        return moved

    def query(self, sql: str, most_rows: int) -> Answer:
        """Run one read-only statement."""
        with self._readers, self._beside() as cursor:
            _check_read_only(cursor, sql)
            stop = threading.Timer(QUERY_SECONDS, cursor.interrupt)
            stop.start()
            try:
                cursor.execute("BEGIN TRANSACTION READ ONLY")  # a SELECT may hide a DELETE in its WITH
                cursor.execute(sql)
                rows = cursor.fetchmany(most_rows + 1)
                columns = [column[0] for column in cursor.description or ()]
            except duckdb.InterruptException as error:
                text = f"The query ran for more than {QUERY_SECONDS} s and was stopped. Narrow it, for example by time."
                raise CallerError("sql_too_slow", text) from error
            except (duckdb.FatalException, duckdb.IOException):
                raise
            except duckdb.Error as error:
                first = str(error).splitlines()[0].rstrip(".")
                raise CallerError(
                    "sql_invalid", f"The query did not run: {first}. Correct it and run it again."
                ) from error
            finally:
                stop.cancel()
        return Answer(columns, rows[:most_rows], len(rows) > most_rows)

    def arrow(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run a query of our own and return its rows."""
        with self._readers, self._beside() as cursor:
            found = cursor.sql(sql, params=list(parameters)).to_arrow_table()
        assert isinstance(found, pa.Table)
        return found

    def ibis(self) -> Any:
        """Return an Ibis backend over this connection."""
        import ibis  # noqa: PLC0415 - heavy: only readouts and previews need it

        with self._use() as connection:
            return ibis.duckdb.from_connection(connection.cursor())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class _Sorted:
    """What is known of a sorted table: rows loaded since it was last looked at, and the move under way."""

    def __init__(self, news: int) -> None:
        """Begin with as many ``news`` as make the first look."""
        self.news = news
        self.move = Move((), 0, 0)
        self.left: list[tuple[int | None, int | None]] = []
        """Ranges of keys that the move has still to do."""

    def look(self, cursor: duckdb.DuckDBPyConnection, table: str, sorting: Sorting, tail_rows: int) -> None:
        """See how the rows lie, and decide on the next move."""
        counted = cursor.execute(
            f'SELECT run, count(*) FROM "{table}" WHERE "{sorting.key}" IS NOT NULL GROUP BY run'  # noqa: S608 - our own names
        ).fetchall()
        sizes = dict(counted)
        move = next_move(sizes, tail_rows)
        if move is None:
            self.news = sizes.get(0, 0)
            return
        self.move = move
        bounds: list[float] = []
        if move.steps > 1:
            shares = [number / move.steps for number in range(1, move.steps)]
            (found,) = cursor.execute(
                f'SELECT approx_quantile("{sorting.key}", {shares}) FROM "{table}" WHERE {_among(move)}'  # noqa: S608 - our own
            ).fetchall()[0]
            bounds = found or []
        self.left = ranges([int(bound) for bound in bounds])


def _among(move: Move) -> str:
    return f"run IN ({', '.join(map(str, move.sources))})"


def _delete(table: str, here: str) -> str:
    return f'DELETE FROM "{table}" WHERE {here}'  # noqa: S608 - our own names


def _step(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    sorting: Sorting,
    move: Move,
    between: tuple[int | None, int | None],
) -> int:
    """Move the rows of one range of keys into their new run, in one transaction; return how many."""
    key, (above, up_to) = f'"{sorting.key}"', between
    here = f"{_among(move)} AND {key} IS NOT NULL"
    here += f" AND {key} > {above}" if above is not None else ""
    here += f" AND {key} <= {up_to}" if up_to is not None else ""
    order = ", ".join(f'"{name}"' for name in sorting.order)
    copied = f'INSERT INTO "{table}" BY NAME SELECT * REPLACE ({move.into}::INTEGER AS run) FROM "{table}"'  # noqa: S608 - our own
    cursor.execute("BEGIN")
    try:
        cursor.execute(f"{copied} WHERE {here} ORDER BY {order}")
        (moved,) = cursor.execute(_delete(table, here)).fetchall()[0]
        _commit(cursor)
    except BaseException:
        with suppress(duckdb.Error):
            cursor.execute("ROLLBACK")
        raise
    return int(moved)


def _write(connection: duckdb.DuckDBPyConnection, view: str, write: Write) -> None:
    table = write.table
    if write.whole:
        connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own table's name
    if write.rows.num_rows == 0:
        return
    if write.key:
        same = " AND ".join(f'"{table}"."{name}" = {view}."{name}"' for name in write.key)
        connection.execute(f'DELETE FROM "{table}" USING {view} WHERE {same}')  # noqa: S608 - our own names
    if write.removes:
        return
    connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM {view}')  # noqa: S608 - our own names


def _update(connection: duckdb.DuckDBPyConnection, view: str, update: Update) -> None:
    sets = ", ".join(f'"{column}" = {view}."{given}"' for column, given in update.sets.items())
    connection.execute(f'UPDATE "{update.table}" SET {sets} FROM {view} WHERE {_same(view, update)}')  # noqa: S608 - our own names


def _resort(connection: duckdb.DuckDBPyConnection, view: str, update: Update) -> None:
    """Change rows of a sorted table, whose place in their runs may be wrong then: they go back into the tail."""
    table, same = update.table, _same(view, update)
    sets = ", ".join(f'{view}."{given}" AS "{column}"' for column, given in update.sets.items())
    changed = f'SELECT "{table}".* REPLACE ({sets}, 0::INTEGER AS run) FROM "{table}", {view} WHERE {same}'  # noqa: S608 - our own
    connection.execute(f"CREATE OR REPLACE TEMP TABLE changed_rows AS {changed}")
    connection.execute(f'DELETE FROM "{table}" USING {view} WHERE {same}')  # noqa: S608 - our own names
    connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM changed_rows')  # noqa: S608 - our own names
    connection.execute("DROP TABLE changed_rows")


def _same(view: str, update: Update) -> str:
    return " AND ".join(f'"{update.table}"."{column}" = {view}."{given}"' for column, given in update.where.items())


def _commit(connection: duckdb.DuckDBPyConnection) -> None:
    """Commit. There is one writer, so a commit fails only when it cannot be written."""
    try:
        connection.execute("COMMIT")
    except duckdb.TransactionException as error:
        raise _unavailable(error) from error


def _unavailable(error: duckdb.Error) -> TransientError:
    text = (
        f"The lake could not read or write: {type(error).__name__}. Its disk is full or out of reach, or its memory is "
        "too small. It is tried again; free space if this stays."
    )
    return TransientError("lake_unavailable", text, retry_after_s=5)


def _check_read_only(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        first = str(error).splitlines()[0].rstrip(".")
        raise CallerError("sql_invalid", f"The query is not SQL: {first}. Correct it and run it again.") from error
    kinds = [statement.type.name for statement in statements]
    if len(kinds) != 1 or kinds[0] not in _READ_ONLY:
        text = f"Only one SELECT may run here; this is {' and '.join(kinds) or 'empty'}. Write one SELECT."
        raise CallerError("sql_not_read_only", text)
