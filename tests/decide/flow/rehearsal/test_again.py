"""The past lived again: weekdays stay, nothing of the future is used, the whole span is filled."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.rehearsal.again import WEEK, YEAR, Slice, call_again, slices_of, times
from fieldfare.ground.instants import DAY, HOUR
from tests.decide.flow.rehearsal.counts import START


def test_where_the_history_reaches_back_it_is_the_same_weeks_a_year_before() -> None:
    end = START + 40 * DAY
    assert slices_of(START, end, START - 2 * YEAR, START) == [Slice(START - YEAR, end - YEAR, YEAR)]


def test_without_a_week_of_history_nobody_does_anything() -> None:
    assert slices_of(START, START + 40 * DAY, START - 6 * DAY, START) == []


@given(history=st.integers(8, 500), gap=st.integers(0, 100), days=st.integers(1, 400), hours=st.integers(0, 23))
def test_slices_fill_the_span_by_whole_weeks_out_of_the_history(history: int, gap: int, days: int, hours: int) -> None:
    last = START
    first, start = last - history * DAY, last + gap * DAY + hours * HOUR
    at = start
    for each in slices_of(start, start + days * DAY, first, last):
        assert each.since + each.shift == at
        assert each.shift % WEEK == 0
        assert first <= each.since < each.until <= last
        at += each.until - each.since
    assert at == start + days * DAY


def test_a_call_again_has_an_id_of_its_own_and_comes_under_the_person() -> None:
    row = {"type": "track", "name": "check_in", "event_id": "e1", "occurred_at": START - YEAR}
    at, call = call_again(row, {"userId": "m1"}, {"spend": 2}, YEAR)
    assert at == START
    assert (call["event"], call["userId"], call["properties"]) == ("check_in", "m1", {"spend": 2})
    assert call["messageId"] == "again-364-e1"
    several = times(at, call, 3)
    assert len({each["messageId"] for _, each in several}) == 3
    assert all(at <= later < at + HOUR for later, _ in several)
