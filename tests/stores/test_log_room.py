"""A log says whether it can be appended to, without appending, and keeps room on the disk for others."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import NORMAL, PARTITIONS, Entry, EventLog
from fieldfare.ground.log.postgres import PostgresLog
from fieldfare.ground.log.sqlite import SqliteLog

ENTRY = Entry(1, b"x" * 20_000)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    made: EventLog
    if request.param == "memory":
        made = MemoryLog()
    elif request.param == "sqlite":
        made = SqliteLog(tmp_path / "log")
    else:
        made = PostgresLog(request.getfixturevalue("postgres_database"))
    yield made
    made.close()


def test_a_check_changes_nothing(log: EventLog) -> None:
    log.append(NORMAL, [ENTRY])
    log.check()
    assert [log.head(partition) for partition in PARTITIONS] == [0, 1]
    assert log.append(NORMAL, [ENTRY]) == [2]
    assert len(log.read(NORMAL, 0, 9)) == 2


def test_a_full_log_says_so_before_it_is_asked_to_append(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log", max_bytes=2_000_000)
    log.check()

    def fill() -> None:
        for _ in range(1_000):
            log.append(NORMAL, [ENTRY])

    with pytest.raises(TransientError) as full:
        fill()
    assert full.value.code == "log_full"
    with pytest.raises(TransientError, match="full"):
        log.check()
    log.trim(NORMAL, log.head(NORMAL))
    log.check()
    log.append(NORMAL, [ENTRY])
    log.close()


def test_a_disk_with_too_little_free_is_full(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log", min_free_bytes=shutil.disk_usage(tmp_path).free + 10**12)
    for refused in (log.check, lambda: log.append(NORMAL, [ENTRY])):
        with pytest.raises(TransientError, match="must stay free") as full:
            refused()
        assert full.value.code == "log_full"
    assert log.head(NORMAL) == 0
    log.close()
