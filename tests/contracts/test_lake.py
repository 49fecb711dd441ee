"""The suite of every lake. DuckDB in memory and in a file; a Spark lake will pass the same one."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from fieldfare.ground.errors import CallerError, ConflictError, PermanentError
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Lake, LakeTable, LakeView, Write

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
