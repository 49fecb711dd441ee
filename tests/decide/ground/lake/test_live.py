"""The SELECT of what counts, tried on DuckDB with plain tables in the place of files."""

import duckdb
import pytest

from fieldfare.ground.lake.live import live
from fieldfare.ground.lake.manifest import DataFile, Moving, TableState

LYING, LEAVING, GONE = DataFile("a", 3, 0, {}), DataFile("b", 4, 10, {}), DataFile("g", 2, 0, {})
MOVING = Moving(("b",), 1, ((5, None),), through=5)
NOTHING_YET = Moving(("b",), 1, ((None, 5), (5, None)))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (TableState(files=(LYING,)), [1, 2, 9]),
        (TableState(files=(LYING,), gone=(GONE,)), [1, 9]),
        (TableState(files=(LYING, LEAVING), moving=MOVING), [1, 2, 6, 9]),
        (TableState(files=(LYING, LEAVING), gone=(GONE,), moving=MOVING), [1, 9]),
        (TableState(files=(LEAVING,), moving=NOTHING_YET), [4, 5, 6, None]),
    ],
)
def test_what_counts(state: TableState, expected: list[int | None]) -> None:
    connection = duckdb.connect(":memory:")
    connection.execute('CREATE TABLE "t__lying" AS SELECT * FROM (VALUES (1, 0), (2, 1), (9, 2)) v(who, _row)')
    left = "(VALUES (4, 10), (5, 11), (6, 12), (NULL, 13)) v(who, _row)"
    connection.execute(f'CREATE TABLE "t__leaving" AS SELECT * FROM {left}')
    connection.execute('CREATE TABLE "t__gone" AS SELECT * FROM (VALUES (1), (12)) v(_row)')
    sql = live("t", state, ["who"], "who", '"')
    found = [who for (who,) in connection.execute(f"SELECT * FROM ({sql}) ORDER BY who NULLS LAST").fetchall()]
    connection.close()
    assert found == expected
