"""Instants and days are exact, in every zone and across every change of the clocks."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import (
    DAY,
    HOUR,
    MINUTE,
    date_of,
    day_of,
    day_start,
    from_datetime,
    local_datetime,
    local_day,
    local_offset,
    parse_iso,
    to_datetime,
    to_iso,
    today_in,
)

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu")
_INSTANTS = st.datetimes(datetime(1975, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-02", DAY),
        ("2024-02-29T12:00:00+02:00", 1_709_200_800_000_000),
        ("1969-12-31T23:59:59.999999Z", -1),
    ],
)
def test_iso_texts(text: str, instant: int) -> None:
    assert parse_iso(text) == instant


@given(_INSTANTS)
def test_there_and_back_loses_nothing(moment: datetime) -> None:
    instant = from_datetime(moment)
    assert to_datetime(instant) == moment
    assert parse_iso(to_iso(instant)) == instant


@given(_INSTANTS, st.sampled_from(ZONES))
def test_local_values_agree_with_zoneinfo(moment: datetime, zone: str) -> None:
    instant = from_datetime(moment)
    local = moment.astimezone(ZoneInfo(zone))
    assert local_datetime(instant, zone) == local
    assert date_of(local_day(instant, zone)) == local.date()
    offset = local.utcoffset()
    assert offset is not None
    assert timedelta(microseconds=local_offset(instant, zone)) == offset


@given(st.dates(date(1975, 1, 1), date(2060, 1, 1)), st.sampled_from([*ZONES, "America/Sao_Paulo", "Asia/Beirut"]))
def test_a_day_starts_at_its_first_instant(calendar_day: date, zone: str) -> None:
    day = day_of(calendar_day)
    start = day_start(day, zone)
    assert local_day(start, zone) == day
    assert local_day(start - 1, zone) < day


def test_a_day_without_midnight_starts_an_hour_later() -> None:
    day = day_of(date(2018, 11, 4))  # clocks in Sao Paulo jumped from 00:00 to 01:00
    assert local_datetime(day_start(day, "America/Sao_Paulo"), "America/Sao_Paulo").hour == 1


def test_days_of_a_change_are_shorter_and_longer() -> None:
    zone = "Europe/Berlin"
    for calendar_day, hours in ((date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 6, 1), 24)):
        day = day_of(calendar_day)
        assert day_start(day + 1, zone) - day_start(day, zone) == hours * HOUR


def test_an_offset_is_taken_to_the_minute() -> None:
    aware = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(minutes=-210)))
    assert from_datetime(aware) - from_datetime(datetime(2024, 1, 1, 12, tzinfo=UTC)) == 210 * MINUTE


def test_today_never_goes_back() -> None:
    # St. John's put its clocks back from 00:01 to 23:01 of the day before.
    zone = "America/St_Johns"
    start = parse_iso("2010-11-06T00:00:00-02:30")
    days = [today_in(start + minute * HOUR // 60, zone) for minute in range(48 * 60)]
    assert days == sorted(days)
    assert [local_day(start + minute * HOUR // 60, zone) for minute in range(48 * 60)] != days


def test_today_is_the_local_day_elsewhere() -> None:
    for zone in ("Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia"):
        for step in range(400):
            now = parse_iso("2026-01-01T00:00:00") + step * DAY + step * HOUR
            assert today_in(now, zone) == local_day(now, zone)
            assert day_start(today_in(now, zone), zone) <= now < day_start(today_in(now, zone) + 1, zone)
