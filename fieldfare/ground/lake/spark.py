"""The lake on Spark: Parquet files of a folder, written by us, asked by a cluster; DuckDB beside it for few rows.

    loads, tidying ──> :class:`ParquetTables` ──> files and manifests in the folder (or object store)
    our questions about few ──> DuckDB over the same files, in this process
    previews, readouts, people's SQL ──> Spark, which reads the same files

The driver starts with the first question for it, not before: a worker that only loads needs no Java. A session shows
the manifest that stands when it is asked: only tables that changed are made known anew, under a lock, and a query is
analysed under the same lock, so it sees one version of everything. A file stays an hour after no table has it any more,
longer than any query may take.
"""

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.lake.folder import Folder
from fieldfare.ground.lake.live import live
from fieldfare.ground.lake.manifest import ROW, DataFile, TableState
from fieldfare.ground.lake.parquet import ParquetTables
from fieldfare.ground.lake.ports import Answer, LakeTable, LakeView, Update, Write
from fieldfare.ground.lake.runs import TAIL_ROWS
from fieldfare.ground.lake.spark_session import open_session
from fieldfare.ground.lake.spark_sql import check_read_only, in_spark, not_run

QUERY_SECONDS = 120
_KINDS = {
    "UTINYINT": "SMALLINT",
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "DOUBLE": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "VARCHAR": "STRING",
    "BLOB": "BINARY",
}


