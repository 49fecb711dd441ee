"""The write-ahead log of the SQLite log is cut or garbled at its end: what opens is a whole beginning, never a half.

This is what a power failure leaves of writes that were not synced. A file that is damaged elsewhere is told as such.
"""

import random
import shutil
from pathlib import Path

import pytest

from fieldfare.ground.errors import PermanentError
from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.ground.log.sqlite import SqliteLog

APPENDS, SIZE = 24, 3
BODY = 700


def a_log(folder: Path) -> Path:
    """Leave a log of several appends in a folder, most of it in its write-ahead log, as a killed process does."""
    live = SqliteLog(folder / "live.sqlite")
    for number in range(APPENDS):
        live.append(NORMAL, [Entry(number, bytes([number]) * BODY)] * SIZE)
    for ending in ("", "-wal"):
        shutil.copy(folder / f"live.sqlite{ending}", folder / f"left.sqlite{ending}")
    live.close()
    return folder / "left.sqlite"


def copied(left: Path, folder: Path) -> Path:
    """Return a copy of a log and its write-ahead log."""
    folder.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{left}{ending}", folder / f"log.sqlite{ending}")
    return folder / "log.sqlite"


def appends_in(path: Path) -> int:
    """Open a log; return how many whole appends it holds. It must hold a beginning, and go on without a gap."""
    log = SqliteLog(path)
    records = log.read(NORMAL, 0, 1_000)
    assert [record.offset for record in records] == list(range(1, len(records) + 1))
    assert [record.body for record in records] == [bytes([n // SIZE]) * BODY for n in range(len(records))]
    assert len(records) % SIZE == 0, "half an append is there"
    assert log.head(NORMAL) == len(records)
    assert log.append(NORMAL, [Entry(1, b"next")]) == [len(records) + 1]
    log.close()
    return len(records) // SIZE


def test_cut_anywhere(tmp_path: Path) -> None:
    left, draw = a_log(tmp_path), random.Random(3)
    size = left.with_name("left.sqlite-wal").stat().st_size
    found = set()
    for number, cut in enumerate([*(draw.randrange(size) for _ in range(40)), size - 1, size]):
        path = copied(left, tmp_path / str(number))
        with path.with_name("log.sqlite-wal").open("r+b") as wal:
            wal.truncate(cut)
        found.add(appends_in(path))
    assert max(found) == APPENDS
    assert len(found) > APPENDS // 2, "the cuts hit nothing"


def test_garbled_from_anywhere(tmp_path: Path) -> None:
    left, draw = a_log(tmp_path), random.Random(4)
    size = left.with_name("left.sqlite-wal").stat().st_size
    for number in range(30):
        path, start = copied(left, tmp_path / str(number)), draw.randrange(32, size)
        with path.with_name("log.sqlite-wal").open("r+b") as wal:
            wal.seek(start)
            wal.write(draw.randbytes(min(4096, size - start)))
        assert appends_in(path) < APPENDS


@pytest.mark.parametrize("where", [0, 8192, 16384, 40960])
def test_a_file_that_is_damaged_is_told(tmp_path: Path, where: int) -> None:
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path)
    log.append(NORMAL, [Entry(number, bytes([number]) * BODY) for number in range(200)])
    log.close()
    with path.open("r+b") as file:
        file.seek(where)
        file.write(random.Random(where).randbytes(8192))

    def use() -> None:
        damaged = SqliteLog(path)
        try:
            assert damaged.read(NORMAL, 0, 1_000)
            damaged.append(NORMAL, [Entry(1, b"next")])
        finally:
            damaged.close()

    with pytest.raises(PermanentError) as caught:
        use()
    assert caught.value.code == "log_damaged"
    assert "Restore it from a backup" in caught.value.message
