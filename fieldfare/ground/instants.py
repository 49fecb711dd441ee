"""Instants and local days as plain integers, so that deciding code is fast and exact.

An *instant* is a count of microseconds since 1970-01-01T00:00:00Z; names of instants end in ``_at``.
A *day* is a count of days since 1970-01-01 in some zone; names of days end in ``_day``.
Aware datetimes and ISO strings exist only at the edges (HTTP, files, screens, the lake); the functions here convert.
This module never asks what time it is: see :mod:`fieldfare.ground.clock`.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Instant = int
Day = int

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_QUARTER = 15 * MINUTE


def from_datetime(value: datetime) -> Instant:
    """Return the instant of an aware datetime; a naive one is taken as UTC."""
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    delta = aware - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def to_datetime(instant: Instant) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def parse_iso(text: str) -> Instant:
    """Return the instant of an ISO 8601 text; without an offset it is taken as UTC.

    Raises ``ValueError`` when the text is not a date-time.
    """
    return from_datetime(datetime.fromisoformat(text))


def to_iso(instant: Instant) -> str:
    """Return the instant as ISO 8601 UTC text with a ``Z``; microseconds only when there are any."""
    return to_datetime(instant).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=256)
def zone_info(zone: str) -> ZoneInfo:
    """Return the zone by its IANA name. Raises ``ZoneInfoNotFoundError`` (a ``KeyError``) for an unknown one."""
    return ZoneInfo(zone)


def is_zone(zone: str) -> bool:
    """Return whether there is an IANA zone of that name."""
    try:
        zone_info(zone)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the database
        return False
    return True


@lru_cache(maxsize=65_536)
def _offset(zone: str, quarter: int) -> int:
    # Zones change their offset on whole quarters of an hour (since 1972), so one look-up serves all instants inside.
    at = to_datetime(quarter * _QUARTER).astimezone(zone_info(zone))
    offset = at.utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * SECOND


def local_offset(instant: Instant, zone: str) -> int:
    """Return the zone's offset from UTC at the instant, in microseconds."""
    return _offset(zone, instant // _QUARTER)


def local_day(instant: Instant, zone: str) -> Day:
    """Return the calendar day on which the instant falls in the zone."""
    return (instant + _offset(zone, instant // _QUARTER)) // DAY


def local_datetime(instant: Instant, zone: str) -> datetime:
    """Return the aware local datetime of the instant in the zone."""
    return to_datetime(instant).astimezone(zone_info(zone))


@lru_cache(maxsize=16_384)
def day_start(day: Day, zone: str) -> Instant:
    """Return the first instant of the calendar day in the zone (the later of two midnights never comes first)."""
    midnight = datetime.combine(date.fromordinal(day + _EPOCH_ORDINAL), datetime.min.time(), tzinfo=zone_info(zone))
    start = from_datetime(midnight.astimezone(UTC))
    # Where clocks jump at midnight the wall time does not exist; step to the first instant that is on this day.
    return start if local_day(start, zone) >= day else start + HOUR


def today_in(now: Instant, zone: str) -> Day:
    """Return the last day that has begun in the zone: it never goes back, not even where clocks go back at midnight."""
    day = local_day(now, zone)
    return day + 1 if day_start(day + 1, zone) <= now else day


def day_of(value: date) -> Day:
    """Return the day number of a calendar date."""
    return value.toordinal() - _EPOCH_ORDINAL


def date_of(day: Day) -> date:
    """Return the calendar date of a day number."""
    return date.fromordinal(day + _EPOCH_ORDINAL)
