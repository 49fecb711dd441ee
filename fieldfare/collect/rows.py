"""Open a file of rows as Arrow batches of text columns: CSV, JSON lines, Parquet; plain, ``.gz``, ``.xz`` or ``.zst``.

Memory stays bounded by one batch. Every value comes as text, exactly as written, so that what a row is does not depend
on guesses about types; lists and objects come as JSON. Rows whose form is broken are told of with their number and
left out. What a column means is the mapping's business, not this module's.
"""

import csv
import gzip
import lzma
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.collect.csv_rows import BATCH_CHARACTERS, BATCH_ROWS, MAX_LINE, BadRow, CsvRows
from fieldfare.collect.mapping import LINE, RAW, ROW, FileMapping
from fieldfare.collect.row_values import name
from fieldfare.ground.errors import CallerError

_READ_BYTES = 1 << 18
_PACKED = (".gz", ".xz", ".zst")
_FORMATS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_UNREADABLE = (OSError, EOFError, lzma.LZMAError, pa.ArrowException, UnicodeError, csv.Error)
_MAX_KEYS = 1_000
_BOM = b"\xef\xbb\xbf"

Progress = Callable[[int, int], None]
"""Told how many bytes (of Parquet: rows) of the file were read, of how many."""


class RowReader(msgspec.Struct, frozen=True):
    """A file opened for reading: its columns, and its batches (text columns, :data:`ROW` and :data:`LINE`)."""

    columns: list[str]
    """Names of the columns; of JSON lines, those met so far."""
    batches: Iterator[pa.RecordBatch]
    whole: list[str]
    """Columns that together are the whole row."""


class _File(msgspec.Struct, frozen=True):
    """What is opened, who is told of its progress, and who closes it."""

    path: Path
    progress: Progress
    stack: ExitStack


def open_rows(
    path: Path, mapping: FileMapping, wanted: list[str], bad_row: BadRow, progress: Progress, stack: ExitStack
) -> RowReader:
    """Open the file; ``stack`` closes it. ``wanted`` are the columns that the mapping names.

    Raises :class:`CallerError` ``file_unreadable``, ``file_format_unknown``, ``column_missing``, here or while reading.
    """
    form = mapping.format or _format_of(path)
    file = _File(path, progress, stack)
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such file")
        if form == "parquet":
            reader = _open_parquet(file, wanted, mapping)
        elif form == "jsonl":
            reader = _open_jsonl(_open(file), wanted, bad_row, whole=mapping.needs_whole_row)
        else:
            reader = _open_csv(file, mapping, wanted, bad_row)
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    return RowReader(reader.columns, _told(reader.batches, path), reader.whole)


def _format_of(path: Path) -> str:
    form = _FORMATS.get(_inner(path).suffix.lower())
    if form is None:
        message = (
            f"The name {path.name} does not tell the format of the file. Name it .csv, .tsv, .jsonl or .parquet (and "
            f".gz, .xz or .zst), or write `format:` in the mapping."
        )
        raise CallerError("file_format_unknown", message)
    return form


def _inner(path: Path) -> Path:
    """Return the name of the file without what says how it is packed."""
    return path.with_suffix("") if path.suffix.lower() in _PACKED else path


def _require(wanted: list[str], columns: list[str], path: Path, mapping: FileMapping) -> list[str]:
    """Return the wanted columns that are there; those not there must be optional."""
    missing = sorted(set(wanted) - set(columns) - mapping.optional)
    if missing:
        names, have = ", ".join(missing), ", ".join(columns[:40]) or "none"
        message = (
            f"{path.name} has no column {names}; its columns: {have}. Correct the mapping `{mapping.name}`, or its "
            f"`delimiter`."
        )
        raise CallerError("column_missing", message, field=missing[0])
    there = set(columns)
    return [column for column in wanted if column in there]


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


