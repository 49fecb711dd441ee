"""The default event log: a SQLite file of its own, in WAL mode, synced at every append.

It talks to the standard library's driver directly. An append is three prepared statements and a sync; a statement
builder and a pool on top would cost more than the statements do, and nothing here needs another database.

What is committed: one append is one transaction (``BEGIN IMMEDIATE``: head, records, head again). SQLite lets one
transaction write at a time, across processes, so offsets are given under a lock that is held to commit. A crash before
the commit leaves nothing; after it, everything, because ``synchronous=FULL`` syncs the WAL before the commit returns.
Second delivery is not recognised here: the same body appended twice is two records.

One connection writes and one reads, each under its own lock, so an appender thread never waits for a reader thread.
A third copies the WAL into the file in the background (:mod:`fieldfare.ground.log.checkpoint`).
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

from fieldfare.ground.checkpoint import Checkpoints
from fieldfare.ground.errors import PermanentError, TransientError
from fieldfare.ground.log.ports import PARTITIONS, URGENT, Entry, Record

_Result = TypeVar("_Result")

_PAGE_BYTES = 8192
_CHECKPOINT_PAGES = 32_768
"""Length of the WAL at which a commit itself copies what the background has not."""
_TRIM_STEP = 1000
_SPARE_PAGES = 64
"""What an append may need: less than this below its bound, a log counts as full."""

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS record (
        partition INTEGER NOT NULL, "offset" INTEGER NOT NULL, received_at INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (partition, "offset"))""",
    "CREATE TABLE IF NOT EXISTS partition_head (partition INTEGER PRIMARY KEY, head INTEGER NOT NULL)",
)
_NEW_HEAD = "INSERT OR IGNORE INTO partition_head (partition, head) VALUES (?, 0)"
_HEAD = "SELECT head FROM partition_head WHERE partition = ?"
_SET_HEAD = "UPDATE partition_head SET head = ? WHERE partition = ?"
_INSERT = 'INSERT INTO record (partition, "offset", received_at, body) VALUES (?, ?, ?, ?)'
_READ = """SELECT partition, "offset", received_at, body FROM record
    WHERE partition = ? AND "offset" > ? ORDER BY "offset" LIMIT ?"""
_TRIM = 'DELETE FROM record WHERE partition = ? AND "offset" <= ?'
_FIRST = 'SELECT min("offset") FROM record WHERE partition = ?'


