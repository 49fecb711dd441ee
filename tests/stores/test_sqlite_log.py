"""What only the SQLite log must show: it syncs, it waits for others, it says when the disk is full."""

import sqlite3
from pathlib import Path

import pytest

from fieldfare.ground.errors import PermanentError, TransientError
from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.ground.log.sqlite import SqliteLog


def test_every_append_is_synced(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    assert log._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert log._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    log.close()


def test_a_full_disk_is_transient_and_leaves_the_log_usable(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite", max_bytes=400_000)
    big = Entry(1, b"x" * 100_000)
    assert log.append(NORMAL, [big]) == [1]
    with pytest.raises(TransientError) as caught:
        log.append(NORMAL, [big] * 10)
    assert caught.value.code == "log_full"
    head = log.head(NORMAL)
    assert head == 1
    assert len(log.read(NORMAL, 0, 100)) == head
    log.trim(NORMAL, head)
    assert log.append(NORMAL, [big]) == [head + 1]
    log.close()


def test_a_locked_file_is_transient(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path, busy_timeout_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientError) as caught:
        log.append(NORMAL, [Entry(1, b"x")])
    assert caught.value.code == "log_unavailable"
    other.execute("ROLLBACK")
    other.close()
    assert log.append(NORMAL, [Entry(1, b"x")]) == [1]
    log.close()


def test_a_closed_log_is_out_of_reach(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    log.close()
    with pytest.raises(TransientError) as caught:
        log.append(NORMAL, [Entry(1, b"x")])
    assert caught.value.code == "log_unavailable"


def test_a_file_that_is_no_log_is_permanent(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"this is no database, and long enough to be read as a header of one" * 100)
    with pytest.raises(PermanentError) as caught:
        SqliteLog(path)
    assert caught.value.code == "log_damaged"


def test_a_folder_that_is_missing_is_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as caught:
        SqliteLog(tmp_path / "no" / "log.sqlite")
    assert caught.value.code == "log_unavailable"
