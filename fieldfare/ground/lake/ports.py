"""What the rooms above need from a lake: idempotent loads by stream, and read-only questions."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import pyarrow as pa


class Sorting(msgspec.Struct, frozen=True):
    """How a large table's rows are laid: in few runs, each sorted by ``order``, so that one ``key`` is found fast."""

    key: str
    """An integer column; rows without it stay as they came."""
    order: tuple[str, ...]


class LakeTable(msgspec.Struct, frozen=True):
    """A table of the lake: name, what it holds, and (column, SQL type, meaning) of every column.

    In DuckDB one with a sorting has a column ``run`` too: the sorted run in which a row lies, 0 until it is sorted.
    """

    name: str
    about: str
    columns: tuple[tuple[str, str, str], ...]
    sorting: Sorting | None = None


class LakeView(msgspec.Struct, frozen=True):
    """A view over tables of the lake, made for people who write SQL; with parameters, a function that returns rows."""

    name: str
    about: str
    sql: str
    parameters: tuple[str, ...] = ()
    spark: str | None = None
    """Its SQL on Spark, where that is no translation."""


class Write(msgspec.Struct, frozen=True):
    """Rows for one table: those there with an equal ``key`` are replaced; no key only adds; ``whole`` replaces all.

    With ``removes`` those there with an equal key are removed, and nothing is added.
    """

    table: str
    rows: pa.Table
    key: tuple[str, ...] = ()
    whole: bool = False
    removes: bool = False

    @property
    def deletes(self) -> bool:
        """Whether rows that are there may go."""
        return bool(self.key) or self.whole


class Update(msgspec.Struct, frozen=True):
    """Changes of one table: where the columns ``where`` equal those of a row, the columns ``sets`` are set from it.

    Both map a column of the table to a column of ``rows``.
    """

    table: str
    rows: pa.Table
    where: dict[str, str]
    sets: dict[str, str]

    @property
    def deletes(self) -> bool:
        """Whether rows that are there may go: a changed row of a sorted table goes where it belongs now."""
        return True


class Answer(msgspec.Struct, frozen=True):
    """The result of a query: column names and rows; ``cut`` when there were more rows than asked for."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    cut: bool


class Lake(Protocol):
    """Columnar tables with one writer."""

    def ensure(self, tables: Sequence[LakeTable], views: Sequence[LakeView]) -> None:
        """Create what is missing; views are made anew."""
        ...

    def loaded(self, stream: str) -> int:
        """Return the place through which a stream is loaded, 0 at the start."""
        ...

    def load(self, stream: str, through: int, writes: Sequence[Write | Update]) -> None:
        """Apply all writes and move the stream's place, in one transaction."""
        ...

    def tidy(self, table: LakeTable) -> int:
        """Do one bounded step towards the table's sorting; return how many rows moved, 0 when nothing is left to do.

        No reader sees a row twice or misses one, and a crash loses none; loads go on beside it.
        """
        ...

    def query(self, sql: str, most_rows: int) -> Answer:
        """Run a read-only query. Raises ``CallerError`` for SQL that is wrong or would write."""
        ...

    def arrow(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run a query of our own and return its rows."""
        ...

    def ibis(self) -> Any:
        """Return an Ibis connection to the same data."""
        ...

    def close(self) -> None:
        """Release the file. Calling it twice is harmless."""
        ...