class SqliteLog:
    """An ``EventLog`` in a SQLite file. Threads and processes may share the file; threads may share the object."""

    def __init__(
        self,
        path: Path | str,
        *,
        busy_timeout_s: float = 10.0,
        max_bytes: int | None = None,
        min_free_bytes: int = 0,
        durable: bool = True,
    ) -> None:
        """Open or create the file at ``path``. ``durable=False`` syncs nothing: for simulations only.

        ``busy_timeout_s`` is how long an append waits for another process's append. ``max_bytes`` bounds the file:
        appends beyond it raise ``log_full`` until something is trimmed. ``min_free_bytes`` is how much of the disk must
        stay free for others: below it appends raise ``log_full`` too.
        """
        self._path = Path(path)
        self._min_free_bytes = min_free_bytes
        self._max_pages = None if max_bytes is None else max(1, max_bytes // _PAGE_BYTES)
        self._busy_timeout_s = busy_timeout_s
        self._synchronous = "FULL" if durable else "OFF"
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        with self._failures("open"):
            self._writer = self._connect()
            self._create()
            if self._max_pages is not None:
                self._writer.execute(f"PRAGMA max_page_count = {self._max_pages}")
            self._reader = self._connect()
        self._checkpoints = Checkpoints(self._connect, self._write_lock)

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        """Append all entries or none, durably; return their offsets."""
        if not entries:
            return []
        self._check_room()

        def work(writer: sqlite3.Connection) -> list[int]:
            first = int(writer.execute(_HEAD, (partition,)).fetchone()[0]) + 1
            last = first + len(entries) - 1
            writer.executemany(
                _INSERT,
                ((partition, first + index, entry.received_at, entry.body) for index, entry in enumerate(entries)),
            )
            writer.execute(_SET_HEAD, (last, partition))
            self._checkpoints.note(sum(len(entry.body) for entry in entries))
            return list(range(first, last + 1))

        return self._commit("append", work)

    def read(self, partition: int, after: int, limit: int) -> list[Record]:
        """Return at most ``limit`` records with offset > ``after``, in order."""
        with self._read_lock, self._failures("read"):
            return [Record(*row) for row in self._reader.execute(_READ, (partition, after, limit)).fetchall()]

    def head(self, partition: int) -> int:
        """Return the highest offset ever given in the partition, 0 when none."""
        with self._read_lock, self._failures("read"):
            return int(self._reader.execute(_HEAD, (partition,)).fetchone()[0])

    def trim(self, partition: int, through: int) -> int:
        """Remove records with offset <= ``through``; return how many went.

        It goes in steps of their own transactions, so that appends wait for one step at most.
        """
        with self._read_lock, self._failures("read"):
            first = self._reader.execute(_FIRST, (partition,)).fetchone()[0]
        gone = 0
        at = (first or 1) - 1
        through = min(through, self.head(partition))
        while at < through:
            at = min(at + _TRIM_STEP, through)
            gone += self._trim_step(partition, at)
        return gone

    def check(self) -> None:
        """Raise what an append would raise when none can be made now: a head is set to itself, durably."""

        def work(writer: sqlite3.Connection) -> None:
            head = writer.execute(_HEAD, (URGENT,)).fetchone()[0]
            writer.execute(_SET_HEAD, (head, URGENT))
            pages, unused = (
                int(writer.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count")
            )
            if self._max_pages is not None and pages - unused + _SPARE_PAGES > self._max_pages:
                self._raise_full(
                    f"it holds {(pages - unused) * _PAGE_BYTES} bytes, and its bound leaves no room for more"
                )

        self._check_room()
        self._commit("append", work)

    def close(self) -> None:
        """Release all connections. Calling it twice is harmless."""
        self._checkpoints.close()
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    def _trim_step(self, partition: int, through: int) -> int:
        return self._commit("trim", lambda writer: writer.execute(_TRIM, (partition, through)).rowcount)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_CHECKPOINT_PAGES * _PAGE_BYTES}")
        return connection

    def _create(self) -> None:
        def work(writer: sqlite3.Connection) -> None:
            for statement in _SCHEMA:
                writer.execute(statement)
            writer.executemany(_NEW_HEAD, [(partition,) for partition in PARTITIONS])

        self._commit("open", work)

    def _commit(self, doing: str, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with self._write_lock, self._failures(doing):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                # SQLite itself has rolled back after some failures (a full disk); then there is nothing to undo.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            return result

    def _check_room(self) -> None:
        if self._min_free_bytes:
            disk = os.statvfs(self._path.parent)
            free = disk.f_bavail * disk.f_frsize
            if free < self._min_free_bytes:
                self._raise_full(f"its disk has {free} bytes free, and {self._min_free_bytes} must stay free")

    def _raise_full(self, why: str) -> NoReturn:
        message = (
            f"Could not append: the log file {self._path.name} is full: {why}. Free space or let the log be trimmed."
        )
        raise TransientError("log_full", message, retry_after_s=5)

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._raise(doing, error)

    def _raise(self, doing: str, error: sqlite3.Error) -> NoReturn:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what = f"Could not {doing}: the log file {self._path.name} says `{error}`."
        if code == sqlite3.SQLITE_FULL:
            message = f"{what} The disk or the log's bound is full. Free space or let the log be trimmed."
            raise TransientError("log_full", message, retry_after_s=5) from error
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            message = f"{what} The file is damaged or is not a log. Restore it from a backup."
            raise PermanentError("log_damaged", message) from error
        message = f"{what} It is locked, closed or out of reach. It is tried again; look at the disk if this stays."
        raise TransientError("log_unavailable", message, retry_after_s=1) from error
