"""The event log as two PostgreSQL tables, for installations that keep their state in PostgreSQL.

What is committed: one append is one transaction. It raises the partition's head first (the row lock is held to the
commit), then inserts the records under the offsets so taken. Another appender waits at the head row, so nobody commits
a later offset before an earlier one, and a rolled-back append leaves no gap. A crash before the commit leaves nothing;
after it, everything: ``synchronous_commit`` is switched on for every connection, whatever the server's default is. An
append waits for another one only so long, and a session that stands still inside a transaction is ended by the server,
so that an appender whose machine is gone holds up nobody for good.

The tables belong to the log, not to the state's schema: they may lie in another database, and are made here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.ports import PARTITIONS, URGENT, Entry, Record
from fieldfare.ground.store.engine import open_engine

_SETUP_LOCK = 0x46464C4F47
"""Key of the advisory lock under which two starting processes make the tables one after the other."""

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS log_record (
        partition integer NOT NULL, "offset" bigint NOT NULL, received_at bigint NOT NULL, body bytea NOT NULL,
        PRIMARY KEY (partition, "offset"))""",
    "CREATE TABLE IF NOT EXISTS log_head (partition integer PRIMARY KEY, head bigint NOT NULL)",
)
_NEW_HEAD = text("INSERT INTO log_head (partition, head) VALUES (:partition, 0) ON CONFLICT DO NOTHING")
_TAKE = text("UPDATE log_head SET head = head + :count WHERE partition = :partition RETURNING head")
_INSERT = text(
    """INSERT INTO log_record (partition, "offset", received_at, body)
    SELECT :partition, :before + e.place, e.received_at, e.body
    FROM unnest(CAST(:received AS bigint[]), CAST(:bodies AS bytea[]))
        WITH ORDINALITY AS e (received_at, body, place)"""
)
_READ = text(
    """SELECT partition, "offset", received_at, body FROM log_record
    WHERE partition = :partition AND "offset" > :after ORDER BY "offset" LIMIT :limit"""
)
_HEAD = text("SELECT head FROM log_head WHERE partition = :partition")
_TRIM = text('DELETE FROM log_record WHERE partition = :partition AND "offset" <= :through')

_OUT_OF_REACH = ("08", "53", "57P", "40", "55P", "25P03")
"""SQLSTATE classes: connection lost, no memory or connections, stopping, rolled back by the server, not available."""
_OPERATORS = ("25", "28", "3D", "42")
"""SQLSTATE classes that an operator must mend: read-only, no sign-in, no database, no rights or tables."""
_DISK_FULL = "53100"
STANDSTILL_MS = 60_000
"""After so long without a word inside a transaction the server ends the session and gives its locks back."""


class PostgresLog:
    """An ``EventLog`` in PostgreSQL. Threads and processes may share it; each call takes a connection of the pool."""

    def __init__(self, where: str | Engine, *, busy_timeout_s: float = 10.0) -> None:
        """Open the log at a ``postgresql+pg8000://`` URL, or over an engine that the log then owns.

        ``busy_timeout_s`` is how long an append waits for another process's append.
        """
        self._engine = open_engine(where) if isinstance(where, str) else where
        self._lock_timeout_ms = max(1, int(busy_timeout_s * 1000))
        event.listen(self._engine, "connect", self._prepare)
        with self._failures("open"), self._engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SETUP_LOCK})
            for statement in _SCHEMA:
                connection.execute(text(statement))
            for partition in PARTITIONS:
                connection.execute(_NEW_HEAD, {"partition": partition})

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        """Append all entries or none, durably; return their offsets."""
        if not entries:
            return []
        count = len(entries)
        with self._failures("append"), self._engine.begin() as connection:
            head = int(connection.execute(_TAKE, {"partition": partition, "count": count}).scalar_one())
            before = head - count
            connection.execute(
                _INSERT,
                {
                    "partition": partition,
                    "before": before,
                    "received": [entry.received_at for entry in entries],
                    "bodies": [entry.body for entry in entries],
                },
            )
        return list(range(before + 1, head + 1))

    def read(self, partition: int, after: int, limit: int) -> list[Record]:
        """Return at most ``limit`` records with offset > ``after``, in order."""
        with self._failures("read"), self._engine.connect() as connection:
            rows = connection.execute(_READ, {"partition": partition, "after": after, "limit": limit})
            return [Record(*row) for row in rows]

    def head(self, partition: int) -> int:
        """Return the highest offset ever given in the partition, 0 when none."""
        with self._failures("read"), self._engine.connect() as connection:
            return int(connection.execute(_HEAD, {"partition": partition}).scalar_one())

    def trim(self, partition: int, through: int) -> int:
        """Remove records with offset <= ``through``; return how many went. Appends do not wait for it."""
        with self._failures("trim"), self._engine.begin() as connection:
            return connection.execute(_TRIM, {"partition": partition, "through": through}).rowcount

    def check(self) -> None:
        """Raise what an append would raise when none can be made now: a head is set to itself, durably."""
        with self._failures("append"), self._engine.begin() as connection:
            connection.execute(_TAKE, {"partition": URGENT, "count": 0})

    def close(self) -> None:
        """Release the pool's connections. Calling it twice is harmless."""
        self._engine.dispose()

    def _prepare(self, connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit TO on")
        cursor.execute(f"SET lock_timeout TO {self._lock_timeout_ms}")
        cursor.execute(f"SET idle_in_transaction_session_timeout TO {STANDSTILL_MS}")
        cursor.close()
        connection.commit()

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            _raise(doing, error)
        except OSError as error:  # the driver's own, while it connects
            what = f"Could not {doing}: PostgreSQL took no connection ({type(error).__name__})."
            message = f"{what} It is tried again; look at the server if this stays."
            raise TransientError("log_unavailable", message, retry_after_s=1) from error


def _raise(doing: str, error: DBAPIError) -> NoReturn:
    first = error.orig.args[0] if error.orig is not None and error.orig.args else ""
    state = str(first.get("C", "")) if isinstance(first, dict) else ""
    # The driver's text is not quoted: it may repeat what was to be written.
    what = f"Could not {doing}: PostgreSQL answered with state {state or 'none (no connection)'}."
    if state == _DISK_FULL:
        message = f"{what} Its disk is full. Free space there or let the log be trimmed."
        raise TransientError("log_full", message, retry_after_s=5) from error
    lost = isinstance(error, InterfaceError | OperationalError) and not state
    if lost or error.connection_invalidated or state.startswith(_OUT_OF_REACH):
        message = f"{what} The server is out of reach or busy. It is tried again; look at the server if this stays."
        raise TransientError("log_unavailable", message, retry_after_s=1) from error
    if state.startswith(_OPERATORS):
        message = f"{what} The database, its role or its tables are not as the log needs them. Look at the server."
        raise TransientError("log_unavailable", message, retry_after_s=30) from error
    raise error
