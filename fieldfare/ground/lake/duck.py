"""The lake on DuckDB: one file, one writing process, threads and memory set explicitly.

A load is one transaction: rows and the stream's place commit together, so a crash leaves either both or neither and the
next load begins where the last one ended. Every call takes the lock: DuckDB connections are not for several threads at
once. Queries of outsiders run on a cursor of their own with no file system and no settings to change.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.lake.ports import Answer, LakeTable, LakeView, Write

_PLACES = "CREATE TABLE IF NOT EXISTS load_place (stream VARCHAR PRIMARY KEY, through BIGINT NOT NULL)"
QUERY_SECONDS = 30
_READ_ONLY = frozenset({"SELECT", "EXPLAIN"})


class DuckLake:
    """``Lake`` on a DuckDB file (``None``: in memory)."""

    def __init__(self, path: Path | None, *, threads: int = 2, memory_mb: int = 256, read_only: bool = False) -> None:
        """Open the file. Raises ``ConflictError`` when another process writes it."""
        settings: dict[str, Any] = {
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "enable_external_access": False,
        }
        try:
            self._connection = duckdb.connect(str(path or ":memory:"), read_only=read_only, config=settings)
        except duckdb.IOException as error:
            text = f"The lake {path.name if path else ''} is open in another process. Ask that server, or stop it."
            raise ConflictError("lake_busy", text) from error
        self._lock = threading.RLock()
        if not read_only:
            self._connection.execute(_PLACES)

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
        with self._lock:
            rows = self._connection.execute("SELECT through FROM load_place WHERE stream = ?", [stream]).fetchall()
        return int(rows[0][0]) if rows else 0

    def load(self, stream: str, through: int, writes: Sequence[Write]) -> None:
        """Apply all writes and move the stream's place, in one transaction."""
        with self._lock:
            views = [f"incoming_{number}" for number in range(len(writes))]
            for view, write in zip(views, writes, strict=True):
                self._connection.register(view, write.rows)
            self._connection.execute("BEGIN")
            try:
                for view, write in zip(views, writes, strict=True):
                    self._write(view, write)
                self._connection.execute("INSERT OR REPLACE INTO load_place VALUES (?, ?)", [stream, through])
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            finally:
                for view in views:
                    self._connection.unregister(view)

    def _write(self, view: str, write: Write) -> None:
        table = write.table
        if write.whole:
            self._connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own table's name
        if write.rows.num_rows == 0:
            return
        if write.key:
            same = " AND ".join(f'"{table}"."{name}" = {view}."{name}"' for name in write.key)
            self._connection.execute(f'DELETE FROM "{table}" USING {view} WHERE {same}')  # noqa: S608 - our own names
        self._connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM {view}')  # noqa: S608 - our own names

    def query(self, sql: str, most_rows: int) -> Answer:
        """Run one read-only statement."""
        with self._lock:
            self._check_read_only(sql)
            cursor = self._connection.cursor()
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
            except duckdb.Error as error:
                first = str(error).splitlines()[0]
                raise CallerError(
                    "sql_invalid", f"The query did not run: {first} Correct it and run it again."
                ) from error
            finally:
                stop.cancel()
                cursor.close()
        return Answer(columns, rows[:most_rows], len(rows) > most_rows)

    def _check_read_only(self, sql: str) -> None:
        try:
            statements = self._connection.extract_statements(sql)
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise CallerError("sql_invalid", f"The query is not SQL: {first} Correct it and run it again.") from error
        kinds = [statement.type.name for statement in statements]
        if len(kinds) != 1 or kinds[0] not in _READ_ONLY:
            text = f"Only one SELECT may run here; this is {' and '.join(kinds) or 'empty'}. Write one SELECT."
            raise CallerError("sql_not_read_only", text)

    def arrow(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run a query of our own and return its rows."""
        with self._lock:
            found = self._connection.sql(sql, params=list(parameters)).to_arrow_table()
        assert isinstance(found, pa.Table)
        return found

    def ibis(self) -> Any:
        """Return an Ibis backend over this connection."""
        import ibis  # noqa: PLC0415 - heavy: only readouts and previews need it

        return ibis.duckdb.from_connection(self._connection.cursor())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
