"""The suite of every lake. DuckDB in memory and in a file; ``tests/scale`` runs the same on a Spark cluster.

What needs no cluster of a lake on Spark, its files and manifests, is in ``tests/stores/test_parquet_lake.py``.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.errors import CallerError, ConflictError, PermanentError
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Lake, LakeTable, LakeView, Sorting, Update, Write

VISITS = LakeTable("visits", "Visits.", (("id", "BIGINT", "visit"), ("at", "BIGINT", "instant")))
LATEST = LakeView("latest", "The latest visit.", 'SELECT max("at") AS latest FROM visits')
MAKERS: dict[str, Callable[[Path], Lake]] = {
    "memory": lambda _: DuckLake(None, threads=1),
    "file": lambda folder: DuckLake(folder / "lake.duckdb", threads=1),
}


@pytest.fixture(params=sorted(MAKERS))
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    made = MAKERS[request.param](tmp_path)
    made.ensure([VISITS], [LATEST])
    made.ensure([VISITS], [LATEST])
    yield made
    made.close()
    made.close()


def rows(*pairs: tuple[int, int]) -> pa.Table:
    return pa.table(
        {"id": [pair[0] for pair in pairs], "at": [pair[1] for pair in pairs]},
        schema=pa.schema([("id", pa.int64()), ("at", pa.int64())]),
    )


def test_a_load_moves_rows_and_place_together(lake: Lake) -> None:
    assert lake.loaded("log-0") == 0
    lake.load("log-0", 7, [Write("visits", rows((1, 10), (2, 20)))])
    assert lake.loaded("log-0") == 7
    with pytest.raises(Exception, match="nowhere"):
        lake.load("log-0", 9, [Write("visits", rows((3, 30))), Write("nowhere", rows((4, 40)))])
    assert lake.loaded("log-0") == 7
    assert lake.query("SELECT count(*) FROM visits", 1).rows == [(2,)]


def test_rows_with_an_equal_key_are_replaced_and_whole_tables_too(lake: Lake) -> None:
    lake.load("s", 1, [Write("visits", rows((1, 10), (2, 20)))])
    lake.load("s", 2, [Write("visits", rows((2, 25)), key=("id",))])
    assert lake.arrow('SELECT "at" FROM visits ORDER BY id').column(0).to_pylist() == [10, 25]
    lake.load("s", 3, [Write("visits", rows((9, 90)), whole=True)])
    assert lake.query("SELECT latest FROM latest", 1).rows == [(90,)]
    lake.load("s", 4, [Write("visits", rows(), whole=True)])
    assert lake.query("SELECT count(*) FROM visits", 1).rows == [(0,)]


def test_a_question_tells_when_rows_were_cut(lake: Lake) -> None:
    lake.load("s", 1, [Write("visits", rows((1, 10), (2, 20), (3, 30)))])
    assert lake.query("SELECT id FROM visits ORDER BY id", 2).cut
    assert not lake.query("SELECT id FROM visits ORDER BY id", 3).cut


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "DELETE FROM visits",
        "SELECT 1; DROP TABLE visits",
        "SELEC 1",
        "SELECT nothing FROM visits",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY visits TO 'out.csv'",
        "SET memory_limit = '1TB'",
        "ATTACH 'other.duckdb'",
        "WITH gone AS (DELETE FROM visits RETURNING id) SELECT * FROM gone",
    ],
)
def test_a_question_cannot_write_or_reach_outside(lake: Lake, sql: str) -> None:
    lake.load("s", 1, [Write("visits", rows((1, 10)))])
    with pytest.raises(CallerError):
        lake.query(sql, 10)
    assert lake.query("SELECT count(*) FROM visits", 1).rows == [(1,)]


def test_two_processes_cannot_write_one_file(tmp_path: Path) -> None:

    path = tmp_path / "lake.duckdb"
    holder = DuckLake(path, threads=1)
    code = "import sys, pathlib; from fieldfare.ground.lake.duck import DuckLake; DuckLake(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    holder.close()
    assert ConflictError.__name__ in done.stderr
    assert "stop it" in done.stderr


def test_a_file_that_is_no_lake_is_damaged_not_busy(tmp_path: Path) -> None:
    path = tmp_path / "lake.duckdb"
    path.write_bytes(b"this is no lake, and long enough to be read as one" * 1000)
    with pytest.raises(PermanentError) as caught:
        DuckLake(path, threads=1)
    assert caught.value.code == "lake_damaged"


SEATS = LakeTable(
    "seats",
    "Places, each with who has it.",
    (("place", "BIGINT", "place"), ("who", "BIGINT", "person"), ("word", "VARCHAR", "anything")),
    Sorting("who", ("who", "place")),
)
PEOPLE = st.integers(-3, 12)
CHANGED = pa.schema([("was", pa.int64()), ("now", pa.int64())])
SEAT_ROWS = st.lists(st.tuples(st.integers(0, 40), st.none() | PEOPLE), max_size=12, unique_by=lambda row: row[0])
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), SEAT_ROWS),
        st.tuples(st.just("replace"), SEAT_ROWS),
        st.tuples(st.just("remove"), SEAT_ROWS),
        st.tuples(st.just("change"), st.lists(st.tuples(PEOPLE, PEOPLE), max_size=4, unique_by=lambda row: row[0])),
        st.tuples(st.just("tidy"), st.integers(1, 4)),
        st.tuples(st.just("crash"), st.just(0)),
        st.tuples(st.just("tidy"), st.integers(1, 4)),
    ),
    max_size=25,
)


def seats(pairs: Sequence[tuple[int, int | None]]) -> pa.Table:
    schema = pa.schema([("place", pa.int64()), ("who", pa.int64()), ("word", pa.string())])
    return pa.table(
        {"place": [p for p, _ in pairs], "who": [w for _, w in pairs], "word": [f"{p}/{w}" for p, w in pairs]}, schema
    )


def forget(lake: Lake) -> Lake:
    """Forget what a process that starts anew does not know."""
    assert isinstance(lake, DuckLake)
    lake._sorted["seats"].left.clear()
    return lake


def plant(lake: Lake, what: str) -> None:
    assert isinstance(lake, DuckLake)
    lake._connection.execute(what)


def check_same_rows_as_a_plain_table(
    lake: Lake,
    acts: Sequence[tuple[str, Any]],
    crash: Callable[[Lake], Lake] = forget,
    plant: Callable[[Lake, str], None] = plant,
) -> None:
    """Do the acts; after each the lake holds what a list would, whatever was sorted and wherever it was killed."""
    plain: list[tuple[int, int | None]] = []
    for number, (act, what) in enumerate(acts):
        match act:
            case "add":
                lake.load("s", number, [Write("seats", seats(what))])
                plain += what
            case "replace":
                lake.load("s", number, [Write("seats", seats(what), key=("place",))])
                gone = {place for place, _ in what}
                plain = [*(row for row in plain if row[0] not in gone), *what]
            case "remove":
                lake.load("s", number, [Write("seats", seats(what), key=("place",), removes=True)])
                plain = [row for row in plain if row[0] not in {place for place, _ in what}]
            case "change":
                given = pa.table({"was": [was for was, _ in what], "now": [now for _, now in what]}, CHANGED)
                lake.load("s", number, [Update("seats", given, {"who": "was"}, {"who": "now"})])
                plain = [(place, dict(what).get(who, who)) for place, who in plain]
            case "tidy":
                for _ in range(what):
                    lake.tidy(SEATS)
            case "plant":
                plant(lake, what)
            case _:
                lake = crash(lake)
        found = lake.arrow("SELECT place, who FROM seats").to_pylist()
        expected = sorted(plain, key=repr)
        assert sorted((tuple(row.values()) for row in found), key=repr) == expected


@given(acts=ACTS)
def test_a_sorted_table_holds_the_same_rows_as_a_plain_one(acts: list[tuple[str, Any]]) -> None:
    lake = DuckLake(None, threads=1, tail_rows=3)
    try:
        lake.ensure([SEATS], [])
        check_same_rows_as_a_plain_table(lake, acts)
    finally:
        lake.close()


@pytest.mark.parametrize("fault", ["DELETE FROM seats WHERE who = 3", "INSERT INTO seats FROM seats WHERE who = 3"])
def test_planted_a_row_lost_or_doubled_is_seen(fault: str) -> None:
    lake = DuckLake(None, threads=1, tail_rows=3)
    lake.ensure([SEATS], [])
    acts: list[tuple[str, Any]] = [("add", [(n, n) for n in range(9)]), ("tidy", 4), ("plant", fault)]
    with pytest.raises(AssertionError):
        check_same_rows_as_a_plain_table(lake, acts)
    lake.close()


def test_a_sorted_table_lies_in_few_runs_and_is_the_same_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "lake.duckdb"
    for number in range(30):
        lake = DuckLake(path, threads=1, tail_rows=20)
        lake.ensure([SEATS], [])
        lake.load("s", number + 1, [Write("seats", seats([(number * 20 + n, n) for n in range(20)]))])
        while lake.tidy(SEATS):
            assert lake.query("SELECT count(*), count(DISTINCT place) FROM seats", 1).rows == [((number + 1) * 20,) * 2]
        runs = lake.query("SELECT run, list(who) FROM seats GROUP BY run", 99).rows
        lake.close()
        assert len(runs) <= 10
        assert 0 not in dict(runs)
    assert all(list(who) == sorted(who) for _, who in runs)


def test_nobody_sees_a_row_twice_or_misses_one_while_rows_move(tmp_path: Path) -> None:
    lake = DuckLake(tmp_path / "lake.duckdb", threads=2, tail_rows=400)
    lake.ensure([SEATS], [])
    done = threading.Event()

    def fill() -> None:
        for number in range(60):
            first = number * 100
            lake.load("s", number + 1, [Write("seats", seats([(first + n, n % 7) for n in range(100)]))])
            if number % 5 == 4:
                again = seats([(first - n * 7, n % 7) for n in range(50)])
                lake.load("s", number + 1, [Write("seats", again, key=("place",))])

    def tidy() -> int:
        moved = 0
        while not done.is_set():
            moved += lake.tidy(SEATS)
        return moved

    def read() -> list[tuple[Any, ...]]:
        seen = []
        while not done.is_set():
            asked = "SELECT count(*), count(DISTINCT place), (SELECT max(through) FROM load_place) FROM seats"
            seen += lake.query(asked, 1).rows
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers, moved = [pool.submit(read), pool.submit(read)], pool.submit(tidy)
        try:
            fill()
        finally:
            done.set()
        seen = [row for reader in readers for row in reader.result()]
    assert moved.result() > 6_000
    assert len(seen) > 20
    assert all(count == distinct == (through or 0) * 100 for count, distinct, through in seen)
    lake.close()


def columns_of(lake: DuckLake, table: str) -> list[str]:
    return [row[0] for row in lake.query(f"SELECT column_name FROM (DESCRIBE {table})", 99).rows]


def test_a_lake_of_before_gets_the_columns_it_lacks_and_keeps_its_rows(tmp_path: Path) -> None:
    narrow = LakeTable("seats", "Places.", (SEATS.columns[0],))
    lake = DuckLake(tmp_path / "lake.duckdb", threads=1)
    lake.ensure([narrow], [])
    lake.load("s", 1, [Write("seats", pa.table({"place": [1, 2]}, pa.schema([("place", pa.int64())])))])
    lake.ensure([SEATS], [])
    assert columns_of(lake, "seats") == ["place", "who", "word", "run"]
    assert lake.query("SELECT place, who, run FROM seats ORDER BY place", 9).rows == [(1, None, 0), (2, None, 0)]
    lake.close()


def test_a_view_that_cannot_be_made_leaves_nothing_by_halves() -> None:
    lake = DuckLake(None, threads=1)
    with pytest.raises(Exception, match="nowhere"):
        lake.ensure([SEATS], [LakeView("broken", "Nothing.", "SELECT * FROM nowhere")])
    lake.ensure([VISITS], [])
    with pytest.raises(Exception, match="seats"):
        columns_of(lake, "seats")
    lake.close()
