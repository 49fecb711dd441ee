"""The suite of every lake, on a Spark cluster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fieldfare.ground.errors import CallerError
from fieldfare.ground.lake.spark import SparkLake
from tests.contracts.test_lake import (  # noqa: F401 - the suite
    LATEST,
    VISITS,
    rows,
    test_a_load_moves_rows_and_place_together,
    test_a_question_cannot_write_or_reach_outside,
    test_a_question_tells_when_rows_were_cut,
    test_rows_with_an_equal_key_are_replaced_and_whole_tables_too,
)


@pytest.fixture
def lake(spark_lakes: Callable[[Path], SparkLake], tmp_path: Path) -> Iterator[SparkLake]:
    made = spark_lakes(tmp_path)
    made.ensure([VISITS], [LATEST])
    made.ensure([VISITS], [LATEST])
    yield made
    made.close()
    made.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM text.`/etc/hostname`",
        "SELECT reflect('java.lang.System', 'getenv', 'HOME')",
        "WITH a AS (SELECT java_method('java.lang.System', 'getenv', 'HOME')) SELECT * FROM a",
        "SELECT 1 WHERE EXISTS (SELECT system.builtin.reflect('java.lang.System', 'getenv', 'HOME'))",
        "SELECT id FROM visits ORDER BY reflect('java.lang.System', 'getenv', 'HOME')",
        "SELECT TRANSFORM(id) USING 'cat' FROM visits",
        "SELECT id FROM visits WHERE id IN (SELECT TRANSFORM(id) USING 'cat' FROM visits)",
        "BEGIN SELECT 1; END",
        "EXECUTE IMMEDIATE 'SELECT 1'",
        "INSERT INTO visits VALUES (1, 2)",
        "CREATE TABLE t AS SELECT 1",
        "CACHE TABLE visits",
        "ADD JAR 'x.jar'",
        "SHOW TABLES",
    ],
)
def test_a_question_in_sparks_own_words_cannot_either(lake: SparkLake, sql: str) -> None:
    with pytest.raises(CallerError):
        lake.query(sql, 10)
