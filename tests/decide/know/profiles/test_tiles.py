"""The flat lists of one measure."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.profiles.model import MeasureState
from fieldfare.know.profiles.tiles import add_stamp, add_tile, bounded, fold_away, join


def test_tiles_stay_sorted_and_days_are_added_up() -> None:
    for order in itertools.permutations([(5, 1, 10), (3, 1, 0), (5, 1, -4), (4, 2, 7)]):
        tiles: list[int] = []
        for day, count, amount in order:
            add_tile(tiles, day, count, amount)
        assert tiles == [3, 1, 0, 4, 2, 7, 5, 2, 6]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-3, 3)), max_size=8))
def test_stamps_stay_sorted(entries: list[tuple[int, int]]) -> None:
    stamps: list[int] = []
    for at, amount in entries:
        add_stamp(stamps, at, amount)
    assert list(zip(stamps[::2], stamps[1::2], strict=True)) == sorted(entries)


def test_join_adds_everything() -> None:
    one = MeasureState(1, 10, 5, 9, [1, 1, 1], [7, 1])
    join(one, MeasureState(2, 20, 4, 8, [0, 1, 2, 1, 1, 4], [6, 0, 8, 0]))
    assert one == MeasureState(3, 30, 4, 9, [0, 1, 2, 1, 2, 5], [6, 0, 7, 1, 8, 0])
    empty = MeasureState()
    join(empty, one)
    assert empty == one


def test_fold_away_moves_tiles_and_drops_stamps() -> None:
    state = MeasureState(1, 10, 0, 9, [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 0, 2, 0, 3, 0])
    fold_away(state, 4, 2)
    assert state == MeasureState(3, 13, 0, 9, [4, 5, 6, 7, 8, 9], [2, 0, 3, 0])
    fold_away(state, None, 9)
    assert state == MeasureState(16, 28, 0, 9, [], [])


def test_sums_stay_within_64_bits() -> None:
    most = (1 << 63) - 1
    assert bounded(most + 1) == most
    assert bounded(-most - 5) == -most
    tiles = [1, 1, most]
    add_tile(tiles, 1, 1, 10)
    assert tiles == [1, 2, most]
