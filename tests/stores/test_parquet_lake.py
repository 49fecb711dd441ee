"""Tables of Parquet files under a manifest: nothing is lost or doubled, whatever is killed, sorted, joined or asked."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import ConfigError, ConflictError, PermanentError
from fieldfare.ground.instants import HOUR
from fieldfare.ground.lake.folder import Folder
from fieldfare.ground.lake.manifest import Manifest, paths
from fieldfare.ground.lake.ports import Lake, LakeTable, Update, Write
from fieldfare.ground.lake.spark import SparkLake
from tests.contracts.test_lake import (
    ACTS,
    LATEST,
    SEATS,
    VISITS,
    check_same_rows_as_a_plain_table,
    rows,
    seats,
)

NOWHERE = "spark://127.0.0.1:1"
"""No cluster is asked here."""


def opened(folder: Path, clock: SimulatedClock | None = None, tail_rows: int = 3) -> SparkLake:
    lake = SparkLake(NOWHERE, str(folder), clock or SimulatedClock(0), threads=1, tail_rows=tail_rows, durable=False)
    lake.ensure([SEATS, VISITS], [LATEST])
    return lake


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[SparkLake]:
    made = opened(tmp_path / "lake")
    yield made
    made.close()
    made.close()


def again(lake: Lake) -> Lake:
    """Open the folder anew, as a process does that starts after a kill."""
    assert isinstance(lake, SparkLake)
    lake.close()
    return opened(Path(lake._folder.url))


@settings(max_examples=12)
@given(acts=ACTS)
def test_rows_are_the_same_as_those_of_a_plain_table(acts: list[tuple[str, Any]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        check_same_rows_as_a_plain_table(opened(folder), acts, again)
    finally:
        shutil.rmtree(folder)


def planted(change: Callable[[Manifest], Manifest]) -> Callable[[Lake, str], None]:
    def plant(lake: Lake, _: str) -> None:
        assert isinstance(lake, SparkLake)
        lake._tables.now = change(lake._tables.now)

    return plant


def _without_gone(manifest: Manifest) -> Manifest:
    seats = msgspec.structs.replace(manifest.tables["seats"], gone=())
    return msgspec.structs.replace(manifest, version=99, tables={**manifest.tables, "seats": seats})


def _without_a_file(manifest: Manifest) -> Manifest:
    seats = msgspec.structs.replace(manifest.tables["seats"], files=manifest.tables["seats"].files[1:])
    return msgspec.structs.replace(manifest, version=99, tables={**manifest.tables, "seats": seats})


@pytest.mark.parametrize("fault", [_without_gone, _without_a_file])
def test_planted_a_row_lost_or_doubled_is_seen(tmp_path: Path, fault: Callable[[Manifest], Manifest]) -> None:
    acts: list[tuple[str, Any]] = [
        ("add", [(n, n) for n in range(9)]),
        ("add", [(9, 9)]),
        ("replace", [(2, 5)]),
        ("plant", ""),
    ]
    with pytest.raises(AssertionError):
        check_same_rows_as_a_plain_table(opened(tmp_path), acts, again, planted(fault))


class Dying(Folder):
    """Dies at the so-manieth file or manifest that it writes, before or after it is there."""

    def __init__(self, url: str, dies_at: int, *, after: bool) -> None:
        super().__init__(url)
        self._left, self._after = dies_at, after

    def write(self, path: str, rows: pa.Table, row_group: int) -> None:
        self._perhaps_after(lambda: Folder.write(self, path, rows, row_group))

    def publish(self, manifest: Manifest) -> None:
        self._perhaps_after(lambda: Folder.publish(self, manifest))

    def _perhaps_after(self, work: Callable[[], None]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise KeyboardInterrupt
        work()
        if self._left == 0:
            raise KeyboardInterrupt


def drive(lake: SparkLake) -> None:
    """Load and sort as a worker does: go on from the place that is there."""
    while (place := lake.loaded("s")) < 4:
        fresh = seats([(place * 4 + n, (place + n) % 3) for n in range(4)])
        again = seats([(place * 4 - 2, 7)]) if place else seats([])
        moves = pa.table({"was": [1], "now": [2]})
        writes = [Write("seats", again, key=("place",)), Write("seats", fresh)]
        update = Update("seats", moves, {"who": "was"}, {"who": "now"})
        lake.load("s", place + 1, [*writes, update])
        lake.tidy(SEATS)
        lake.tidy(SEATS)
    while lake.tidy(SEATS):
        continue


def holds(lake: SparkLake) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lake.arrow("SELECT place, who FROM seats ORDER BY place").to_pylist()
    return found


@pytest.mark.parametrize("after", [False, True])
def test_a_death_at_any_write_loses_and_doubles_nothing(
    tmp_path: Path, after: bool, rounds: Callable[[int], int]
) -> None:
    whole = opened(tmp_path / "whole")
    drive(whole)
    expected = holds(whole)
    deaths = 0
    for dies_at in range(1, 200, 10 // rounds(10)):
        folder = tmp_path / f"{dies_at}"
        lake = opened(folder)
        dying = Dying.__new__(Dying)
        dying.__dict__ = {**lake._folder.__dict__, "_left": dies_at, "_after": after}
        lake._folder = lake._tables._folder = dying
        try:
            drive(lake)
        except KeyboardInterrupt:
            deaths += 1
        else:
            break
        finally:
            lake.close()
        lake = opened(folder)
        drive(lake)
        assert holds(lake) == expected, dies_at
        lake.close()
    assert deaths > 3


def test_one_person_is_found_in_few_row_groups(tmp_path: Path) -> None:
    lake = opened(tmp_path, tail_rows=20_000)
    for number in range(8):
        lake.load("s", number, [Write("seats", seats([(number * 10_000 + n, n) for n in range(10_000)]))])
    while lake.tidy(SEATS):
        continue
    state = lake._tables.now.tables["seats"]
    assert {file.run for file in state.files} == {file.run for file in state.files} - {0}
    spans = [file.bounds["who"] for file in state.files]
    assert sum(low <= 4_321 <= high for low, high in spans) <= len({file.run for file in state.files})
    assert lake.arrow("SELECT count(*) AS c FROM seats WHERE who = 4321").to_pylist() == [{"c": 8}]


def test_many_small_loads_make_few_files(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    for number in range(100):
        lake.load("s", number + 1, [Write("visits", rows((number, number)), key=("id",))])
        lake.load("s", number + 1, [Write("visits", rows((number % 7, -number)), key=("id",))])
    state = lake._tables.now.tables["visits"]
    assert len(state.files) < 24
    assert len(state.gone) < 16
    assert lake.arrow("SELECT count(*) AS c, count(DISTINCT id) AS d FROM visits").to_pylist() == [{"c": 100, "d": 100}]


def test_a_file_stays_an_hour_for_those_who_still_read_it(tmp_path: Path) -> None:
    clock = SimulatedClock(0)
    lake = opened(tmp_path, clock)
    lake.load("s", 1, [Write("visits", rows((1, 1)), whole=True)])
    (old,) = paths(lake._tables.now)
    lake.load("s", 2, [Write("visits", rows((2, 2)), whole=True)])
    assert (tmp_path / old).exists()
    clock.move_to(HOUR)
    lake.load("s", 3, [])
    assert not (tmp_path / old).exists()
    assert lake.arrow("SELECT id FROM visits").to_pylist() == [{"id": 2}]
    lake.close()
    (tmp_path / "data" / "visits" / "left-by-the-dead.parquet").write_bytes(b"half")
    lake = opened(tmp_path, clock)
    clock.move_to(2 * HOUR)
    lake.load("s", 4, [])
    on_disk = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*.parquet")}
    assert on_disk == paths(lake._tables.now)


def test_a_column_that_is_new_is_empty_in_old_rows(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    lake.load("s", 1, [Write("visits", rows((1, 10)))])
    wider = LakeTable("visits", "Visits.", (*VISITS.columns, ("what", "VARCHAR", "what")))
    lake.ensure([wider], [])
    more = pa.table({"id": [2], "at": [20], "what": ["yoga"]})
    lake.load("s", 2, [Write("visits", more)])
    assert lake.arrow("SELECT id, what FROM visits ORDER BY id").to_pylist() == [
        {"id": 1, "what": None},
        {"id": 2, "what": "yoga"},
    ]


def test_the_files_are_plain_parquet_that_anybody_reads(lake: SparkLake, tmp_path: Path) -> None:
    lake.load("s", 1, [Write("visits", rows((1, 10), (2, 20)))])
    (path,) = paths(lake._tables.now)
    assert pq.read_table(tmp_path / "lake" / path).column("id").to_pylist() == [1, 2]


@pytest.mark.usefixtures("lake")
def test_two_cannot_write_one_folder(tmp_path: Path) -> None:
    with pytest.raises(ConflictError) as caught:
        opened(tmp_path / "lake")
    assert caught.value.code == "lake_busy"
    assert "stop it" in caught.value.message


def test_a_number_that_is_taken_is_not_published_over(lake: SparkLake, tmp_path: Path) -> None:
    taken = tmp_path / "lake" / "manifest" / f"{lake._tables.now.version + 1:012d}.json"
    taken.write_bytes(b"{}")
    with pytest.raises(ConflictError):
        lake.load("s", 1, [Write("visits", rows((1, 10)))])
    assert lake.loaded("s") == 0


def test_a_manifest_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    lake.close()
    last = max((tmp_path / "manifest").glob("*.json"))
    last.write_bytes(b"half a manif")
    with pytest.raises(PermanentError) as caught:
        opened(tmp_path)
    assert caught.value.code == "lake_damaged"


def test_a_folder_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Folder("ftpx://nowhere/lake")
    assert caught.value.code == "lake_folder_unknown"


def test_a_manifest_half_written_is_not_seen(tmp_path: Path) -> None:
    lake = opened(tmp_path)
    lake.load("s", 1, [Write("visits", rows((1, 10)))])
    lake.close()
    beside = tmp_path / "manifest" / f"{lake._tables.now.version + 1:012d}.json.new"
    beside.write_bytes(b"half")
    lake = opened(tmp_path)
    assert lake.loaded("s") == 1
    lake.load("s", 2, [])
    assert lake.loaded("s") == 2
    lake.close()
