"""When rows are sorted and when runs are joined; and that a table that grows stays in few runs, at little cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.lake.runs import FAN, TAIL, TAIL_ROWS, Move, level_of, next_move, ranges


@pytest.mark.parametrize(
    ("sizes", "move"),
    [
        ({}, None),
        ({TAIL: TAIL_ROWS - 1}, None),
        ({TAIL: TAIL_ROWS}, Move((TAIL,), 1, 2)),
        ({TAIL: TAIL_ROWS + 1, 7: 5}, Move((TAIL,), 8, 3)),
        ({1: TAIL_ROWS, 2: 9}, None),
        (dict.fromkeys(range(1, FAN + 1), TAIL_ROWS), Move(tuple(range(1, FAN + 1)), FAN + 1, 16)),
        ({99: FAN * TAIL_ROWS} | dict.fromkeys(range(1, FAN), TAIL_ROWS), None),
        ({99: FAN * TAIL_ROWS} | dict.fromkeys(range(1, FAN + 1), 3), Move(tuple(range(1, FAN + 1)), 100, 1)),
    ],
)
def test_the_next_move(sizes: dict[int, int], move: Move | None) -> None:
    assert next_move(sizes) == move


@pytest.mark.parametrize(
    ("rows", "level"), [(0, 0), (1, 0), (5, 0), (6, 1), (8, 1), (42, 1), (43, 2), (64, 2), (512, 3)]
)
def test_the_level_is_told_by_the_size_even_when_some_rows_were_replaced(rows: int, level: int) -> None:
    assert level_of(rows * TAIL_ROWS) == level


@given(st.lists(st.integers(-50, 50)), st.integers(-60, 60))
def test_every_key_lies_in_one_range(bounds: list[int], key: int) -> None:
    holding = [
        (above, up_to)
        for above, up_to in ranges(bounds)
        if (above is None or key > above) and (up_to is None or key <= up_to)
    ]
    assert len(holding) == 1


def test_a_table_that_grows_stays_in_few_runs_and_moves_each_row_a_few_times() -> None:
    sizes: dict[int, int] = {TAIL: 0}
    moved, total = 0, 200 * TAIL_ROWS
    for _ in range(200):
        sizes[TAIL] += TAIL_ROWS
        while (move := next_move(sizes)) is not None:
            rows = sum(sizes.pop(run) for run in move.sources)
            assert rows <= move.steps * TAIL_ROWS // 2
            sizes[move.into] = rows
            sizes.setdefault(TAIL, 0)
            moved += rows
        assert len(sizes) <= 3 * FAN
    assert sum(sizes.values()) == total
    assert moved <= 3 * total