class SparkLake:
    """``Lake`` on Parquet files and a Spark cluster."""

    def __init__(
        self,
        master: str,
        folder: str,
        clock: Clock,
        *,
        settings: Mapping[str, str] | None = None,
        threads: int = 2,
        memory_mb: int = 256,
        tail_rows: int = TAIL_ROWS,
        durable: bool = True,
    ) -> None:
        """Write ``folder`` (a path or URL) and ask ``master``; ``settings`` are Spark's own.

        Raises ``ConflictError`` ``lake_busy`` when another process writes the folder.
        """
        self._folder = Folder(folder, durable=durable)
        self._tables = ParquetTables(self._folder, clock, threads=threads, memory_mb=memory_mb, tail_rows=tail_rows)
        self._cluster = _Cluster(master, settings or {}, self._folder, self._tables)

    def ensure(self, tables: Sequence[LakeTable], views: Sequence[LakeView]) -> None:
        """Create missing tables and columns; make views anew."""
        self._tables.ensure(tables, views)
        self._cluster.forget_views()

    def loaded(self, stream: str) -> int:
        """Return the place through which a stream is loaded."""
        return self._tables.now.places.get(stream, 0)

    def load(self, stream: str, through: int, writes: Sequence[Write | Update]) -> None:
        """Apply all writes and move the stream's place, in one manifest."""
        self._tables.load(stream, through, writes)

    def tidy(self, table: LakeTable) -> int:
        """Sort, or join sorted runs, one step."""
        return self._tables.tidy(table)

    def query(self, sql: str, most_rows: int) -> Answer:
        """Run one read-only statement, in Spark's SQL."""
        return self._cluster.query(sql, most_rows)

    def arrow(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run a query of our own, in DuckDB's SQL, beside the cluster."""
        return self._tables.arrow(sql, parameters)

    def ibis(self) -> Any:
        """Return Ibis over the cluster."""
        return self._cluster.ibis()

    def session(self) -> Any:
        """Return a Spark session that shows the tables and views."""
        with self._cluster.shown() as session:
            return session

    def close(self) -> None:
        """Let go of the folder; the driver stays for the process."""
        self._cluster.close()
        self._tables.close()


class _Cluster:
    """The session, and what it shows."""

    def __init__(self, master: str, settings: Mapping[str, str], folder: Folder, tables: ParquetTables) -> None:
        self._master, self._settings, self._folder, self._tables = master, settings, folder, tables
        self._lock = threading.RLock()
        self._session: Any = None
        self._showing: dict[str, TableState] = {}
        self._defined = False
        self._asked = 0

    def forget_views(self) -> None:
        self._defined = False

    @contextmanager
    def shown(self) -> Iterator[Any]:
        """Lend the session, showing what stands, to one who only analyses."""
        with self._lock:
            if self._session is None or self._session.sparkContext._jsc.sc().isStopped():  # noqa: SLF001 - no other way
                self._session, self._showing, self._defined = open_session(self._master, self._settings), {}, False
            for name, state in self._tables.now.tables.items():
                if self._showing.get(name) != state:
                    self._show(name, state)
                    self._showing[name] = state
            if not self._defined:
                for view in self._tables.views.values():
                    self._define(view)
                self._defined = True
            yield self._session

    def query(self, sql: str, most_rows: int) -> Answer:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra, and heavy

        with self.shown() as session:
            check_read_only(session, sql)
            try:
                frame = session.sql(sql).limit(most_rows + 1)
            except PySparkException as error:
                raise not_run(error) from error
        found = self._timed(frame.toArrow)
        columns = [column.to_pylist() for column in found.columns]
        rows = list(zip(*columns, strict=True)) if columns else []
        return Answer(list(found.column_names), rows[:most_rows], found.num_rows > most_rows)

    def ibis(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of pandas 3, which no result of ours goes through
            from fieldfare.ground.lake.spark_ibis import backend_of  # noqa: PLC0415 - heavy

            return backend_of(self.shown)

    def close(self) -> None:
        with self._lock:
            if self._session is not None:
                for name in self._showing:
                    for each in (name, *(f"{name}__{group}" for group in ("lying", "leaving", "gone"))):
                        self._session.catalog.dropTempView(each)
                for view in self._tables.views:
                    self._session.catalog.dropTempView(view)
            self._session, self._showing, self._defined = None, {}, False

    def _timed(self, work: Callable[[], pa.Table]) -> pa.Table:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra, and heavy

        with self._lock:
            self._asked += 1
            group, context = f"fieldfare-question-{self._asked}", self._session.sparkContext
        context.setJobGroup(group, "a question", interruptOnCancel=True)
        late = threading.Event()

        def stop() -> None:
            late.set()
            context.cancelJobGroup(group)

        timer = threading.Timer(QUERY_SECONDS, stop)
        timer.start()
        try:
            return work()
        except PySparkException as error:
            if late.is_set():
                text = f"The query ran for more than {QUERY_SECONDS} s and was stopped. Narrow it, for example by time."
                raise CallerError("sql_too_slow", text) from error
            raise not_run(error) from error
        finally:
            timer.cancel()

    def _show(self, name: str, state: TableState) -> None:
        columns = [column for column, _ in state.columns]
        schema = ", ".join(f"`{column}` {_KINDS[kind]}" for column, kind in state.columns)
        if not state.files:
            self._session.createDataFrame([], schema).createOrReplaceTempView(name)
            return
        for group, files in (("lying", state.lying), ("leaving", state.leaving), ("gone", state.gone)):
            if files:
                kinds = f"`{ROW}` BIGINT" if group == "gone" else f"{schema}, `{ROW}` BIGINT"
                self._files(files, kinds).createOrReplaceTempView(f"{name}__{group}")
        self._session.sql(live(name, state, columns, self._tables.key(name), "`")).createOrReplaceTempView(name)

    def _files(self, files: Sequence[DataFile], schema: str) -> Any:
        return self._session.read.schema(schema).parquet(*(self._folder.for_spark(file.path) for file in files))

    def _define(self, view: LakeView) -> None:
        named = f"`{view.name}`"
        if view.parameters:
            given = ", ".join(f"{name} TIMESTAMP" for name in view.parameters)
            self._session.sql(
                f"CREATE OR REPLACE TEMPORARY FUNCTION {named}({given}) RETURNS TABLE RETURN {in_spark(view)}"
            )
            return
        self._session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {named} AS {in_spark(view)}")
