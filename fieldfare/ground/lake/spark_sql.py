"""SQL on Spark: our views written for it, and the check that a person's query only reads.

A view is translated by SQLGlot, with what DuckDB alone has put in Spark's words; one that is beyond that brings its own
text. A query is parsed by Spark itself, and every node of its plan must be one that reads: a command, a script or a
call into Java is none. Nothing is run here.
"""

from collections.abc import Collection
from typing import Any

import sqlglot
import sqlglot.expressions as sge

from fieldfare.ground.errors import CallerError
from fieldfare.ground.lake.ports import LakeView

_RENAMED = {"MAKE_TIMESTAMPTZ": "TIMESTAMP_MICROS", "EPOCH_US": "UNIX_MICROS"}
_READS = frozenset(
    {
        "Aggregate",
        "Deduplicate",
        "Distinct",
        "Except",
        "Expand",
        "Filter",
        "Generate",
        "GlobalLimit",
        "Intersect",
        "Join",
        "LateralJoin",
        "LocalLimit",
        "LocalRelation",
        "Offset",
        "OneRowRelation",
        "Pivot",
        "Project",
        "RepartitionByExpression",
        "ResolvedInlineTable",
        "Sample",
        "Sort",
        "Subquery",
        "SubqueryAlias",
        "Tail",
        "Union",
        "UnresolvedHaving",
        "UnresolvedInlineTable",
        "UnresolvedRelation",
        "UnresolvedSubqueryColumnAliases",
        "UnresolvedTVFAliases",
        "UnresolvedTableValuedFunction",
        "UnresolvedWith",
        "Unpivot",
        "WithWindowDefinition",
        "Window",
    }
)
"""Nodes of a parsed query that read."""
_CALLS = frozenset({"java_method", "reflect", "try_reflect", "input_file_name", "current_user", "user", "session_user"})
"""Functions that reach beyond the tables."""


def in_spark(view: LakeView) -> str:
    """Return the view's SELECT for Spark."""
    if view.spark is not None:
        return view.spark
    (tree,) = sqlglot.parse(view.sql, read="duckdb")
    assert tree is not None, "a view is a SELECT"
    for cast in list(tree.find_all(sge.Cast)):
        if cast.to.this is sge.DataType.Type.JSON:
            cast.replace(cast.this)
    told = tree.sql(dialect="spark")
    for duck, spark in _RENAMED.items():
        told = told.replace(f"{duck}(", f"{spark}(")
    return told


def wrong_in_spark(sql: str, column: str, tables: Collection[str]) -> tuple[str, str] | None:
    """Return what is wrong with a query in Spark's SQL and why, as far as its text tells; it must return one column."""
    try:
        found = sqlglot.parse(sql, read="spark")
    except sqlglot.ParseError as error:
        return f"the query is no SQL of Spark's: {str(error).splitlines()[0]}", ""
    (tree, *others) = found or [None]
    if others or not isinstance(tree, sge.Query):
        return "the query is not one SELECT", ""
    named = {each.alias_or_name for each in tree.find_all(sge.CTE)}
    for table in tree.find_all(sge.Table):
        is_ours = table.name and not table.db  # what has a catalog in front is another's
        if is_ours and table.name not in named | {*tables}:
            return f"there is no table or view `{table.name}`", ""
    columns = list(tree.named_selects)
    if columns not in ([column], ["*"]):
        told = ", ".join(f"`{name}`" for name in columns)
        return f"the query returns the columns {told}", f"It must return one, `{column}`"
    return None


def check_read_only(session: Any, sql: str) -> None:
    """Raise ``CallerError`` ``sql_invalid`` or ``sql_not_read_only`` unless the query is one SELECT that only reads."""
    from pyspark.errors import PySparkException  # noqa: PLC0415 - as late as the session

    if not sql.strip().strip(";"):
        raise _refused("empty")
    try:
        plan = session._jsparkSession.sessionState().sqlParser().parsePlan(sql)  # noqa: SLF001 - no other way to the parser
    except PySparkException as error:
        raise not_run(error) from error
    _check(plan)


def not_run(error: Exception) -> CallerError:
    """Return what a person is told whose query Spark refused."""
    first = str(error).strip().splitlines()[0].rstrip(".")
    return CallerError("sql_invalid", f"The query did not run: {first}. Correct it and run it again.")


def _check(plan: Any) -> None:
    """Walk a plan and the plans in its expressions."""
    name = str(plan.getClass().getSimpleName())
    if name not in _READS:
        raise _refused(name)
    for one in _each(plan.innerChildren()):
        if hasattr(one, "getClass") and "plans.logical" in one.getClass().getName():
            _check(one)
    for one in _each(plan.children()):
        _check(one)
    for one in _each(plan.expressions()):
        _check_expression(one)


def _check_expression(expression: Any) -> None:
    name = str(expression.getClass().getSimpleName())
    if name == "UnresolvedFunction":
        called = str(expression.nameParts().mkString(".")).lower()
        if called in _CALLS or "." in called:
            what = f"a call of {called}"
            raise _refused(what)
    if name in {"ScalarSubquery", "Exists", "ListQuery", "InSubquery", "UnresolvedTableArgSubquery"}:
        held = expression.query().plan() if name == "InSubquery" else expression.plan()
        _check(held)
    for one in _each(expression.children()):
        _check_expression(one)


def _each(sequence: Any) -> list[Any]:
    return [sequence.apply(number) for number in range(sequence.length())]


def _refused(what: str) -> CallerError:
    text = f"Only one SELECT may run here; this is {what}. Write one SELECT."
    return CallerError("sql_not_read_only", text)
