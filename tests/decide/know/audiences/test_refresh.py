"""Boundaries of relaxed audiences: on the wall of the zone, never behind, always ahead, where clocks change too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, local_datetime, parse_iso
from fieldfare.know.audiences.model import Refresh
from fieldfare.know.audiences.refresh import boundary, is_due

ZONES = ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
LONGEST = {Refresh.LIVE: 0, Refresh.HOURLY: 90 * MINUTE, Refresh.NIGHTLY: 25 * HOUR, Refresh.WEEKLY: 7 * DAY + HOUR}


@pytest.mark.parametrize(
    ("refresh", "at", "expected"),
    [
        (Refresh.LIVE, "2026-03-28T10:15:00Z", "2026-03-28T10:15:00Z"),
        (Refresh.HOURLY, "2026-03-28T10:15:00Z", "2026-03-28T11:00:00Z"),
        (Refresh.HOURLY, "2026-03-28T11:00:00Z", "2026-03-28T11:00:00Z"),
        (Refresh.NIGHTLY, "2026-03-28T10:15:00Z", "2026-03-28T23:00:00Z"),
        (Refresh.NIGHTLY, "2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z"),
        (Refresh.NIGHTLY, "2026-03-28T23:00:00.000001Z", "2026-03-29T22:00:00Z"),  # a day of 23 hours
        (Refresh.WEEKLY, "2026-03-28T10:15:00Z", "2026-03-29T22:00:00Z"),  # Monday the 30th
        (Refresh.WEEKLY, "2026-03-29T22:00:00.000001Z", "2026-04-05T22:00:00Z"),
    ],
)
def test_boundaries_in_berlin(refresh: Refresh, at: str, expected: str) -> None:
    assert boundary(refresh, parse_iso(at), "Europe/Berlin") == parse_iso(expected)


@given(
    st.sampled_from(Refresh),
    st.integers(parse_iso("2024-01-01T00:00Z"), parse_iso("2028-01-01T00:00Z")),
    st.sampled_from(ZONES),
)
def test_a_boundary_is_not_behind_and_is_its_own(refresh: Refresh, at: Instant, zone: str) -> None:
    found = boundary(refresh, at, zone)
    assert at <= found <= at + LONGEST[refresh]
    assert boundary(refresh, found, zone) == found
    if refresh is not Refresh.LIVE:
        wall = local_datetime(found, zone)
        assert (wall.minute, wall.second, wall.microsecond) == (0, 0, 0)
        assert boundary(refresh, found + 1, zone) > found
    if refresh is Refresh.WEEKLY:
        assert wall.weekday() == 0


@given(st.integers(parse_iso("2026-03-01T00:00Z"), parse_iso("2026-04-30T00:00Z")), st.integers(0, 3 * DAY))
def test_no_boundary_is_skipped(at: Instant, later: Instant) -> None:
    found = boundary(Refresh.NIGHTLY, at, "Europe/Berlin")
    assert boundary(Refresh.NIGHTLY, min(found, at + later), "Europe/Berlin") == found


def test_a_run_is_due_once_a_boundary() -> None:
    at = parse_iso("2026-03-28T10:15:00Z")
    assert is_due(Refresh.HOURLY, None, at, "UTC")
    assert not is_due(Refresh.HOURLY, at - 10 * MINUTE, at, "UTC")
    assert is_due(Refresh.HOURLY, at - 20 * MINUTE, at, "UTC")
    assert not is_due(Refresh.NIGHTLY, at - 10 * HOUR, at, "UTC")
    assert is_due(Refresh.NIGHTLY, at - 11 * HOUR, at, "UTC")
