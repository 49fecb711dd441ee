"""Read a file of rows as Arrow batches of text columns: CSV, JSON lines, Parquet; plain, ``.gz`` or ``.xz``.

Memory stays bounded by one batch. Every value comes as text, exactly as written, so that what a row is does not depend
on guesses about types. Rows whose form is broken (a wrong number of values, a line that is no JSON) are reported with
their number and left out. What a column means is the mapping's business, not this module's.
"""

import csv
import gzip
import lzma
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BufferedReader, RawIOBase, StringIO
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from fieldfare.collect.mapping import RAW, ROW, FileMapping
from fieldfare.ground.errors import CallerError

_BATCH_ROWS = 20_000
_BLOCK_BYTES = 1 << 21
_READ_BYTES = 1 << 16
_PACKED = (".gz", ".xz")
_FORMATS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_UNREADABLE = (OSError, EOFError, lzma.LZMAError, pa.ArrowInvalid, UnicodeDecodeError)

BadRow = Callable[[int, str], None]
"""Told of a row that could not be read: its number and a sentence's middle, such as `it has 7 values, not 8`."""
Progress = Callable[[int, int], None]
"""Told how many bytes of the file were read, of how many."""


class RowReader(msgspec.Struct, frozen=True):
    """A file opened for reading: its columns, and its batches (text columns and :data:`ROW`)."""

    columns: list[str]
    batches: Iterator[pa.RecordBatch]
    whole: list[str]
    """Columns that together are the whole row."""


def open_rows(
    path: Path, mapping: FileMapping, wanted: list[str], bad_row: BadRow, progress: Progress, stack: ExitStack
) -> RowReader:
    """Open the file; ``stack`` closes it. ``wanted`` are the columns that the mapping names.

    Raises :class:`CallerError` ``file_unreadable``, ``file_format_unknown``, ``column_missing``, here or while reading.
    """
    form = mapping.format or _format_of(path)
    try:
        if form == "parquet":
            reader = _open_parquet(path, progress, stack)
        elif form == "jsonl":
            reader = _open_jsonl(_open(path, progress, stack), wanted, bad_row)
        else:
            reader = _open_csv(path, mapping, bad_row, progress, stack)
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    missing = sorted(set(wanted) - set(reader.columns))
    if missing:
        names, have = ", ".join(missing), ", ".join(reader.columns[:40])
        message = f"{path.name} has no column {names}; it has {have}. Correct the mapping `{mapping.name}`."
        raise CallerError("column_missing", message, field=missing[0])
    return RowReader(reader.columns, _told(reader.batches, path), reader.whole)


def _format_of(path: Path) -> str:
    inner = path.with_suffix("") if path.suffix in _PACKED else path
    form = _FORMATS.get(inner.suffix.lower())
    if form is None:
        message = (
            f"The name {path.name} does not tell the format of the file. Name it .csv, .jsonl or .parquet (and .gz or "
            f".xz), or write `format:` in the mapping."
        )
        raise CallerError("file_format_unknown", message)
    return form


def _unreadable(path: Path, error: Exception) -> CallerError:
    # The library's text may quote a value; its kind does not.
    what = f"{type(error).__name__}: {error.strerror}" if isinstance(error, OSError) else type(error).__name__
    message = (
        f"{path.name} cannot be read ({what}). Check that it is there and whole, and that `format`, `delimiter` and "
        f"`encoding` of the mapping are right."
    )
    return CallerError("file_unreadable", message)


def _told(batches: Iterator[pa.RecordBatch], path: Path) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error


class _Counted(RawIOBase):
    """A binary file that tells how far it was read."""

    def __init__(self, file: BufferedReader, total: int, progress: Progress) -> None:
        super().__init__()
        self._file, self._total, self._progress, self._at = file, total, progress, 0

    def readable(self) -> bool:
        """Return that it is for reading."""
        return True

    def readinto(self, into: Any) -> int:
        """Read into the buffer; return how many bytes, 0 at the end."""
        count = self._file.readinto(into)
        self._at += count
        self._progress(min(self._at, self._total), self._total)
        return count


