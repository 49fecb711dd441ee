"""Ibis on Spark, where its own backend is not what we need.

Ibis 12 asks for a result through pandas, which rounds large integers that stand beside nulls; Spark 4 hands over Arrow
itself. A function that DuckDB answers by its argument, now with a text and now with a list, has two names on Spark.
It opens nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.formats.pyarrow import PyArrowData

_LISTS = {"json_extract": "json_extract_list"}


class OurCompiler(PySparkCompiler):  # type: ignore[misc]
    """Writes what means the same as on DuckDB."""

    __slots__ = ()

    def visit_TimestampFromUNIX(self, op: ops.TimestampFromUNIX, *, arg: Any, unit: Any) -> Any:  # noqa: N802 - Ibis's name
        """Whole seconds since 1970, without the detour through a text."""
        assert unit.short == "s", "our expressions count in seconds"
        return self.f.timestamp_seconds(arg)

    def visit_ScalarUDF(self, op: ops.ScalarUDF, **arguments: Any) -> Any:  # noqa: N802 - Ibis's name
        """Call a function of the engine."""
        listed = _LISTS.get(op.__func_name__) if op.dtype.is_array() else None
        return self.f.anon[listed or op.__func_name__](*arguments.values())


class SparkBackend(Backend):  # type: ignore[misc]
    """Ibis over a session that shows what stands while it analyses."""

    compiler = OurCompiler()
    shown: Callable[[], AbstractContextManager[Any]]

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **kwargs: Any) -> Any:
        """Return the expression's result with the types that it declares."""
        table = expr.as_table()
        with self.shown() as session:
            frame = session.sql(self.compile(table, params=params, limit=limit, **kwargs))
        found = frame.toArrow()
        assert isinstance(found, pa.Table)
        return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))


def backend_of(shown: Callable[[], AbstractContextManager[Any]]) -> SparkBackend:
    """Return Ibis over the session that ``shown`` lends."""
    assert ibis.pyspark is not None, "asking for Ibis's own module makes its options known"
    backend = SparkBackend()
    backend.shown = shown
    with shown() as session:
        backend.do_connect(session=session)
    return backend
