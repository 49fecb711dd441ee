"""Which rows of a sorted table are sorted together next. Pure; the lake moves them.

Rows come in the order of the log and lie in the *tail* (run 0). A tail that has grown is sorted into a run of its own;
runs of about one size, when there are ``FAN`` of them, are joined into one. So a key lies in few places, and a row is
moved as often as the number of rows has powers of ``FAN``.
"""

from collections.abc import Mapping, Sequence

import msgspec

TAIL = 0
TAIL_ROWS = 1_000_000
FAN = 8


class Move(msgspec.Struct, frozen=True):
    """All rows of the runs ``sources`` go into the new run ``into``, in steps of ascending key: half a tail each."""

    sources: tuple[int, ...]
    into: int
    steps: int


def next_move(sizes: Mapping[int, int], tail_rows: int = TAIL_ROWS) -> Move | None:
    """Return what is to be moved, given the rows of each run; ``None`` when all lies well."""
    into = max(sizes, default=TAIL) + 1
    if sizes.get(TAIL, 0) >= tail_rows:
        return _move([TAIL], into, sizes, tail_rows)
    levels: dict[int, list[int]] = {}
    for run in sorted(sizes.keys() - {TAIL}):
        levels.setdefault(level_of(sizes[run], tail_rows), []).append(run)
    for _, runs in sorted(levels.items()):
        if len(runs) >= FAN:
            return _move(runs, into, sizes, tail_rows)
    return None


def level_of(rows: int, tail_rows: int = TAIL_ROWS) -> int:
    """Return the level of a run: how often it was joined, to judge by its size."""
    level, most = 0, tail_rows * FAN
    while rows * 3 >= most * 2:  # a run that lost some rows keeps its level
        level, most = level + 1, most * FAN
    return level


def ranges(bounds: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """Return the ranges (above, up to) between the bounds, the open ones at both ends included."""
    inner = sorted(set(bounds))
    return list(zip([None, *inner], [*inner, None], strict=True))


def _move(sources: Sequence[int], into: int, sizes: Mapping[int, int], tail_rows: int) -> Move:
    rows = sum(sizes[run] for run in sources)
    return Move(tuple(sources), into, -(-rows * 2 // tail_rows))
