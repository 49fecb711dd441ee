"""What the rooms above need from a lake: idempotent loads by stream, and read-only questions."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
import pyarrow as pa


class LakeTable(msgspec.Struct, frozen=True):
    """A table of the lake: name, what it holds, and (column, SQL type, meaning) of every column."""

    name: str
    about: str
    columns: tuple[tuple[str, str, str], ...]


class LakeView(msgspec.Struct, frozen=True):
    """A view over tables of the lake, made for people who write SQL."""

    name: str
    about: str
    sql: str


class Write(msgspec.Struct, frozen=True):
    """Rows for one table: those there with an equal ``key`` are replaced; no key only adds; ``whole`` replaces all.

    With ``removes`` those there with an equal key are removed, and nothing is added.
    """

    table: str
    rows: pa.Table
    key: tuple[str, ...] = ()
    whole: bool = False
    removes: bool = False


class Update(msgspec.Struct, frozen=True):
    """Changes of one table: where the columns ``where`` equal those of a row, the columns ``sets`` are set from it.

    Both map a column of the table to a column of ``rows``.
    """

    table: str
    rows: pa.Table
    where: dict[str, str]
    sets: dict[str, str]


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
