"""On which side of a mark a number stands, and between which looks."""

import pytest

from fieldfare.know.cuts.compare import cell, inside, place_of, sides
from fieldfare.know.cuts.model import GREATEST, LEAST, Cut, Mark, PlaceMarks, Rank
from tests.decide.know.audiences.definitions import PLACES

TOP, BOTTOM = Rank(is_top=True, share=1), Rank(is_top=False, share=1)


@pytest.mark.parametrize(
    ("rank", "mark", "number", "profile_id", "expected"),
    [
        (TOP, Mark(5), 6, 9, True),
        (TOP, Mark(5), 5, 9, True),
        (TOP, Mark(5), 4, 9, False),
        (BOTTOM, Mark(5), 6, 9, False),
        (BOTTOM, Mark(5), 5, 9, True),
        (BOTTOM, Mark(5), 4, 9, True),
        (TOP, Mark(5, 9), 5, 9, True),
        (TOP, Mark(5, 9), 5, 10, False),
        (TOP, Mark(5, 9), 6, 10, True),
        (BOTTOM, Mark(5, 9), 5, 8, True),
        (BOTTOM, Mark(5, 9), 5, 10, False),
        (TOP, Mark(LEAST), -1e300, 1, True),
        (BOTTOM, Mark(GREATEST), 1e300, 1, True),
    ],
)
def test_inside(rank: Rank, mark: Mark, number: float, profile_id: int, expected: bool) -> None:
    assert inside(rank, mark, number, profile_id) is expected


def test_sides_of_a_band() -> None:
    band, told = Cut("x", (BOTTOM, BOTTOM)), PlaceMarks((Mark(2), Mark(4)), 5)
    assert [sides(band, told, number, 1) for number in (2, 3, 4, 5)] == [
        (True, True),
        (False, True),
        (False, True),
        (False, False),
    ]


def test_a_cell_turns_exactly_where_a_mark_would() -> None:
    numbers = (1.0, 2.0, 2.5, 4.0, 5.0)
    assert [cell(Cut("x", (TOP,)), (2.0, 4.0), number) for number in numbers] == [0, 1, 1, 2, 2]
    assert [cell(Cut("x", (BOTTOM,)), (2.0, 4.0), number) for number in numbers] == [0, 0, 1, 1, 2]
    assert [cell(Cut("x", (Rank(is_top=True, count=3),)), (2.0, 4.0), number) for number in numbers] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("per", "home", "expected"),
    [
        (None, None, ""),
        (None, "north", ""),
        ("location", "north", "north"),
        ("location", None, None),
        ("region", "north", "coast"),
        ("region", "elsewhere", None),
        ("region", None, None),
    ],
)
def test_the_place_of_somebody(per: str | None, home: str | None, expected: str | None) -> None:
    assert place_of(Cut("x", (TOP,), per), home, PLACES) == expected
