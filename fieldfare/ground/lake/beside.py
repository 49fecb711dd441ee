"""DuckDB over the Parquet files of one manifest: what finds few rows in milliseconds, where a cluster needs a second.

The files are read in place through Arrow. The manifest's bounds leave out files and Parquet's own statistics leave out
row groups, so that one key of a sorted table is found without a scan. Nothing is written, and only our own SQL runs.
"""

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from fieldfare.ground.lake.folder import Folder
from fieldfare.ground.lake.live import live
from fieldfare.ground.lake.manifest import ROW, DataFile, TableState
from fieldfare.ground.lake.ports import LakeView

KINDS: Mapping[str, pa.DataType] = {
    # Parquet and Spark have no unsigned numbers of one byte.
    "UTINYINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
}
"""Column types of tables as they lie in files."""
_GONE = pa.schema([(ROW, pa.int64())])


def schema_of(state: TableState) -> pa.Schema:
    """Return the columns of a table's files: those that it declares, and the row's number."""
    return pa.schema([*((name, KINDS[kind]) for name, kind in state.columns), (ROW, pa.int64())])


def open_database(threads: int, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that holds nothing; large sorts spill to the machine's temporary folder."""
    spill = f"{tempfile.gettempdir()}/fieldfare-lake"
    return duckdb.connect(
        ":memory:", config={"threads": threads, "memory_limit": f"{memory_mb}MB", "temp_directory": spill}
    )


class Beside:
    """A cursor of DuckDB for one thread at a time."""

    def __init__(self, folder: Folder, database: duckdb.DuckDBPyConnection) -> None:
        """Take a cursor of the database for itself: what it makes known, nobody else sees."""
        self._folder, self._connection = folder, database.cursor()
        self.version = -1
        """Version of the manifest that the tables and views show."""

    def show(self, name: str, state: TableState, key: str | None) -> None:
        """Make the table's rows known under its name."""
        columns = [column for column, _ in state.columns]
        if not state.files:
            self.give(name, schema_of(state).empty_table().drop_columns([ROW]))
            return
        self.offer(name, state, state.files)
        self._connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {live(name, state, columns, key, chr(34))}')

    def offer(self, name: str, state: TableState, files: Sequence[DataFile]) -> None:
        """Make some files of a table, and what is gone of them, known for :func:`fieldfare.ground.lake.live.live`."""
        schema = schema_of(state)
        chosen = {file.path for file in files}
        for group, among in (("lying", state.lying), ("leaving", state.leaving)):
            self.give(f"{name}__{group}", self._dataset([file for file in among if file.path in chosen], schema))
        if state.gone:
            self.give(f"{name}__gone", self._dataset(state.gone, _GONE))

    def give(self, name: str, rows: Any) -> None:
        """Make rows known."""
        self._connection.register(name, rows)

    def define(self, views: Sequence[LakeView]) -> None:
        """Make the views over tables that are shown."""
        for view in views:
            named = f'"{view.name}"'
            if view.parameters:
                named = f"TEMP MACRO {named}({', '.join(view.parameters)}) AS TABLE"
            else:
                named = f"TEMP VIEW {named} AS"
            self._connection.execute(f"CREATE OR REPLACE {named} {view.sql}")

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Return the rows of a query."""
        found = self._connection.sql(sql, params=list(parameters)).to_arrow_table()
        assert isinstance(found, pa.Table)
        return found

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """Return the rows of a query, a part at a time."""
        return self._connection.sql(sql).to_arrow_reader(16_384)

    def close(self) -> None:
        """Let go of everything."""
        self._connection.close()

    def _dataset(self, files: Sequence[DataFile], schema: pa.Schema) -> Any:
        if not files:
            return schema.empty_table()
        parquet = pads.ParquetFileFormat()
        fragments = [
            parquet.make_fragment(
                self._folder.at(file.path), filesystem=self._folder.files, partition_expression=_within(file, schema)
            )
            for file in files
        ]
        return pads.FileSystemDataset(fragments, schema, parquet, self._folder.files)


def _within(file: DataFile, schema: pa.Schema) -> Any:
    """Return what holds of every row of a file, by which Arrow leaves it out."""
    holds = pc.scalar(value=True)
    for name, (least, greatest) in file.bounds.items():
        kind = schema.field(name).type
        column = pc.field(name)
        holds = holds & (column >= pa.scalar(least, kind)) & (column <= pa.scalar(greatest, kind))
    return holds
