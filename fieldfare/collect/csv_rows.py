"""Read a CSV file as Arrow batches of text columns. A broken row costs that row, never the file.

The standard library's reader splits the lines, because it says where it is and goes on after a bad row; columns are
made of many rows at once. What is wrong with a row is its form alone: too many or too few values, a line or a value
beyond every bound, bytes that are no text. Row numbers count the rows behind the header; line numbers count lines, and
the two part ways where a quoted value spans several lines. Memory is bounded by one batch and one line.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TextIO

import msgspec
import pyarrow as pa

from fieldfare.collect.mapping import LINE, ROW
from fieldfare.collect.row_values import name

BATCH_ROWS = 8_192
BATCH_CHARACTERS = 2_000_000
MAX_LINE = 1 << 20
"""Characters of a line; an event has at most 32 KiB."""
_STEP = 64
_BREAK = re.compile(r"\r\n|\n|\r")

BadRow = Callable[[int, int | None, str], None]
"""Told of a row that could not be read: its number, its line, and a sentence's middle, such as `it has 7 values`."""


_Sifted = tuple[list[list[str]], Sequence[int], Sequence[int]]


class _Broken(msgspec.Struct, frozen=True):
    """Stands for a row that the reader gave up, with the last line that it took."""

    last_line: int


class CsvRows:
    """The rows of an open CSV file. Read ``names`` first; then take ``batches`` once."""

    def __init__(self, file: TextIO, delimiter: str, encoding: str, bad_row: BadRow) -> None:
        """Read the header. ``file`` must leave line ends as they are."""
        self._file, self._encoding, self._bad_row = file, encoding, bad_row
        self._size = 0
        self._long_lines: set[int] = set()
        self._lines_read = 0
        self._reader = csv.reader(self._lines(), delimiter=delimiter)
        header = next((row for row in self._reader if row), [])
        given = [each.strip() for each in header]
        self.names = _unique(given)
        self.twice = {each for each in given if each and given.count(each) > 1}
        self._row, self._line = 0, self._reader.line_num

    def batches(self, wanted: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield batches of the wanted columns (:func:`~fieldfare.collect.row_values.name`), with their numbers."""
        at = {given: index for index, given in enumerate(self.names)}
        while rows := self._take():
            kept, numbers, lines = self._plain(rows) or self._sift(rows)
            self._line = self._reader.line_num
            if kept:
                yield self._batch(kept, numbers, lines, {given: at[given] for given in wanted})

    def _lines(self) -> Iterator[str]:
        """Yield the lines; one beyond the bound arrives empty, and is remembered."""
        readline = self._file.readline
        while line := readline(MAX_LINE):
            self._lines_read += 1
            if len(line) == MAX_LINE and line[-1] not in "\r\n":
                self._long_lines.add(self._lines_read)
                while (rest := readline(MAX_LINE)) and rest[-1] not in "\r\n":
                    pass
                line = "\n"
            self._size += len(line)
            yield line

    def _take(self) -> list[list[str] | _Broken]:
        """Return the next rows: a batch of them, or what is left."""
        rows: list[list[str] | _Broken] = []
        self._size = 0
        while len(rows) < BATCH_ROWS and self._size < BATCH_CHARACTERS:
            before = len(rows)
            try:
                rows.extend(islice(self._reader, _STEP))
            except csv.Error:
                rows.append(_Broken(self._reader.line_num))
            if len(rows) == before:
                break
        return rows

    def _plain(self, rows: list[list[str] | _Broken]) -> _Sifted | None:
        """Return the rows with their numbers and lines when all are sound and have a line each, as nearly always."""
        width = len(self.names)
        if len(rows) != self._reader.line_num - self._line or self._long_lines:
            return None
        kept = [row for row in rows if isinstance(row, list) and len(row) == width]
        if len(kept) < len(rows):
            return None
        first, self._row = self._row + 1, self._row + len(kept)
        return kept, range(first, first + len(kept)), range(self._line + 1, self._line + 1 + len(kept))

    def _sift(self, rows: list[list[str] | _Broken]) -> _Sifted:
        """Return the sound rows with their numbers and lines; tell of the others."""
        kept: list[list[str]] = []
        numbers: list[int] = []
        lines: list[int] = []
        for row in rows:
            first = self._line + 1
            if isinstance(row, _Broken):
                self._line = row.last_line
                problem = f"a value in lines {first} to {row.last_line} is too long; is a quote left open?"
            else:
                self._line += 1 + sum(len(_BREAK.findall(value)) for value in row if "\n" in value or "\r" in value)
                long = [line for line in self._long_lines if first <= line <= self._line]
                if not row and not long:
                    continue
                self._long_lines.difference_update(long)
                problem = f"it is longer than {MAX_LINE:,} characters" if long else ""
                if not problem and len(row) != len(self.names):
                    problem = f"it has {len(row)} values, not {len(self.names)}"
            self._row += 1
            if problem:
                self._bad_row(self._row, first, problem)
            elif isinstance(row, list):
                kept.append(row)
                numbers.append(self._row)
                lines.append(first)
        return kept, numbers, lines

    def _batch(
        self, rows: list[list[str]], numbers: Sequence[int], lines: Sequence[int], wanted: dict[str, int]
    ) -> pa.RecordBatch:
        try:  # column by column: thrice as fast as turning all rows at once
            arrays = [pa.array([row[index] for row in rows], pa.string()) for index in wanted.values()]
        except (UnicodeError, pa.ArrowException):
            good = [all(_is_text(row[index]) for index in wanted.values()) for row in rows]
            for is_good, number, line in zip(good, numbers, lines, strict=True):
                if not is_good:
                    self._bad_row(number, line, f"it is not text in {self._encoding}")
            kept = [at for at, is_good in enumerate(good) if is_good]
            arrays = [pa.array([rows[at][index] for at in kept], pa.string()) for index in wanted.values()]
            numbers, lines = [numbers[at] for at in kept], [lines[at] for at in kept]
        arrays += [pa.array(numbers, pa.int64()), pa.array(lines, pa.int64())]
        return pa.RecordBatch.from_arrays(arrays, [*map(name, wanted), ROW, LINE])


def _unique(names: list[str]) -> list[str]:
    """Return the header with a name of its own for every column: empty and repeated ones are numbered."""
    found: list[str] = []
    for at, given in enumerate(names, 1):
        found.append(given if given and given not in found else f"{given or 'column'} ({at})")
    return found


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeError:
        return False
    return True
