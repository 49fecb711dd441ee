"""A process that appends is killed: what it told stays, nothing is half there, the next one goes on without a gap.

This shows the transactions, not the disk: a killed process leaves the kernel's buffers. That an append is synced is
shown by its pragma in ``test_sqlite_log.py``.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.ground.log.sqlite import SqliteLog


def _kill_after(path: Path, kind: str, lines: int, count: int) -> int:
    """Start an appender, kill it when it has told so many offsets, check the log; return how many it kept."""
    log = SqliteLog(path)
    before = log.head(NORMAL)
    command = [sys.executable, "-m", "tests.contracts.append_worker", kind, str(path), str(count), "w"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        told = [int(worker.stdout.readline()) for _ in range(lines)]
        worker.kill()
        told += [int(line) for line in worker.stdout if line.endswith("\n")]
    records = log.read(NORMAL, before, 1_000_000)
    assert [record.offset for record in records] == list(range(before + 1, before + len(records) + 1))
    assert [record.body for record in records] == [b"w-%d" % number for number in range(len(records))]
    assert set(told) <= {record.offset for record in records}, "an offset was told that the log does not have"
    assert log.head(NORMAL) == before + len(records)
    assert log.append(NORMAL, [Entry(1, b"next")]) == [log.head(NORMAL)]
    log.close()
    return len(records)


@pytest.mark.crash
def test_a_killed_appender_loses_nothing_it_told(tmp_path: Path, rounds: Callable[[int], int]) -> None:
    for number in range(rounds(20)):
        assert _kill_after(tmp_path / "log.sqlite", "sqlite", 50 + 7 * number, 100_000) >= 50


def test_planted_an_appender_that_tells_early_is_caught(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="does not have"):
        _kill_after(tmp_path / "log.sqlite", "tells-early", 10, 10)
