"""How rows of an export are written: CSV, JSON lines, Parquet. Writes to what it is given, and decides nothing else.

In CSV a text that a spreadsheet would take for a formula begins with an apostrophe; numbers stay numbers. The other two
forms are for machines and keep every text as it is.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Protocol

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

FORMS = ("csv", "jsonl", "parquet")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_json = msgspec.json.Encoder().encode


class Writer(Protocol):
    """Takes rows page by page."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write some rows."""
        ...

    def close(self) -> None:
        """Write what is left; the sink stays open."""
        ...


def writer_of(form: str, columns: Sequence[str], sink: BinaryIO) -> Writer:
    """Return what writes rows of these columns in the form."""
    if form == "csv":
        return _Csv(columns, sink)
    return _JsonLines(columns, sink) if form == "jsonl" else _Parquet(columns, sink)


def cell(value: Any) -> Any:
    """Return a value as a cell of CSV: what begins like a formula is made a text that no spreadsheet runs."""
    text = as_text(value)
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) and not _is_number(value) else text


def as_text(value: Any) -> Any:
    """Return a value as one text or number; lists with `;` between, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(str(as_text(each)) for each in value)
    if isinstance(value, dict):
        return _json(value).decode()
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Csv:
    def __init__(self, columns: Sequence[str], sink: BinaryIO) -> None:
        self._columns = columns
        self._text = io.TextIOWrapper(sink, "utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._text)
        self._writer.writerow([cell(name) for name in columns])

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._writer.writerows([cell(row.get(name)) for name in self._columns] for row in rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class _JsonLines:
    def __init__(self, columns: Sequence[str], sink: BinaryIO) -> None:
        self._columns, self._sink = columns, sink

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._sink.writelines(_json({name: row.get(name) for name in self._columns}) + b"\n" for row in rows)

    def close(self) -> None:
        self._sink.flush()


class _Parquet:
    """Ids are whole numbers, every other column is text: one schema whatever the values of a page are."""

    def __init__(self, columns: Sequence[str], sink: BinaryIO) -> None:
        kinds = [pa.field(name, pa.int64() if name == "profile_id" else pa.string()) for name in columns]
        self._schema = pa.schema(kinds)
        self._writer = pq.ParquetWriter(sink, self._schema)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = []
        for field in self._schema:
            values = [row.get(field.name) for row in rows]
            if field.type != pa.int64():
                values = [None if each is None else str(as_text(each)) for each in values]
            columns.append(pa.array(values, field.type))
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
