"""Copying a SQLite WAL into its file beside the commits, so that no commit stops for it.

SQLite copies when a commit finds the WAL long enough, inside that commit: whoever waits for it waits for megabytes to
be written and synced. Here a thread with a connection of its own copies earlier, passively, and holds up no commit. The
next commit begins the WAL anew only when all of it was copied, which under load it never is; so now and then, when two
rounds have left little, a last one is done while nobody may write. SQLite's own copying stays, at a longer WAL, for
what fails here. A crash in the middle leaves a whole WAL.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

EVERY_BYTES = 16 << 20
"""So much is written between two rounds, unless said otherwise."""
ANEW_BYTES = 64 << 20
"""Length of the WAL from which it is to begin anew, unless said otherwise."""


BUSY_MS = 50
"""So long a last round waits for somebody who still reads the WAL: it keeps writers out all that time."""


class Checkpoints:
    """Rounds of copying for one file; the thread starts with the first."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        lock: AbstractContextManager[object] | None = None,
        *,
        every_bytes: int = EVERY_BYTES,
        anew_bytes: int = ANEW_BYTES,
    ) -> None:
        """Copy over a connection that ``connect`` makes.

        ``lock`` is held by every write of this process. Without it the last round takes SQLite's own lock.
        """
        self._connect, self._lock = connect, lock
        self._every_bytes, self._anew_bytes = every_bytes, anew_bytes
        self._bytes = 0
        self._wanted = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self.copying = threading.Lock()
        """Held during a round. Whoever copies himself holds it, for of two who copy at once one is refused."""

    def note(self, size: int) -> None:
        """Count what was written; ask for a round when it is enough."""
        self._bytes += size
        if self._bytes >= self._every_bytes:
            self._bytes = 0
            self._start()
            self._wanted.set()

    def close(self) -> None:
        """End the thread, after a round that it is in. Calling it twice is harmless."""
        self._closing = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="checkpoint", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        with suppress(sqlite3.Error):  # a file that is gone or damaged is told by the next commit
            connection = self._connect()
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            try:
                while not self._closing:
                    self._wanted.wait()
                    self._wanted.clear()
                    with suppress(sqlite3.OperationalError), self.copying:  # locked, or the disk is full
                        self._round(connection)
            finally:
                connection.close()

    def _round(self, connection: sqlite3.Connection) -> None:
        if _copy(connection) < self._anew_bytes // _page_bytes(connection):
            return
        _copy(connection)
        if self._lock is None:
            _copy(connection, "RESTART")
            return
        with self._lock:
            _copy(connection)


def _copy(connection: sqlite3.Connection, how: str = "PASSIVE") -> int:
    """Copy what can be copied; return the length of the WAL in pages."""
    return int(connection.execute(f"PRAGMA wal_checkpoint({how})").fetchone()[1])


def _page_bytes(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA page_size").fetchone()[0])