def _open(path: Path, progress: Progress, stack: ExitStack) -> IO[bytes]:
    plain = stack.enter_context(path.open("rb"))
    counted = BufferedReader(_Counted(plain, path.stat().st_size, progress), _READ_BYTES)
    if path.suffix == ".gz":
        return stack.enter_context(cast("IO[bytes]", gzip.open(counted, "rb")))
    return stack.enter_context(lzma.open(counted, "rb")) if path.suffix == ".xz" else counted


def _open_csv(path: Path, mapping: FileMapping, bad_row: BadRow, progress: Progress, stack: ExitStack) -> RowReader:
    with ExitStack() as peek:
        start = _open(path, lambda _read, _total: None, peek).read(1 << 16)
    text = start.decode(mapping.encoding, "replace").removeprefix("\ufeff")
    names = next(csv.reader(StringIO(text), delimiter=mapping.delimiter), [])
    twice = {name for name in names if names.count(name) > 1}
    if not names or twice:
        message = f"The first line of {path.name} must name every column once. Write a header line."
        raise CallerError("column_missing", message)
    broken: set[int] = set()

    def broken_row(row: Any) -> str:
        if row.number is not None and row.number not in broken:
            broken.add(row.number)
            bad_row(row.number - 1, f"it has {row.actual_columns} values, not {row.expected_columns}")
        return "skip"

    reader = pa_csv.open_csv(
        _open(path, progress, stack),
        pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, encoding=mapping.encoding),
        pa_csv.ParseOptions(delimiter=mapping.delimiter, newlines_in_values=True, invalid_row_handler=broken_row),
        pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return RowReader(names, _numbered(reader, broken), names)


def _numbered(reader: Any, broken: set[int]) -> Iterator[pa.RecordBatch]:
    """Add the row's number; broken rows (numbered with the header as 1) have theirs."""
    at = 1
    for batch in reader:
        numbers: list[int] = []
        while len(numbers) < batch.num_rows:
            if at + 1 not in broken:
                numbers.append(at)
            at += 1
        yield batch.append_column(ROW, pa.array(numbers, pa.int64()))


def _open_jsonl(file: IO[bytes], wanted: list[str], bad_row: BadRow) -> RowReader:
    columns = [*dict.fromkeys(wanted)]

    def batches() -> Iterator[pa.RecordBatch]:
        rows: list[tuple[int, str, list[str | None]]] = []
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row, raw = msgspec.json.decode(line, type=dict[str, Any]), line.strip().decode()
            except (msgspec.MsgspecError, ValueError, RecursionError):
                bad_row(number, "it is not a JSON object")
                continue
            rows.append((number, raw, [_at(row, column) for column in columns]))
            if len(rows) == _BATCH_ROWS:
                yield _batch(columns, rows)
                rows = []
        yield _batch(columns, rows)

    return RowReader(columns, batches(), [RAW])


def _batch(columns: list[str], rows: list[tuple[int, str, list[str | None]]]) -> pa.RecordBatch:
    arrays = [pa.array([values[index] for _, _, values in rows], pa.string()) for index in range(len(columns))]
    numbers = pa.array([number for number, _, _ in rows], pa.int64())
    raws = pa.array([raw for _, raw, _ in rows], pa.string())
    return pa.RecordBatch.from_arrays([*arrays, numbers, raws], [*columns, ROW, RAW])


def _at(row: dict[str, Any], column: str) -> str | None:
    value: Any = row.get(column)
    if value is None and "." in column:
        value = row
        for part in column.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _open_parquet(path: Path, progress: Progress, stack: ExitStack) -> RowReader:
    if path.suffix in _PACKED:
        # Parquet is read from its end, so a packed one must be unpacked first.
        unpacked = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        shutil.copyfileobj(_open(path, progress, stack), unpacked)
        file = stack.enter_context(pq.ParquetFile(unpacked))
    else:
        file = stack.enter_context(pq.ParquetFile(path))
    names = [name for name in file.schema_arrow.names if not pa.types.is_nested(file.schema_arrow.field(name).type)]
    total = file.metadata.num_rows

    def batches() -> Iterator[pa.RecordBatch]:
        at = 0
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=names):
            numbers = pa.array(range(at + 1, at + batch.num_rows + 1), pa.int64())
            arrays = [pc.cast(batch.column(name), pa.string()) for name in names]
            at += batch.num_rows
            progress(at, total)
            yield pa.RecordBatch.from_arrays([*arrays, numbers], [*names, ROW])

    return RowReader(names, batches(), names)
