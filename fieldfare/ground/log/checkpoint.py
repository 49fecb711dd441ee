"""Copying a SQLite log's WAL into its file beside the appends, so that no append stops for it.

SQLite copies when a commit finds the WAL long enough, inside that commit: whoever waits for it waits for megabytes to
be written and synced. Here a thread with a connection of its own copies earlier, passively, and holds up no append. The
next append begins the WAL anew only when all of it was copied, which under load it never is; so now and then, when two
rounds have left little, a last one is done under the lock of the appends. SQLite's own copying stays, at a longer WAL,
for what fails here. A crash in the middle leaves a whole WAL.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress

EVERY_BYTES = 16 << 20
"""So much is appended between two rounds."""
ANEW_PAGES = 8_192
"""Length of the WAL from which it is to begin anew."""


class Checkpoints:
    """Rounds of copying for one log; the thread starts with the first."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], lock: threading.Lock) -> None:
        """Copy over a connection that ``connect`` makes; ``lock`` is held by every append of this process."""
        self._connect, self._lock = connect, lock
        self._bytes = 0
        self._wanted = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def note(self, size: int) -> None:
        """Count what was appended, under the lock of the appends; ask for a round when it is enough."""
        self._bytes += size
        if self._bytes >= EVERY_BYTES:
            self._bytes = 0
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="log-checkpoint", daemon=True)
                self._thread.start()
            self._wanted.set()

    def close(self) -> None:
        """End the thread, after a round that it is in. Calling it twice is harmless."""
        self._closing = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        with suppress(sqlite3.Error):  # a file that is gone or damaged is told by the next append
            connection = self._connect()
            try:
                while not self._closing:
                    self._wanted.wait()
                    self._wanted.clear()
                    with suppress(sqlite3.OperationalError):  # locked, or the disk is full
                        self._round(connection)
            finally:
                connection.close()

    def _round(self, connection: sqlite3.Connection) -> None:
        if _copy(connection) < ANEW_PAGES:
            return
        _copy(connection)
        with self._lock:
            _copy(connection)


def _copy(connection: sqlite3.Connection) -> int:
    """Copy what can be copied; return the length of the WAL in pages."""
    return int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])