class _Unpacked(RawIOBase):
    """A zstd stream as a binary file."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        """Return that it is for reading."""
        return True

    def readinto(self, into: Any) -> int:
        """Read into the buffer; return how many bytes, 0 at the end."""
        got: bytes = self._stream.read(len(into))
        into[: len(got)] = got
        return len(got)


def _open(file: _File) -> IO[bytes]:
    plain = file.stack.enter_context(file.path.open("rb"))
    counted = BufferedReader(_Counted(plain, file.path.stat().st_size, file.progress), _READ_BYTES)
    match file.path.suffix.lower():
        case ".gz":
            return file.stack.enter_context(cast("IO[bytes]", gzip.open(counted, "rb")))
        case ".xz":
            return file.stack.enter_context(lzma.open(counted, "rb"))
        case ".zst":
            stream = pa.CompressedInputStream(pa.PythonFile(counted, "r"), "zstd")
            return BufferedReader(_Unpacked(stream), _READ_BYTES)
        case _:
            return counted


def _open_csv(file: _File, mapping: FileMapping, wanted: list[str], bad_row: BadRow) -> RowReader:
    tabbed = _inner(file.path).suffix.lower() == ".tsv"
    delimiter = mapping.delimiter or ("\t" if tabbed else ",")
    encoding = "utf-8-sig" if mapping.encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else mapping.encoding
    text = TextIOWrapper(cast("Any", _open(file)), encoding, "surrogateescape", newline="")
    rows = CsvRows(text, delimiter, mapping.encoding, bad_row)
    for given in rows.names:
        given.encode()
    there = _require(wanted, rows.names, file.path, mapping)
    twice = sorted(rows.twice & set(wanted))
    if twice:
        message = f"The header of {file.path.name} names the column {twice[0]} twice. Give each a name of its own."
        raise CallerError("column_missing", message, field=twice[0])
    whole = list(dict.fromkeys(rows.names)) if mapping.needs_whole_row else []
    return RowReader(rows.names, rows.batches(list(dict.fromkeys([*there, *whole]))), whole)


def _open_jsonl(file: IO[bytes], wanted: list[str], bad_row: BadRow, *, whole: bool) -> RowReader:
    keys: dict[str, None] = {}

    def batches() -> Iterator[pa.RecordBatch]:
        rows: list[tuple[int, bytes, list[str | None]]] = []
        size = 0
        for number, line in _lines(file):
            size += len(line)
            try:
                row = msgspec.json.decode(line, type=dict[str, Any]) if line else None
            except (msgspec.MsgspecError, ValueError, RecursionError):
                row = None
            if row is None:
                too_long = f"it is longer than {MAX_LINE:,} bytes"
                bad_row(number, number, "it is not a JSON object" if line else too_long)
                continue
            if len(keys) < _MAX_KEYS:
                keys.update(dict.fromkeys(row))
                columns[:] = keys
            rows.append((number, line, [at_path(row, column) for column in wanted]))
            if len(rows) == BATCH_ROWS or size > BATCH_CHARACTERS:
                yield _batch(wanted, rows, whole=whole)
                rows, size = [], 0
        yield _batch(wanted, rows, whole=whole)

    columns: list[str] = []
    return RowReader(columns, batches(), [RAW] if whole else [])


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers; one beyond the bound arrives empty."""
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and line[-1:] != b"\n":
            while (rest := file.readline(MAX_LINE)) and rest[-1:] != b"\n":
                pass
            yield number, b""
            continue
        bare = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
        if bare:
            yield number, bare


def _batch(columns: list[str], rows: list[tuple[int, bytes, list[str | None]]], *, whole: bool) -> pa.RecordBatch:
    arrays = [pa.array([values[index] for _, _, values in rows], pa.string()) for index in range(len(columns))]
    numbers = pa.array([number for number, _, _ in rows], pa.int64())
    names = [*map(name, columns), ROW, LINE]
    arrays += [numbers, numbers]
    if whole:
        names.append(name(RAW))
        arrays.append(pa.array([raw.decode() for _, raw, _ in rows], pa.string()))
    return pa.RecordBatch.from_arrays(arrays, names)


def at_path(row: dict[str, Any], column: str) -> str | None:
    """Return a row's value as text: of the key, or along its dots into objects. Lists and objects are JSON."""
    value: Any = row.get(column)
    if value is None and "." in column:
        value = row
        for part in column.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    return _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode().strip('"')


def _open_parquet(file: _File, wanted: list[str], mapping: FileMapping) -> RowReader:
    path, stack = file.path, file.stack
    if path.suffix.lower() in _PACKED:
        # Parquet is read from its end, so a packed one must be unpacked first.
        unpacked = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        shutil.copyfileobj(_open(file), unpacked)
        opened = stack.enter_context(pq.ParquetFile(unpacked, pre_buffer=False))
    else:
        opened = stack.enter_context(pq.ParquetFile(path, pre_buffer=False))
    names = list(opened.schema_arrow.names)
    top = {column: column if column in names else column.partition(".")[0] for column in wanted}
    there = _require(list(top.values()), names, path, mapping)
    top = {column: source for column, source in top.items() if source in there}
    whole = names if mapping.needs_whole_row else []
    top |= {column: column for column in whole}
    total, rows_at_once = opened.metadata.num_rows, _rows_at_once(opened.metadata)

    def batches() -> Iterator[pa.RecordBatch]:
        at = 0
        for batch in opened.iter_batches(batch_size=rows_at_once, columns=sorted(set(top.values())), use_threads=False):
            arrays = [_texts(batch.column(source), source, column) for column, source in top.items()]
            arrays += [
                pa.array(range(at + 1, at + batch.num_rows + 1), pa.int64()),
                pa.nulls(batch.num_rows, pa.int64()),
            ]
            at += batch.num_rows
            file.progress(at, total)
            yield pa.RecordBatch.from_arrays(arrays, [*map(name, top), ROW, LINE])

    return RowReader(names, batches(), whole)


def _rows_at_once(metadata: Any) -> int:
    """Return how many rows make a batch, so that long rows do not make it large."""
    size = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    mean = max(1, int(size) // max(1, int(metadata.num_rows)))
    return max(64, min(BATCH_ROWS, BATCH_CHARACTERS // mean))


def _texts(values: Any, source: str, column: str) -> Any:
    kind = values.type
    inside = column.removeprefix(f"{source}.").split(".")[0]
    if column != source and pa.types.is_struct(kind) and kind.get_field_index(inside) >= 0:
        return _texts(pc.struct_field(values, inside), inside, column.removeprefix(f"{source}."))
    if column == source and not pa.types.is_nested(kind) and not _is_binary(kind):
        return pc.cast(values, pa.string())
    found = [at_path({source: value}, column) for value in values.to_pylist()]
    return pa.array(found, pa.string())


def _is_binary(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))
