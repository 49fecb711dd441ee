"""Opening the state database and its two kinds of transaction.

``write()`` takes the write lock at once (SQLite ``BEGIN IMMEDIATE``), so what it reads cannot change before it commits;
``read()`` sees one consistent snapshot and never blocks writers. Both roll back when the body raises; a text that the
database cannot hold is the caller's fault (``text_unstorable``). Durable by default; ``durable=False`` is for
simulations, whose data can be made again: there one thread may keep a transaction open under many (``lasting()``),
because committing thousands of small ones costs more than what they do.

SQLite has one writer at a time, so the writers of a process share one connection and wait for it in line: who waited
for SQLite's own lock would look again ever more seldom, and of two connections that write in turn neither keeps its
cache.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fieldfare.ground.checkpoint import Checkpoints
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.store.engine import open_engine
from fieldfare.ground.store.line import Line

BUSY_TIMEOUT_MS = 30_000
PAGE_BYTES = 4_096
WRITER_CACHE_KB = 65_536
READER_CACHE_KB = 8_192
"""A reader's cache lasts until the next commit, whoever makes it."""
CHECKPOINT_BYTES = 100 << 20
"""The WAL is copied beside the commits when about so much was written; inside one only at three times that."""
READ = "BEGIN"
WRITES_TOGETHER = 2_000
"""So many writes of a lasting transaction are committed together."""
_PASSING = frozenset({"08", "40", "53", "55", "57"})
_UNSTORABLE = frozenset({"22021", "22P05"})
"""PostgreSQL's codes for characters that no text of its may hold; SQLite takes them all."""


class State:
    """The state database of one workspace."""

    def __init__(
        self,
        engine: Engine,
        checkpoints: Checkpoints | None = None,
        writer: Engine | None = None,
        *,
        durable: bool = True,
    ) -> None:
        """Wrap an engine made by :func:`open_state`; ``checkpoints`` copies its WAL beside the commits.

        ``writer``: the engine of those who write, where it is another one.
        """
        self.engine = engine
        self._writer = writer if writer is not None else engine
        self.line = Line() if writer is not None else None
        """Where writers wait for the writer's only connection."""
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._checkpoints = checkpoints
        self._may_last = self.is_sqlite and not durable
        self._lasting: _Lasting | None = None

    @contextmanager
    def write(self, *, replayable: bool = False) -> Iterator[Connection]:
        """One read-write transaction, committed at the end. Raises ``TransientError`` when it stays locked.

        ``replayable``: what is written can be made again from what is durable, so after a power failure the database
        may stand before it (a killed process loses nothing). The next one that is not replayable makes it durable.
        """
        lasting = self._here()
        if lasting is not None:
            with lasting.part() as connection:
                yield connection
            return
        with self._alone(), self._transaction(self._writer, "BEGIN IMMEDIATE", replayable=replayable) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read-only snapshot."""
        lasting = self._here()
        with self._transaction(self.engine, READ) if lasting is None else nullcontext(lasting.connection) as connection:
            yield connection

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Let this thread's transactions be parts of one that is committed now and then, and at the end.

        Each part still is all or nothing, and sees those before it; nobody else can write meanwhile, and what was not
        committed is lost with the process. For a simulation, whose data can be made again; elsewhere it does nothing.
        """
        if not self._may_last or self._lasting is not None:
            yield
            return
        with self._alone(), _connected(self._writer) as connection:
            self._lasting = lasting = _Lasting(connection.execution_options(begin="BEGIN IMMEDIATE"))
            try:
                yield
            finally:
                self._lasting = None
                lasting.end()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait in line for the writer's connection, where there is one for all."""
        if self.line is None:
            yield
            return
        if not self.line.take(BUSY_TIMEOUT_MS / 1_000):
            message = "The state database is busy: others wrote all the time. Retry."
            raise TransientError("state_unavailable", message, retry_after_s=1)
        try:
            yield
        finally:
            self.line.leave()

    def _here(self) -> "_Lasting | None":
        return self._lasting if self._lasting is not None and self._lasting.is_mine else None

    @contextmanager
    def _transaction(self, engine: Engine, begin: str, *, replayable: bool = False) -> Iterator[Connection]:
        connection = _connected(engine)
        try:
            with connection.execution_options(begin=begin, replayable=replayable).begin():
                before = self._rows_changed(connection)
                yield connection
                changed = self._rows_changed(connection) - before
            if changed and self._checkpoints is not None:  # about a page a row
                self._checkpoints.note(changed * PAGE_BYTES)
        except Exception as error:
            if _code(error) in _UNSTORABLE:
                text = "A text holds a character that cannot be stored, such as NUL. Leave it out."
                raise CallerError("text_unstorable", text) from error
            if not is_passing(error):
                raise
            connection.invalidate()
            raise _unanswered(error) from error
        finally:
            connection.close()

    def scrub(self) -> None:
        """Leave nothing of what was deleted in SQLite's write-ahead log, unless somebody reads it at this moment."""
        if not self.is_sqlite or self._lasting is not None:
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
        return _connected(self.engine)

    def close(self) -> None:
        """Close all pooled connections."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        self.engine.dispose()
        self._writer.dispose()


class _Lasting:
    """A transaction that stays open under many."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._thread = threading.get_ident()
        self._outer = connection.begin()
        self._writes = 0

    @property
    def is_mine(self) -> bool:
        return threading.get_ident() == self._thread

    @contextmanager
    def part(self) -> Iterator[Connection]:
        """One part: a savepoint, given up when the body raises."""
        self._run("SAVEPOINT part")
        try:
            yield self.connection
        except BaseException as error:
            with suppress(sqlite3.Error):  # on a full disk everything is rolled back already
                self._run("ROLLBACK TO part")
                self._run("RELEASE part")
            if is_passing(error):
                raise _unanswered(error) from error
            raise
        self._run("RELEASE part")
        self._writes += 1
        if self._writes >= WRITES_TOGETHER:
            self._outer.commit()
            self._outer, self._writes = self.connection.begin(), 0

    def end(self) -> None:
        """Commit what there is: every part is whole."""
        self._outer.commit()

    def _run(self, statement: str) -> None:
        driver: sqlite3.Connection = self.connection.connection.driver_connection  # type: ignore[assignment]
        driver.execute(statement)


