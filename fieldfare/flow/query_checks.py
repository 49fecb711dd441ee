"""Tries the queries of audiences and the SQL of metrics on an empty lake in memory, so that it is told what is wrong.

It tells what a query would be refused for at any time: no SELECT, a table or column that does not exist, another result
than one column ``profile_id`` of whole numbers, or (of a metric) than its three columns. Where the lake is on Spark,
only the text of an audience's query is read; its first run tells the rest, and so does a metric's first report. Writes
nothing; where nothing has a query nothing is opened.
"""

from collections.abc import Iterator, Mapping, Sequence

from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.flow.metric_sql import SELECTS, rows_of_metric
from fieldfare.ground.errors import CallerError
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Problem, Settings
from fieldfare.know.audiences.model import Audience, Listed
from fieldfare.learn.experiments.metrics.model import Metric

COLUMN = "profile_id"
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
_HELP = "Write one SELECT with the column `profile_id`; docs/reference/lake.md names the tables and views"
_TABLES = "Take tables and views from docs/reference/lake.md"


def query_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell queries that could not run or do not return profiles."""
    asked = [(one, one.noun.condition.sql) for one in loaded if _has_query(one)]
    written = [(one, *each) for one in loaded if one.kind.name == "metrics" for each in _written(one.noun)]
    if not asked and not written:
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
        for one, index, sql in written:
            unread = _unread(lake, sql)
            if unread is not None:
                what = f"the SQL cannot be run. {unread}"
                yield one.problem(Problem(("metrics", index, "sql"), what, SELECTS, _TABLES))
    finally:
        lake.close()


def _has_query(one: Loaded) -> bool:
    return isinstance(one.noun, Audience) and isinstance(one.noun.condition, Listed)


def _written(metrics: Mapping[str, Metric] | None) -> list[tuple[int, str]]:
    """Return the SQL of metrics, each with its place in the file."""
    return [(index, each.sql) for index, each in enumerate((metrics or {}).values()) if each.sql is not None]


def _unread(lake: DuckLake, sql: str) -> str | None:
    """Return why a metric's SQL cannot be run, ``None`` when it can."""
    try:
        lake.query(f"{rows_of_metric(sql)} LIMIT 0", 1)
    except CallerError as error:
        return error.message
    return None


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
