"""Opening the state database and its two kinds of transaction.

``write()`` takes the write lock at once (SQLite ``BEGIN IMMEDIATE``), so what it reads cannot change before it commits;
``read()`` sees one consistent snapshot and never blocks writers. Both roll back when the body raises. Durable by
default; ``durable=False`` is for simulations, whose data can be made again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fieldfare.ground.checkpoint import Checkpoints
from fieldfare.ground.errors import TransientError
from fieldfare.ground.store.engine import open_engine

BUSY_TIMEOUT_MS = 30_000
PAGE_BYTES = 4_096
CHECKPOINT_BYTES = 100 << 20
"""The WAL is copied beside the commits when about so much was written; inside one only at three times that."""
_PASSING = frozenset({"08", "40", "53", "55", "57"})


class State:
    """The state database of one workspace."""

    def __init__(self, engine: Engine, checkpoints: Checkpoints | None = None) -> None:
        """Wrap an engine made by :func:`open_state`; ``checkpoints`` copies its WAL beside the commits."""
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._checkpoints = checkpoints

    @contextmanager
    def write(self, *, replayable: bool = False) -> Iterator[Connection]:
        """One read-write transaction, committed at the end. Raises ``TransientError`` when it stays locked.

        ``replayable``: what is written can be made again from what is durable, so after a power failure the database
        may stand before it (a killed process loses nothing). The next one that is not replayable makes it durable.
        """
        with self._transaction("BEGIN IMMEDIATE", replayable=replayable) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read-only snapshot."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str, *, replayable: bool = False) -> Iterator[Connection]:
        connection = self.connect()
        try:
            with connection.execution_options(begin=begin, replayable=replayable).begin():
                before = self._rows_changed(connection)
                yield connection
                changed = self._rows_changed(connection) - before
            if changed and self._checkpoints is not None:  # about a page a row
                self._checkpoints.note(changed * PAGE_BYTES)
        except Exception as error:
            if not is_passing(error):
                raise
            connection.invalidate()
            message = f"The state database did not answer: {_name(error)}. It is locked, full or gone; retry."
            raise TransientError("state_unavailable", message, retry_after_s=1) from error
        finally:
            connection.close()

    def scrub(self) -> None:
        """Leave nothing of what was deleted in SQLite's write-ahead log, unless somebody reads it at this moment."""
        if not self.is_sqlite:
            return
        connection = self.engine.raw_connection()
        try:
            with self._checkpoints.copying if self._checkpoints is not None else nullcontext():
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()

    def _rows_changed(self, connection: Connection) -> int:
        if self._checkpoints is None:
            return 0
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        return driver.total_changes

    def connect(self) -> Connection:
        """Return a connection, to be closed by the caller. Raises ``TransientError`` when there is none."""
        try:
            return self.engine.connect()
        except (DBAPIError, OSError, PoolTimeoutError) as error:
            message = f"The state database cannot be opened: {_name(error)}. Check its path or server."
            raise TransientError("state_unavailable", message, retry_after_s=1) from error

    def close(self) -> None:
        """Close all pooled connections."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        self.engine.dispose()


def open_state(url: str, *, durable: bool = True) -> State:
    """Open the state database at a URL (``sqlite:///path``, ``postgresql+pg8000://…``); creates no tables."""
    engine = open_engine(url)
    if engine.dialect.name != "sqlite":
        return State(engine)
    _prepare_sqlite(engine, durable=durable)
    return State(engine, _checkpoints(engine) if durable and engine.url.database else None)


def is_passing(error: BaseException) -> bool:
    """Return whether the database is only locked, full, restarting or gone for now.

    Statements on the driver's own cursor raise the driver's errors, all others wrapped ones; both are read here.
    PostgreSQL's classes: connection (08), rollback (40), resources (53), object in use (55), intervention (57).
    """
    cause = getattr(error, "orig", error)
    if isinstance(cause, sqlite3.OperationalError | ConnectionError):
        return True
    if not type(cause).__module__.startswith("pg8000"):
        return False
    told = cause.args[0] if cause.args else None
    code = str(told.get("C", "")) if isinstance(told, dict) else ""
    return code[:2] in _PASSING if code else type(cause).__name__ in {"InterfaceError", "OperationalError"}


def _name(error: Exception) -> str:
    return type(getattr(error, "orig", error)).__name__


def _checkpoints(engine: Engine) -> Checkpoints:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(str(engine.url.database), isolation_level=None)

    return Checkpoints(connect, every_bytes=CHECKPOINT_BYTES, anew_bytes=CHECKPOINT_BYTES)


def _prepare_sqlite(engine: Engine, *, durable: bool) -> None:
    pragmas = (
        f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
        "PRAGMA journal_mode=WAL",
        f"PRAGMA synchronous={'FULL' if durable else 'OFF'}",
        "PRAGMA secure_delete=ON",
        f"PRAGMA wal_autocheckpoint={3 * CHECKPOINT_BYTES // PAGE_BYTES}",
        "PRAGMA cache_size=-65536",
        "PRAGMA temp_store=MEMORY",
    )

    def on_connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in pragmas:
            raw.execute(pragma)

    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if durable:  # in WAL mode NORMAL commits without a sync and stays consistent
            raw = connection.connection.cursor()
            raw.execute(f"PRAGMA synchronous={'NORMAL' if options.get('replayable') else 'FULL'}")
        connection.exec_driver_sql(options.get("begin", "BEGIN"))

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
