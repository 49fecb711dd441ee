"""A WAL is copied beside the commits and begins anew, nothing is lost, and two that copy do not meet."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldfare.ground.checkpoint import Checkpoints

ROW = b"x" * 3_000
ROWS = 4_000
PAGE = 4_096


def connector(path: Path) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # only the thread copies
        return connection

    return connect


def written(path: Path, checkpoints: Checkpoints | None, lock: threading.Lock) -> int:
    """Write rows, each in a commit of its own; return how long the WAL file became."""
    writer = connector(path)()
    writer.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
    for number in range(ROWS):
        with lock:
            writer.execute("INSERT INTO row VALUES (?, ?)", (number, ROW))
        if checkpoints is not None:
            checkpoints.note(PAGE)
            if number % 500 == 0:  # let the round that was asked for come to its end
                with checkpoints.copying:
                    pass
    longest = path.with_name(path.name + "-wal").stat().st_size
    if checkpoints is not None:
        checkpoints.close()
    kept = writer.execute("SELECT count(*), sum(length(body)) FROM row").fetchone()
    writer.close()
    assert kept == (ROWS, ROWS * len(ROW))
    return longest


@pytest.mark.parametrize("locked", [True, False])
def test_the_wal_begins_anew_under_load_and_nothing_is_lost(tmp_path: Path, locked: bool) -> None:
    lock = threading.Lock()
    path = tmp_path / "some.sqlite"
    beside = Checkpoints(connector(path), lock if locked else None, every_bytes=100 * PAGE, anew_bytes=100 * PAGE)
    alone = written(tmp_path / "alone.sqlite", None, threading.Lock())
    assert alone > ROWS * PAGE
    assert written(path, beside, lock) < alone // 2


def test_closing_twice_and_before_the_first_round_is_harmless(tmp_path: Path) -> None:
    idle = Checkpoints(connector(tmp_path / "some.sqlite"))
    idle.close()
    idle.close()


def test_somebody_who_reads_for_long_does_not_keep_writers_out(tmp_path: Path) -> None:
    connect = connector(tmp_path / "some.sqlite")
    writer, reader = connect(), connect()
    writer.execute("PRAGMA busy_timeout = 2000")
    writer.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
    writer.execute("INSERT INTO row VALUES (-1, x'00')")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM row").fetchone()
    beside = Checkpoints(connect, every_bytes=PAGE, anew_bytes=PAGE)
    for number in range(ROWS):
        writer.execute("INSERT INTO row VALUES (?, ?)", (number, ROW))  # locked out for two seconds, it would raise
        beside.note(PAGE)
    reader.execute("COMMIT")
    beside.close()
    assert writer.execute("SELECT count(*) FROM row").fetchone() == (ROWS + 1,)
    writer.close()
