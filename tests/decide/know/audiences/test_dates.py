"""Dates before, ahead and coming round: year ends, 29 February, clocks that change; no truth turns unannounced."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY, HOUR, Instant, date_of, day_of, day_start, parse_iso, today_in
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.compile import moment_of
from fieldfare.know.audiences.dates import (
    anniversary_of,
    between,
    date_run,
    days_that_come_round,
    next_time,
)
from fieldfare.know.audiences.model import Ahead, Anniversary, OnDay
from fieldfare.know.profiles.survive import instant_text
from tests.amounts import examples

ZONES = ("Europe/Berlin", "America/Santiago", "UTC", "America/New_York")
DAYS, HOURS = Duration(7, "day"), Duration(36, "hour")


def asked(asks: OnDay | Ahead | Anniversary, value: object, at: str, zone: str = "UTC") -> bool:
    now = parse_iso(at)
    return date_run(asks, zone, moment_of)(value, now, today_in(now, zone))[0]


@pytest.mark.parametrize(
    ("asks", "value", "at", "holds"),
    [
        (OnDay("before", day_of(date(2026, 1, 1))), "2025-12-31", "2026-06-01T00:00:00", True),
        (OnDay("before", day_of(date(2026, 1, 1))), "2026-01-01", "2026-06-01T00:00:00", False),
        (OnDay("on", day_of(date(2026, 1, 1))), "2026-01-01T23:59:59.999999Z", "2026-06-01T00:00:00", True),
        (OnDay("after", day_of(date(2026, 1, 1))), "2026-01-01T23:59:59.999999Z", "2026-06-01T00:00:00", False),
        (OnDay("after", day_of(date(2026, 1, 1))), "soon", "2026-06-01T00:00:00", False),
        (OnDay("before", day_of(date(2026, 1, 1))), "0001-01-01", "2026-06-01T00:00:00", False),
        (Ahead(DAYS), "2026-06-08", "2026-06-01T23:00:00", True),
        (Ahead(DAYS), "2026-06-09", "2026-06-01T23:00:00", False),
        (Ahead(DAYS), "2026-06-01", "2026-06-01T23:00:00", True),
        (Ahead(DAYS), "2026-05-31", "2026-06-01T00:00:00", False),
        (Ahead(None, DAYS), "2026-06-08", "2026-06-01T00:00:00", True),
        (Ahead(None, DAYS), "2026-06-07", "2026-06-01T00:00:00", False),
        (Ahead(Duration(30, "day"), DAYS), "2026-07-01", "2026-06-01T00:00:00", True),
        (Ahead(HOURS), "2026-06-02T12:00:00.000000Z", "2026-06-01T00:00:00", True),
        (Ahead(HOURS), "2026-06-02T12:00:00.000001Z", "2026-06-01T00:00:00", False),
        (Ahead(HOURS), "2026-06-01T00:00:00.000000Z", "2026-06-01T00:00:00.000001", False),
        (Ahead(HOURS), 20_000, "2026-06-01T00:00:00", False),
        (Anniversary(), "1990-06-01", "2026-06-01T00:00:00", True),
        (Anniversary(), "2026-06-01", "2026-06-01T00:00:00", False),
        (Anniversary(), "2027-06-01", "2026-06-01T00:00:00", False),
        (Anniversary(7), "1990-01-03", "2025-12-28T00:00:00", True),
        (Anniversary(7), "1990-01-05", "2025-12-28T00:00:00", False),
        (Anniversary(), "1992-02-29", "2025-02-28T12:00:00", True),
        (Anniversary(), "1992-02-29", "2024-02-28T12:00:00", False),
        (Anniversary(), "1992-02-29", "2024-02-29T12:00:00", True),
        (Anniversary(), 60, "2025-02-28T12:00:00", True),
        (Anniversary(), 61, "2025-03-01T12:00:00", True),
        (Anniversary(), 366, "2025-12-31T12:00:00", True),
        (Anniversary(), 367, "2025-12-31T12:00:00", False),
        (Anniversary(), 59.5, "2025-02-28T12:00:00", False),
        (Anniversary(), True, "2025-01-01T12:00:00", False),
        (Anniversary(), "1990-06-01T00:00:00.000000Z", "2026-06-01T00:00:00", False),
    ],
)
def test_answers(asks: OnDay | Ahead | Anniversary, value: object, at: str, *, holds: bool) -> None:
    assert asked(asks, value, at) is holds


def test_a_day_is_a_day_of_the_zone() -> None:
    """In Santiago clocks went forward at midnight of 7 September 2025: the day began at one."""
    zone = "America/Santiago"
    starts = day_start(day_of(date(2025, 9, 7)), zone)
    run = date_run(Anniversary(), zone, moment_of)
    before = run("1990-09-07", starts - 1, today_in(starts - 1, zone))
    assert before == (False, starts)
    assert run("1990-09-07", starts, today_in(starts, zone)) == (True, starts + 23 * HOUR)


def test_between() -> None:
    assert between(1, 2, 5) == (False, 2)
    assert between(2, 2, 5) == (True, 5)
    assert between(5, 2, 5) == (False, None)
    assert between(-9, None, 5) == (True, 5)
    assert between(1, 5, 5) == (False, None)


def test_next_time_and_what_comes_round_are_one() -> None:
    today = day_of(date(2027, 12, 20))
    found = days_that_come_round(today, 80)
    assert (2028, "02-29") in found
    assert (2027, "12-31") in found
    assert len(found) == 81
    assert days_that_come_round(day_of(date(2027, 2, 28)), 0) == [(2027, "02-28"), (2027, "02-29")]
    assert date_of(next_time(2, 29, 1, today)) == date(2028, 2, 29)
    assert date_of(next_time(12, 19, 1, today)) == date(2028, 12, 19)
    assert anniversary_of("2026-05-04", moment_of) == (5, 4, 2027)


_spans = st.one_of(
    st.integers(0, 400).map(lambda days: Duration(days, "day")), st.integers(0, 900).map(lambda n: Duration(n, "hour"))
)


@st.composite
def _asks(draw: st.DrawFn) -> OnDay | Ahead | Anniversary:
    if draw(st.booleans()):
        return Anniversary(draw(st.sampled_from([0, 1, 7, 30, 300])))
    one, two = draw(_spans), draw(_spans)
    if (one.days is None) != (two.days is None):
        return Ahead(one)
    most, least = sorted((one, two), key=lambda span: -span.us)
    return draw(st.sampled_from([Ahead(most), Ahead(most, least), Ahead(None, least)]))


@settings(max_examples=examples(300), deadline=None)
@given(_asks(), st.integers(-800, 800), st.booleans(), st.sampled_from(ZONES), st.integers(0, 500 * DAY))
def test_no_truth_turns_before_it_says_and_then_it_does(
    asks: OnDay | Ahead | Anniversary, days: int, is_instant: bool, zone: str, ahead: Instant
) -> None:
    now = parse_iso("2027-09-01T10:17:00") + ahead
    value = instant_text(now + days * HOUR) if is_instant else date_of(today_in(now, zone) + days).isoformat()
    run = date_run(asks, zone, moment_of)
    truth, turn = run(value, now, today_in(now, zone))
    end = now + 450 * DAY if turn is None else turn
    for probe in {now + 1, end - 1, (now + end) // 2, now + (end - now) // 7}:
        if now < probe < end:
            assert run(value, probe, today_in(probe, zone))[0] is truth
    if turn is not None:
        assert turn > now
        assert run(value, turn, today_in(turn, zone))[0] is not truth
