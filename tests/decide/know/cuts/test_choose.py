"""Which ranks a cut is made of, and where guards stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.cuts.choose import MOST_GUARDS, cell_around, choose, levels, place_of_rank, places_wanted
from fieldfare.know.cuts.model import GREATEST, LEAST, MILLION, Cut, Mark, PlaceMarks, Rank

FIFTH = MILLION // 5


@pytest.mark.parametrize(
    ("rank", "ranked", "place"),
    [
        (Rank(is_top=True, share=50_000), 100, 5),
        (Rank(is_top=True, share=50_000), 101, 6),
        (Rank(is_top=True, share=50_000), 3, 1),
        (Rank(is_top=True, share=1), 3, 1),
        (Rank(is_top=False, share=FIFTH), 10, 2),
        (Rank(is_top=False, share=FIFTH), 11, 3),
        (Rank(is_top=True, count=200), 1_000, 200),
        (Rank(is_top=True, count=200), 7, 200),
    ],
)
def test_the_place_of_a_rank(rank: Rank, ranked: int, place: int) -> None:
    assert place_of_rank(rank, ranked) == place


def published(cut: Cut, numbers: list[float], before: PlaceMarks | None = None, *, moves: bool = False) -> PlaceMarks:
    order = sorted(enumerate(numbers), key=lambda each: (-each[1] if cut.ranks[0].is_top else each[1], each[0]))
    wanted = places_wanted(cut, len(numbers), moves=moves)
    found = {place: Mark(order[place - 1][1], order[place - 1][0]) for place in wanted}
    return choose(cut, len(numbers), found, before, moves=moves)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=200), st.integers(1, 99))
def test_percentiles_are_those_of_numpy(numbers: list[float], percent: int) -> None:
    told = published(Cut("x", (Rank(is_top=False, share=percent * 10_000),)), numbers)
    assert told.marks == (Mark(float(np.quantile(numbers, percent / 100, method="inverted_cdf"))),)


def test_so_many_with_ties_by_id_and_everybody_where_there_are_fewer() -> None:
    two = Cut("x", (Rank(is_top=True, count=2),))
    assert published(two, [5.0, 7.0, 5.0, 5.0]).marks == (Mark(5.0, 0),)
    assert published(two, [5.0]).marks == (Mark(LEAST),)
    last = Cut("x", (Rank(is_top=False, count=2),))
    assert published(last, [5.0, 7.0, 5.0, 5.0]).marks == (Mark(5.0, 2),)
    assert published(last, [5.0]).marks == (Mark(GREATEST),)


def test_a_number_that_stands_still_has_no_guards() -> None:
    assert published(Cut("x", (Rank(is_top=True, share=50_000),)), [float(each) for each in range(1_000)]).guards == ()


def test_guards_stand_around_a_mark_ever_farther_out() -> None:
    cut, numbers = Cut("x", (Rank(is_top=True, share=100_000),)), [float(each) for each in range(1_000)]
    told = published(cut, numbers, moves=True)
    assert told.marks == (Mark(900.0),)
    assert told.guards == (260.0, 740.0, 860.0, 890.0, 910.0, 940.0)
    assert told.looks == (260.0, 740.0, 860.0, 890.0, 900.0, 910.0, 940.0)
    again = published(cut, numbers, told, moves=True)
    assert again == told, "narrow cells get no further guards"
    assert cell_around(told, Mark(905.0)) == (900.0, 910.0)
    assert cell_around(told, Mark(900.0)) == (890.0, 910.0)
    assert cell_around(None, Mark(900.0)) == (LEAST, GREATEST)


def test_new_guards_stand_only_inside_the_cell_of_the_new_mark() -> None:
    cut, numbers = Cut("x", (Rank(is_top=True, share=100_000),)), [float(each) for each in range(1_000)]
    told = published(cut, numbers, moves=True)
    moved = published(cut, [number * 2 / 3 for number in numbers], told, moves=True)
    low, high = cell_around(told, moved.marks[0])
    assert (low, high) == (260.0, 740.0)
    assert set(told.guards) < set(moved.guards)
    assert all(low < guard < high for guard in set(moved.guards) - set(told.guards))


@given(st.lists(st.lists(st.integers(0, 10_000), min_size=1, max_size=60), min_size=1, max_size=25))
def test_there_are_never_too_many_guards(rounds: list[list[int]]) -> None:
    cut, told = Cut("x", (Rank(is_top=False, share=300_000),)), None
    for numbers in rounds:
        told = published(cut, [float(each) for each in numbers], told, moves=True)
        assert len(told.guards) <= MOST_GUARDS
        assert list(told.looks) == sorted(set(told.looks))


def test_what_needs_others_comes_after_them() -> None:
    needs = {"a": frozenset({"b"}), "b": frozenset({"c", "gone"}), "c": frozenset[str](), "d": frozenset({"c"})}
    assert levels(needs) == [["c"], ["b", "d"], ["a"]]
    with pytest.raises(AssertionError, match="need each other"):
        levels({"a": frozenset({"b"}), "b": frozenset({"a"})})
