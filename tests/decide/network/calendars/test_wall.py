"""Wall-clock times: where clocks jump, where they go back, over midnight."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, day_of, from_datetime, local_datetime, parse_iso
from fieldfare.network.calendars.wall import end_of, inside, iso_local, minute_of_day, next_at, occurrences, parse_clock

BERLIN = "Europe/Berlin"


def minutes(clock: str) -> int:
    found = parse_clock(clock)
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("text", ["9:00", "24:00", "09:60", "0900", "", 900, None, "09:00 "])
def test_what_is_no_time_of_day_says_how_to_write_it(text: object) -> None:
    found = parse_clock(text)
    assert isinstance(found, str)
    assert "09:00" in found


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        (BERLIN, date(2026, 1, 15), "09:00", ["2026-01-15T08:00:00Z"]),
        (BERLIN, date(2026, 7, 15), "09:00", ["2026-07-15T07:00:00Z"]),
        (BERLIN, date(2026, 3, 29), "02:30", ["2026-03-29T01:00:00Z"]),  # jumped over: the jump itself
        (BERLIN, date(2026, 3, 29), "02:00", ["2026-03-29T01:00:00Z"]),
        (BERLIN, date(2026, 3, 29), "03:00", ["2026-03-29T01:00:00Z"]),
        (BERLIN, date(2026, 10, 25), "02:30", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:10", ["2026-10-03T15:30:00Z"]),  # a jump of half an hour
        ("Asia/Beirut", date(2026, 3, 29), "00:30", ["2026-03-28T22:00:00Z"]),
        ("UTC", date(2026, 3, 29), "00:00", ["2026-03-29T00:00:00Z"]),
    ],
)
def test_occurrences(zone: str, day: date, clock: str, expected: list[str]) -> None:
    assert list(occurrences(day_of(day), minutes(clock), zone)) == [parse_iso(text) for text in expected]


@pytest.mark.parametrize(
    ("now", "clock", "expected"),
    [
        ("2026-01-15T07:59:59Z", "09:00", "2026-01-15T08:00:00Z"),
        ("2026-01-15T08:00:00Z", "09:00", "2026-01-16T08:00:00Z"),  # strictly after
        ("2026-03-28T20:00:00Z", "02:30", "2026-03-29T01:00:00Z"),
        ("2026-03-29T01:00:00Z", "02:30", "2026-03-30T00:30:00Z"),
        ("2026-10-24T22:00:00Z", "02:30", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:45:00Z", "02:30", "2026-10-26T01:30:00Z"),  # the second showing does not count
    ],
)
def test_next_at(now: str, clock: str, expected: str) -> None:
    assert next_at(parse_iso(now), minutes(clock), BERLIN) == parse_iso(expected)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True), ("07:59", True), ("08:00", False)],
)
def test_inside_over_midnight(clock: str, expected: bool) -> None:
    now = day_of(date(2026, 1, 15)) * DAY + minutes(clock) * MINUTE
    assert inside(now, minutes("21:00"), minutes("08:00"), "UTC") is expected


def test_inside_one_day() -> None:
    noon = day_of(date(2026, 1, 15)) * DAY + 12 * HOUR
    assert inside(noon, minutes("12:00"), minutes("14:00"), "UTC")
    assert not inside(noon + 2 * HOUR, minutes("12:00"), minutes("14:00"), "UTC")


def test_the_end_of_a_silence_where_clocks_go_back() -> None:
    end = minutes("02:30")
    assert end_of(parse_iso("2026-10-24T20:00:00Z"), end, BERLIN) == parse_iso("2026-10-25T00:30:00Z")
    # In the repeated hour it is silent again, until the second 02:30.
    second = parse_iso("2026-10-25T01:10:00Z")
    assert inside(second, minutes("21:00"), end, BERLIN)
    assert end_of(second, end, BERLIN) == parse_iso("2026-10-25T01:30:00Z")


ZONES = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Beirut", "UTC"])
INSTANTS = st.integers(from_datetime(datetime(2020, 1, 1, tzinfo=UTC)), from_datetime(datetime(2030, 1, 1, tzinfo=UTC)))


@given(INSTANTS, st.integers(0, 1439), ZONES)
def test_the_next_time_is_soon_and_shows_the_clock(now: Instant, minute: int, zone: str) -> None:
    at = next_at(now, minute, zone)
    assert now < at <= now + 2 * DAY + 2 * HOUR
    shown = minute_of_day(at, zone)
    # Later on the clock only where it jumps over the asked time.
    assert shown == minute or (shown > minute and minute_of_day(at - 1, zone) < minute)


@given(INSTANTS, st.integers(0, 1439), st.integers(0, 1439), ZONES)
def test_a_silence_ends_and_is_over_then(now: Instant, first: int, end: int, zone: str) -> None:
    if first == end or not inside(now, first, end, zone):
        return
    until = end_of(now, end, zone)
    assert now < until <= now + DAY + 2 * HOUR
    assert not inside(until, first, end, zone)
    assert inside(until - 1, first, end, zone) or minute_of_day(until - 1, zone) > end


@given(INSTANTS, ZONES)
def test_local_text(now: Instant, zone: str) -> None:
    assert iso_local(now, zone) == local_datetime(now, zone).strftime("%Y-%m-%d %H:%M")
