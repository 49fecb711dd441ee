"""The start of a peak: calendar, data with hysteresis, a person's word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.forecast.onset import HOLD_DAYS, REACH_DAYS, Marks, Word, marks_for, onset

MARKS = Marks(2.0, 1.5)
START = 1_000


def begins(values: list[float | None], today: int, override: int | None = None) -> tuple[int, Word, bool]:
    found = onset(START, values, today - len(values), MARKS, override)
    assert found.moved_days == found.first_day - START
    return found.first_day, found.word, found.is_on


@pytest.mark.parametrize(
    ("values", "today", "expected"),
    [
        ([1.0] * 20, 990, (START, Word.CALENDAR, False)),
        ([1.0] * 10 + [2.5] * 8, 990, (982, Word.DATA, True)),  # it began early
        ([1.0] * 10 + [2.5] * 4, 990, (START, Word.CALENDAR, False)),  # four loud days are none yet
        ([1.0, 2.5, 2.5, 1.0] * 5, 990, (START, Word.CALENDAR, False)),
        ([1.0] * 20, 1_010, (1_010, Word.DATA, False)),  # late, and still not there
        ([1.7] * 20, 1_010, (START, Word.CALENDAR, True)),  # between the marks what was said before holds
        ([1.0] * 20 + [2.5] * 6, 1_015, (1_009, Word.DATA, True)),  # late, and now there
        ([2.5] * 40, 1_010, (970, Word.DATA, True)),
        ([None] * 20, 1_010, (START, Word.CALENDAR, True)),
        ([1.0] * 90, START + REACH_DAYS + 1, (START, Word.CALENDAR, True)),  # the data had their chance
    ],
)
def test_starts(values: list[float | None], today: int, expected: tuple[int, Word, bool]) -> None:
    assert begins(values, today) == expected


def test_a_person_overrides() -> None:
    assert begins([1.0] * 20, 1_010, 1_005) == (1_005, Word.PERSON, True)
    assert begins([2.5] * 20, 1_000, 1_005) == (1_005, Word.PERSON, False)


VALUES = st.lists(st.one_of(st.none(), st.floats(0, 4)), max_size=120)


@given(VALUES, st.integers(900, 1_100))
def test_the_data_move_the_start_by_weeks_at_most(values: list[float | None], today: int) -> None:
    first, word, _ = begins(values, today)
    assert abs(first - START) <= REACH_DAYS
    assert (word is Word.CALENDAR) == (first == START) or word is Word.DATA


@given(VALUES, st.integers(900, 1_100))
def test_one_more_quiet_day_takes_no_begun_peak_back(values: list[float | None], today: int) -> None:
    first, word, is_on = begins(values, today)
    if word is Word.DATA and is_on:
        assert begins([*values, 0.0], today + 1) == (first, Word.DATA, True)


def test_marks_lie_between() -> None:
    found = marks_for(0.8, 2.0)
    assert (found.upper, found.lower) == pytest.approx((1.4, 1.2))
    assert HOLD_DAYS > 1
