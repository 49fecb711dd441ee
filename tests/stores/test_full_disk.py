"""What each store does on a full disk, and that it goes on by itself when there is space again."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from fieldfare.ground.errors import TransientError
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import LakeTable, Write
from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.ground.log.sqlite import SqliteLog
from fieldfare.trust.keys.files import FileKeyStore
from tests.small_disk import MIB, SmallDisk, small_disk

VISITS = LakeTable("visits", "Visits.", (("id", "BIGINT", "visit"), ("note", "VARCHAR", "what was seen")))
ROWS = 500


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """Return a disk of 24 MiB."""
    with small_disk(24 * MIB) as made:
        yield made


def load(lake: DuckLake, place: int) -> None:
    """Load the rows of a place; so random that they cannot be packed."""
    columns = {"id": [place * ROWS + n for n in range(ROWS)], "note": [random_bytes(100).hex() for _ in range(ROWS)]}
    lake.load("s", place, [Write("visits", pa.table(columns))])


def holds_each_once(lake: DuckLake) -> int:
    """Check that the lake holds all rows through its place, once each; return the place."""
    place = lake.loaded("s")
    assert lake.query("SELECT count(*), count(DISTINCT id) FROM visits", 1).rows == [(place * ROWS, place * ROWS)]
    return place


def open_lake(disk: SmallDisk) -> DuckLake:
    lake = DuckLake(disk.folder / "lake.duckdb", threads=1)
    lake.ensure([VISITS], [])
    return lake


def load_on(lake: DuckLake) -> None:
    """Load one place after the other."""
    for _ in range(100):
        load(lake, lake.loaded("s") + 1)


def refuses(lake: DuckLake) -> TransientError:
    """Load until the lake refuses; return how it did."""
    with pytest.raises(TransientError) as caught:
        load_on(lake)
    assert caught.value.code == "lake_unavailable"
    return caught.value


@pytest.mark.parametrize("leave", [0, 100_000, 300_000, MIB])
def test_a_lake_that_cannot_commit_keeps_its_place_and_goes_on(disk: SmallDisk, leave: int) -> None:
    lake = open_lake(disk)
    load(lake, 1)
    disk.fill(leave)
    refuses(lake)
    place = holds_each_once(lake)
    disk.relieve()
    load(lake, place + 1)
    assert holds_each_once(lake) == place + 1
    lake.close()


def test_a_lake_that_cannot_checkpoint_opens_its_file_again_by_itself(disk: SmallDisk) -> None:
    lake = open_lake(disk)
    lake._connection.execute("SET wal_autocheckpoint = '200KB'")
    load(lake, 1)
    disk.fill(MIB // 2)
    assert "FatalException" in refuses(lake).message
    place = holds_each_once(lake)  # opened again, on the full disk
    refuses(lake)
    disk.relieve()
    load(lake, holds_each_once(lake) + 1)
    assert holds_each_once(lake) > place
    lake.close()
    again = open_lake(disk)
    holds_each_once(again)
    again.close()


@pytest.mark.parametrize("leave", [0, 20_000, 200_000])
def test_a_log_on_a_full_disk_takes_nothing_by_halves_and_goes_on(disk: SmallDisk, leave: int) -> None:
    log = SqliteLog(disk.folder / "log.sqlite")
    batch = [Entry(1, bytes(3_000))] * 10
    taken = log.append(NORMAL, batch)

    def append_on() -> None:
        for _ in range(1_000):
            taken.extend(log.append(NORMAL, batch))

    disk.fill(leave)
    with pytest.raises(TransientError) as caught:
        append_on()
    assert caught.value.code == "log_full"
    assert caught.value.retry_after_s
    assert [record.offset for record in log.read(NORMAL, 0, 10_000)] == taken
    with pytest.raises(TransientError):
        log.append(NORMAL, batch)
    disk.relieve()
    taken += log.append(NORMAL, batch)
    log.close()
    again = SqliteLog(disk.folder / "log.sqlite")
    assert [record.offset for record in again.read(NORMAL, 0, 10_000)] == taken == list(range(1, len(taken) + 1))
    again.close()


def test_a_key_is_not_half_made_on_a_full_disk(disk: SmallDisk) -> None:
    keys = FileKeyStore(disk.folder / "keys")
    first = keys.create("workspace")
    disk.fill()
    with pytest.raises(TransientError) as caught:
        keys.create("log-1")
    assert caught.value.code == "keys_unavailable"
    assert keys.names() == ["workspace"]
    assert not [path for path in (disk.folder / "keys").iterdir() if path.name.startswith(".")]
    assert keys.create("workspace") == first
    disk.relieve()
    assert len(keys.create("log-1")) == 32
