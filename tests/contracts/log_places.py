"""Where the contract suite of the event log opens its logs: memory, a SQLite file, a PostgreSQL database."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import NORMAL, Entry, EventLog
from fieldfare.ground.log.postgres import PostgresLog
from fieldfare.ground.log.sqlite import SqliteLog
from tests.contracts.cut_wire import cut_wire

_APPEND_AND_DIE = """
import os, signal, sys
from fieldfare.ground.log.ports import Entry
from fieldfare.ground.log.sqlite import SqliteLog
told = [line.split() for line in sys.stdin]
SqliteLog(sys.argv[1]).append(int(sys.argv[2]), [Entry(int(at), bytes.fromhex(body)) for at, body in told])
os.kill(os.getpid(), signal.SIGKILL)
"""


class MemoryPlace:
    """Each log is a world of its own."""

    address = None

    def open(self, *, busy_timeout_s: float = 10.0) -> MemoryLog:
        """Open an empty log."""
        assert busy_timeout_s > 0
        return MemoryLog()

    def append_unanswered(self, log: EventLog, entries: list[Entry]) -> None:
        """Append; nobody is told."""
        log.append(NORMAL, entries)

    @contextmanager
    def stall(self, body: bytes) -> Iterator[None]:
        """Do nothing: an append in memory has no inside."""
        assert body
        yield


class SqlitePlace:
    """A file."""

    def __init__(self, path: Path) -> None:
        """Take the file's path."""
        self._path = path

    @property
    def address(self) -> tuple[str, str]:
        """Kind and path."""
        return "sqlite", str(self._path)

    def open(self, *, busy_timeout_s: float = 10.0) -> SqliteLog:
        """Open a log over the file."""
        return SqliteLog(self._path, busy_timeout_s=busy_timeout_s)

    def append_unanswered(self, log: EventLog, entries: list[Entry]) -> None:
        """Append in a process that ends as soon as the append is committed."""
        assert log is not None
        command = [sys.executable, "-c", _APPEND_AND_DIE, str(self._path), str(NORMAL)]
        told = "\n".join(f"{entry.received_at} {entry.body.hex()}" for entry in entries)
        done = subprocess.run(command, input=told, text=True, check=False)
        assert done.returncode == -signal.SIGKILL

    @contextmanager
    def stall(self, body: bytes) -> Iterator[None]:
        """Hold an append in a thread at its COMMIT, which the connection's trace announces."""
        log = SqliteLog(self._path)
        reached, go = threading.Event(), threading.Event()

        def trace(statement: str) -> None:
            if statement == "COMMIT":
                reached.set()
                go.wait(30)

        log._writer.set_trace_callback(trace)
        early = threading.Thread(target=log.append, args=(NORMAL, [Entry(1, body)]))
        early.start()
        assert reached.wait(30)
        try:
            # Another writer is truly shut out now: this is the lock that offsets are given under.
            with sqlite3.connect(self._path, timeout=0) as other:
                assert _is_locked(other)
            other.close()
            yield
        finally:
            go.set()
            early.join()
            log.close()


class PostgresPlace:
    """A database."""

    def __init__(self, url: str) -> None:
        """Take the database's URL."""
        self._url = url

    @property
    def address(self) -> tuple[str, str]:
        """Kind and URL."""
        return "postgres", self._url

    def open(self, *, busy_timeout_s: float = 10.0) -> PostgresLog:
        """Open a log over the database."""
        return PostgresLog(self._url, busy_timeout_s=busy_timeout_s)

    def append_unanswered(self, log: EventLog, entries: list[Entry]) -> None:
        """Append through a wire that is cut as soon as the server says that it has committed."""
        assert log is not None
        with cut_wire(self._url) as (url, cut):
            distant = PostgresLog(url)
            cut.set()
            with pytest.raises(TransientError) as caught:
                distant.append(NORMAL, entries)
            distant.close()
        assert caught.value.code == "log_unavailable"

    @contextmanager
    def stall(self, body: bytes) -> Iterator[None]:
        """Hold an append in a thread at its commit, which the engine announces."""
        engine = create_engine(self._url)
        log = PostgresLog(engine)
        reached, go = threading.Event(), threading.Event()

        def hold(_connection: object) -> None:
            reached.set()
            go.wait(30)

        event.listen(engine, "commit", hold)
        early = threading.Thread(target=log.append, args=(NORMAL, [Entry(1, body)]))
        early.start()
        assert reached.wait(30)
        try:
            yield
        finally:
            go.set()
            early.join()
            log.close()


def _is_locked(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    return False
