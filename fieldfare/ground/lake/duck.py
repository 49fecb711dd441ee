"""The lake on DuckDB: one file, one writing process, threads and memory set explicitly.

A load is one transaction: rows and the stream's place commit together, so a crash leaves either both or neither and the
next load begins where the last one ended. Every call takes the lock: DuckDB connections are not for several threads at
once. Queries of outsiders run on a cursor of their own with no file system and no settings to change.

A full disk is a transient failure. A commit that could not be written leaves nothing and the same connection goes on. A
checkpoint that could not be written makes DuckDB refuse everything until the file is opened again; the next call does
so, and finds what was committed, for that is in the file or in its WAL.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from fieldfare.ground.errors import CallerError, ConflictError, PermanentError, TransientError
from fieldfare.ground.lake.ports import Answer, LakeTable, LakeView, Update, Write

_PLACES = "CREATE TABLE IF NOT EXISTS load_place (stream VARCHAR PRIMARY KEY, through BIGINT NOT NULL)"
QUERY_SECONDS = 30
_READ_ONLY = frozenset({"SELECT", "EXPLAIN"})


class DuckLake:
    """``Lake`` on a DuckDB file (``None``: in memory)."""

    def __init__(self, path: Path | None, *, threads: int = 2, memory_mb: int = 256, read_only: bool = False) -> None:
        """Open the file. Raises ``ConflictError`` when another process writes it."""
        self._path, self._read_only = path, read_only
        self._settings: dict[str, Any] = {
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "enable_external_access": False,
            # DuckDB writes the row group that is being filled anew at each checkpoint; its default makes that often.
            "checkpoint_threshold": "64MB",
        }
        self._lock = threading.RLock()
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
            if self._must_reopen:
                self._connection.close()
                self._connection = self._open()
                self._must_reopen = False
            try:
                yield self._connection
            except duckdb.FatalException as error:
                self._must_reopen = self._path is not None
                raise _unavailable(error) from error
            except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
                raise _unavailable(error) from error

    def ensure(self, tables: Sequence[LakeTable], views: Sequence[LakeView]) -> None:
        """Create missing tables and columns; make views anew."""
        with self._lock:
            for table in tables:
                columns = ", ".join(f'"{name}" {kind}' for name, kind, _ in table.columns)
                self._connection.execute(f'CREATE TABLE IF NOT EXISTS "{table.name}" ({columns})')
                for name, kind, _ in table.columns:
                    self._connection.execute(f'ALTER TABLE "{table.name}" ADD COLUMN IF NOT EXISTS "{name}" {kind}')
            for view in views:
                self._connection.execute(f'CREATE OR REPLACE VIEW "{view.name}" AS {view.sql}')

    def loaded(self, stream: str) -> int:
        """Return the place through which a stream is loaded."""
        with self._use() as connection:
            rows = connection.execute("SELECT through FROM load_place WHERE stream = ?", [stream]).fetchall()
        return int(rows[0][0]) if rows else 0

    def load(self, stream: str, through: int, writes: Sequence[Write | Update]) -> None:
        """Apply all writes and move the stream's place, in one transaction."""
        with self._use() as connection:
            views = [f"incoming_{number}" for number in range(len(writes))]
            for view, write in zip(views, writes, strict=True):
                connection.register(view, write.rows)
            connection.execute("BEGIN")
            try:
                for view, write in zip(views, writes, strict=True):
                    if isinstance(write, Update):
                        _update(connection, view, write)
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

    def query(self, sql: str, most_rows: int) -> Answer:
        """Run one read-only statement."""
        with self._use() as connection:
            _check_read_only(connection, sql)
            cursor = connection.cursor()
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
                first = str(error).splitlines()[0]
                raise CallerError(
                    "sql_invalid", f"The query did not run: {first} Correct it and run it again."
                ) from error
            finally:
                stop.cancel()
                cursor.close()
        return Answer(columns, rows[:most_rows], len(rows) > most_rows)

    def arrow(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run a query of our own and return its rows."""
        with self._use() as connection:
            found = connection.sql(sql, params=list(parameters)).to_arrow_table()
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
    same = " AND ".join(f'"{update.table}"."{column}" = {view}."{given}"' for column, given in update.where.items())
    connection.execute(f'UPDATE "{update.table}" SET {sets} FROM {view} WHERE {same}')  # noqa: S608 - our own names


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
        first = str(error).splitlines()[0]
        raise CallerError("sql_invalid", f"The query is not SQL: {first} Correct it and run it again.") from error
    kinds = [statement.type.name for statement in statements]
    if len(kinds) != 1 or kinds[0] not in _READ_ONLY:
        text = f"Only one SELECT may run here; this is {' and '.join(kinds) or 'empty'}. Write one SELECT."
        raise CallerError("sql_not_read_only", text)
