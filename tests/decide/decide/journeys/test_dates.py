"""Instants that follow from dates and rhythms, through changes of clocks, leap years and values that are no dates."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.journeys.dates import dated_at, next_clock, next_dated, next_in_rhythm
from fieldfare.decide.journeys.definition import Dated, Rhythm
from fieldfare.ground.instants import DAY, HOUR, Instant, date_of, local_day, parse_iso
from fieldfare.network.calendars.wall import iso_local

NOON = parse_iso("2026-03-02T12:00:00Z")
ZONES = st.sampled_from(["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
TIMES = st.integers(NOON, NOON + 700 * DAY)


@pytest.mark.parametrize(
    ("dated", "value", "expected"),
    [
        (Dated(trait="d", days=-30, minute=540), "2026-04-30", "2026-03-31 09:00"),
        (Dated(trait="d", days=2), "2026-04-30", "2026-05-02 00:00"),
        (Dated(trait="d", days=-7, minute=540, yearly=True), "1990-03-09", "2027-03-02 09:00"),
        (Dated(trait="d", days=-7, minute=900, yearly=True), "1990-03-09", "2026-03-02 15:00"),
        (Dated(trait="d", minute=600, yearly=True), "2000-02-29", "2027-02-28 10:00"),
        (Dated(trait="d", minute=600, yearly=True), 70, "2026-03-10 10:00"),
        (Dated(trait="d", us=-48 * HOUR), "2026-03-10T08:00:00.000000Z", "2026-03-08 09:00"),
    ],
)
def test_dates(dated: Dated, value: Any, expected: str) -> None:
    found = next_dated(dated, value, "Europe/Berlin", NOON)
    assert found is not None
    assert iso_local(found, "Europe/Berlin") == expected


@pytest.mark.parametrize("value", [None, "", "soon", "2026-13-40", "1899-01-01", 0, 367, 1.5, True, ["2026-03-04"]])
def test_what_is_no_date_has_no_instant(value: Any) -> None:
    for yearly in (False, True):
        assert dated_at(Dated(trait="d", yearly=yearly), value, "UTC", NOON) is None


def test_a_date_that_is_over_does_not_come_again() -> None:
    assert next_dated(Dated(trait="d"), "2026-03-02", "UTC", NOON) is None
    assert dated_at(Dated(trait="d"), "2026-03-02", "UTC", NOON) == parse_iso("2026-03-02T00:00:00Z")


@given(ZONES, TIMES, st.frozensets(st.integers(0, 6)), st.integers(0, 1439))
def test_the_next_time_of_day_is_later_and_on_a_day_asked_for(
    zone: str, after: Instant, weekdays: frozenset[int], minute: int
) -> None:
    at = next_clock(minute, weekdays, zone, after)
    assert after < at <= after + 8 * DAY + 2 * HOUR
    assert not weekdays or date_of(local_day(at, zone)).weekday() in weekdays


@given(ZONES, TIMES, st.frozensets(st.sampled_from([1, 15, 31, -1]), max_size=2), st.frozensets(st.integers(0, 6)))
def test_a_rhythm_beats_once_a_day_at_most(
    zone: str, after: Instant, month_days: frozenset[int], weekdays: frozenset[int]
) -> None:
    rhythm = Rhythm(audience="a", minute=510, weekdays=frozenset() if month_days else weekdays, month_days=month_days)
    first = next_in_rhythm(rhythm, zone, after)
    assert first is not None
    second = next_in_rhythm(rhythm, zone, first)
    assert second is not None
    assert local_day(second, zone) > local_day(first, zone)
    for at in (first, second):
        on = date_of(local_day(at, zone))
        is_last = date_of(local_day(at, zone) + 1).month != on.month
        assert not month_days or on.day in month_days or (is_last and -1 in month_days)