def open_state(url: str, *, durable: bool = True) -> State:
    """Open the state database at a URL (``sqlite:///path``, ``postgresql+pg8000://…``); creates no tables."""
    engine = open_engine(url)
    if engine.dialect.name != "sqlite":
        return State(engine)
    if not engine.url.database:
        _prepare_sqlite(engine, durable=durable, cache_kb=WRITER_CACHE_KB)
        return State(engine, durable=durable)
    writer = open_engine(url, alone_s=BUSY_TIMEOUT_MS / 1_000)
    _prepare_sqlite(writer, durable=durable, cache_kb=WRITER_CACHE_KB)
    _prepare_sqlite(engine, durable=durable, cache_kb=READER_CACHE_KB)
    return State(engine, _checkpoints(engine) if durable else None, writer, durable=durable)


def _connected(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except (DBAPIError, OSError, PoolTimeoutError) as error:
        message = f"The state database cannot be opened: {_name(error)}. Check its path or server."
        raise TransientError("state_unavailable", message, retry_after_s=1) from error


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
    code = _code(error)
    return code[:2] in _PASSING if code else type(cause).__name__ in {"InterfaceError", "OperationalError"}


def _unanswered(error: BaseException) -> TransientError:
    message = f"The state database did not answer: {_name(error)}. It is locked, full or gone; retry."
    return TransientError("state_unavailable", message, retry_after_s=1)


def _code(error: BaseException) -> str:
    """Return PostgreSQL's code of an error, empty where there is none."""
    cause = getattr(error, "orig", error)
    told = cause.args[0] if isinstance(cause, BaseException) and cause.args else None
    return str(told.get("C", "")) if isinstance(told, dict) else ""


def _name(error: BaseException) -> str:
    return type(getattr(error, "orig", error)).__name__


def _checkpoints(engine: Engine) -> Checkpoints:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(str(engine.url.database), isolation_level=None)

    return Checkpoints(connect, every_bytes=CHECKPOINT_BYTES, anew_bytes=CHECKPOINT_BYTES)


def _prepare_sqlite(engine: Engine, *, durable: bool, cache_kb: int) -> None:
    pragmas = (
        f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
        "PRAGMA journal_mode=WAL",
        f"PRAGMA synchronous={'FULL' if durable else 'OFF'}",
        "PRAGMA secure_delete=ON",
        f"PRAGMA wal_autocheckpoint={3 * CHECKPOINT_BYTES // PAGE_BYTES}",
        f"PRAGMA cache_size=-{cache_kb}",
        "PRAGMA temp_store=MEMORY",
    )

    def on_connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in pragmas:
            raw.execute(pragma)

    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        begin = options.get("begin", "BEGIN")
        if durable and begin != READ:  # in WAL mode NORMAL commits without a sync and stays consistent
            raw.execute(f"PRAGMA synchronous={'NORMAL' if options.get('replayable') else 'FULL'}")
        raw.execute(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
