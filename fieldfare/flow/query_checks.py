"""Tries the queries of audiences on an empty lake in memory, so that what is wrong is told with its line.

It tells what a query would be refused for at any time: no SELECT, a table or column that does not exist, another result
than one column ``profile_id`` of whole numbers. Where the lake is on Spark, only the text is read; its first run tells
the rest. Writes nothing; where no audience has a query nothing is opened.
"""

from collections.abc import Iterator, Sequence

from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.ground.errors import CallerError
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Problem, Settings
from fieldfare.know.audiences.model import Audience, Listed

COLUMN = "profile_id"
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
_HELP = "Write one SELECT with the column `profile_id`; docs/reference/lake.md names the tables and views"


def query_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell queries that could not run or do not return profiles."""
    asked = [(one, one.noun.condition.sql) for one in loaded if _has_query(one)]
    if not asked:
        return
    if any(isinstance(one.noun, Settings) and one.noun.lake is not None for one in loaded):
        from fieldfare.ground.lake.spark_sql import wrong_in_spark  # noqa: PLC0415 - heavy, and few have Spark

        for one, sql in asked:
            wrong = wrong_in_spark(sql, COLUMN, {each.name for each in (*TABLES, *VIEWS)})
            if wrong is not None:
                yield one.problem(Problem(("sql",), *wrong, _HELP))
        return
    lake = DuckLake(None, threads=1)
    try:
        lake.ensure(TABLES, VIEWS)
        for one, sql in asked:
            wrong = _wrong(lake, sql)
            if wrong is not None:
                yield one.problem(Problem(("sql",), *wrong, _HELP))
    finally:
        lake.close()


def _has_query(one: Loaded) -> bool:
    return isinstance(one.noun, Audience) and isinstance(one.noun.condition, Listed)


def _wrong(lake: DuckLake, sql: str) -> tuple[str, str] | None:
    """Return what is wrong with a query and why, ``None`` when nothing is."""
    try:
        lake.query(sql, 1)  # as it will run: one statement that reads
        columns = lake.query(f"SELECT column_name, column_type FROM (DESCRIBE {sql}\n)", 100).rows  # noqa: S608 - a query
    except CallerError as error:
        return error.message, ""
    names = [str(name) for name, _ in columns]
    if names != [COLUMN]:
        told = ", ".join(f"`{name}`" for name in names)
        return f"the query returns the columns {told}", f"It must return one, `{COLUMN}`"
    if columns[0][1] not in _WHOLE:
        return f"the query returns `{COLUMN}` as {columns[0][1]}", "Ids of profiles are whole numbers"
    return None
