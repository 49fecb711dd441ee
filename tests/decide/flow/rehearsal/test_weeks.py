"""Weeks begin on Mondays."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.rehearsal.weeks import week_of
from fieldfare.ground.instants import date_of


@given(st.integers(-1_000, 40_000))
def test_the_monday_of_a_day_is_the_last_one_before_it(day: int) -> None:
    monday = week_of(day)
    assert date_of(monday).weekday() == 0
    assert monday <= day < monday + 7
