"""What the loader brings into a lake on Spark is what it brings into DuckDB's, in every table and every view."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.flow.audience_lake import AudienceLake
from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.flow.queried_audiences import apart_sql
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.lake.spark import SparkLake
from fieldfare.know.audiences.model import Audience, Bound, Did, Listed
from fieldfare.know.audiences.to_lake import Moment
from tests.scenarios.whole import Whole
from tests.stores.test_load_lake import Waiting, load, snapshot, whole  # noqa: F401 - the fixture


@pytest.fixture
def both(
    whole: Whole,  # noqa: F811 - the fixture
    spark_lakes: Callable[[Path], SparkLake],
    tmp_path: Path,
) -> Iterator[tuple[Lake, Lake]]:
    """The same installation loaded into both."""
    duck, spark = DuckLake(None, threads=1), spark_lakes(tmp_path / "lake")
    waiting = Waiting.of(whole)
    for lake in (duck, spark):
        lake.ensure(TABLES, VIEWS)
        load(whole, lake)
        waiting.put_back(whole)
    yield duck, spark
    duck.close()


def plain(value: Any) -> Any:
    """Return a value as both engines tell it: instants in UTC, bytes as bytes."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    return bytes(value) if isinstance(value, bytearray) else value


def rows_of(lake: Lake, sql: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(plain, row)) for row in lake.query(sql, 10_000).rows), key=repr)


def test_tables_and_views_are_the_same(both: tuple[Lake, Lake]) -> None:
    duck, spark = both
    tables = snapshot(duck)
    for row in tables["event_rows"]:
        del row["run"]  # in which run a row lies: on Spark its file says so
    assert {name: sorted(rows, key=repr) for name, rows in tables.items()} == snapshot(spark)
    assert len(rows_of(spark, "SELECT * FROM events")) > 5
    for view in VIEWS:
        of = f"{view.name}(TIMESTAMP '2100-01-01 00:00:00+00')" if view.parameters else view.name
        columns = duck.query(f"SELECT * FROM {of.replace('TIMESTAMP ', 'TIMESTAMPTZ ')}", 1).columns
        told = [each for each in columns if view.name != "events" or each not in {"partition", "offset", "index"}]
        names = ", ".join(told)
        asked = f"SELECT {names} FROM {of}"
        expected = rows_of(duck, asked.replace("TIMESTAMP ", "TIMESTAMPTZ "))
        assert rows_of(spark, asked) == expected, view.name


def test_a_load_is_seen_by_the_next_question(both: tuple[Lake, Lake]) -> None:
    _, spark = both
    before = spark.query("SELECT count(*) FROM facts", 1).rows
    spark.load("again", 1, [])
    assert spark.query("SELECT count(*) FROM facts", 1).rows == before
    assert spark.ibis().table("facts").count().to_pyarrow().as_py() == before[0][0]


def test_a_person_is_found_the_same_while_rows_move(both: tuple[Lake, Lake]) -> None:
    duck, spark = both
    assert isinstance(spark, SparkLake)
    spark._tables._tail_rows = 4
    (table,) = [each for each in TABLES if each.sorting is not None]
    asked = "SELECT count(*), count(DISTINCT event_id), min(profile_id), max(profile_id) FROM event_rows"
    expected = duck.query(asked, 1).rows
    moved = 0
    for _ in range(4):
        moved += spark.tidy(table)
        assert spark.query(asked, 1).rows == expected
    assert moved


def test_a_query_that_makes_an_audience_finds_the_same(both: tuple[Lake, Lake]) -> None:
    duck, spark = both
    asked = apart_sql(Listed("none", "SELECT profile_id FROM events WHERE profile_id > 1 UNION SELECT 999999"))
    assert rows_of(spark, asked) == rows_of(duck, asked)


def test_the_nightly_comparison_finds_the_same(both: tuple[Lake, Lake]) -> None:
    asked = Audience("visitors", Did("check_in", bounds=(Bound("at_least", 1),)), "d")
    found = []
    for lake in both:
        answers = AudienceLake(lake, {"visitors": asked}, lambda at: Moment(at, "UTC"))
        found += [answers.differing(asked, 2_000_000_000_000_000), answers.differing(asked, 0, [1, 2])]
    assert found[:2] == found[2:]
    assert found[0]
