"""What a lake of Parquet files consists of at one version, and what is done to its files next. Pure; nothing is opened.

A *manifest* lists the files of every table and the place of every stream. Whoever reads takes one manifest and with it
one state of everything; a load makes files nobody knows of yet and then the next manifest, at once or not at all. Every
row has a number of its own in its table, ``_row``, which follows on in a file from ``first_row``. A row that goes stays
in its file and its number comes into a file of *gone* rows; a rewrite leaves such rows out. Numbers are never given
twice, so what a file of gone rows says of a file that is no more does no harm.

Small files are joined once there are ``FAN`` of about one size, so a row is rewritten as often as the number of rows
has powers of ``FAN``, and a table has few files however small its loads are.
"""

from collections.abc import Iterable, Mapping

import msgspec

from fieldfare.ground.lake.ports import LakeTable

ROW = "_row"
FAN = 8
FILE_ROWS = 500_000
"""So many rows a file has at most, and so many are rewritten at a time."""
SMALLEST = 256
"""Files of fewer rows than this are all of one size."""
GONE_SHARE = 0.25
"""A file more of whose rows are gone is rewritten."""
Bounds = dict[str, tuple[int, int]]


class DataFile(msgspec.Struct, frozen=True):
    """One Parquet file: its path in the folder, its rows, the least and greatest value of whole columns."""

    path: str
    rows: int
    first_row: int
    bounds: Bounds
    """Of the integer columns that have a value in every row."""
    run: int = 0
    gone: int = 0
    """So many of its rows are gone."""

    @property
    def left(self) -> int:
        """Rows that are not gone."""
        return self.rows - self.gone


class Moving(msgspec.Struct, frozen=True):
    """Rows on their way into a sorted run, by ascending key: those up to ``through`` are there already."""

    sources: tuple[str, ...]
    into: int
    left: tuple[tuple[int | None, int | None], ...]
    """Ranges of keys, (above, up to), that have still to move."""
    through: int | None = None


class TableState(msgspec.Struct, frozen=True):
    """The files of one table."""

    columns: tuple[tuple[str, str], ...] = ()
    files: tuple[DataFile, ...] = ()
    gone: tuple[DataFile, ...] = ()
    """Files of numbers of gone rows."""
    next_row: int = 0
    moving: Moving | None = None

    @property
    def lying(self) -> tuple[DataFile, ...]:
        """Files whose rows all count."""
        return tuple(each for each in self.files if not self._moves(each))

    @property
    def leaving(self) -> tuple[DataFile, ...]:
        """Files whose rows count only beyond what has moved."""
        return tuple(each for each in self.files if self._moves(each))

    def _moves(self, file: DataFile) -> bool:
        return self.moving is not None and file.path in self.moving.sources


class Manifest(msgspec.Struct, frozen=True):
    """The lake at one version."""

    version: int = 0
    places: dict[str, int] = {}
    tables: dict[str, TableState] = {}


def declared(state: TableState, table: LakeTable) -> TableState:
    """Return the state with the columns of the table; those that are new come last."""
    known = {name for name, _ in state.columns}
    added = tuple((name, kind) for name, kind, _ in table.columns if name not in known)
    return msgspec.structs.replace(state, columns=state.columns + added)


def paths(manifest: Manifest) -> set[str]:
    """Return every file that the manifest's tables have."""
    return {file.path for state in manifest.tables.values() for file in (*state.files, *state.gone)}


def succeed(old: Manifest, tables: Mapping[str, TableState], places: Mapping[str, int]) -> Manifest:
    """Return the manifest after ``old``: these tables and places instead of those."""
    return Manifest(old.version + 1, {**old.places, **places}, {**old.tables, **tables})


def sizes_of(state: TableState) -> dict[int, int]:
    """Return the rows of each run, those that are gone left out."""
    sizes: dict[int, int] = {}
    for file in state.files:
        sizes[file.run] = sizes.get(file.run, 0) + file.left
    return sizes


def to_rewrite(state: TableState) -> tuple[DataFile, ...]:
    """Return the files that are rewritten as one next; none when all is well.

    Files on their way into a run are left alone, and only unsorted ones are joined.
    """
    lying = state.lying
    for file in lying:
        if file.gone > file.rows * GONE_SHARE:
            return (file,)
    return _alike([file for file in lying if file.run == 0])


def gone_to_join(state: TableState) -> tuple[DataFile, ...]:
    """Return the files of gone rows that are joined next."""
    return _alike(state.gone)


def _alike(files: Iterable[DataFile]) -> tuple[DataFile, ...]:
    """Return ``FAN`` files or more of one level, as many as one file holds."""
    levels: dict[int, list[DataFile]] = {}
    for file in files:
        levels.setdefault(level_of(file.rows), []).append(file)
    for _, found in sorted(levels.items()):
        chosen, rows = [], 0
        for file in found:
            if rows + file.left > FILE_ROWS:
                break
            chosen.append(file)
            rows += file.left
        if len(chosen) >= FAN:
            return tuple(chosen)
    return ()


def level_of(rows: int) -> int:
    """Return the power of ``FAN`` that a file has come to."""
    level, most = 0, SMALLEST
    while rows >= most:
        level, most = level + 1, most * FAN
    return level


def among(files: Iterable[DataFile], bounds: Bounds) -> list[DataFile]:
    """Return the files that may hold a row whose columns lie within the bounds."""
    return [file for file in files if all(_meet(file.bounds.get(name), span) for name, span in bounds.items())]


def _meet(one: tuple[int, int] | None, other: tuple[int, int]) -> bool:
    return one is None or (one[0] <= other[1] and other[0] <= one[1])
