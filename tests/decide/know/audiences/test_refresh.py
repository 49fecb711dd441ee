"""Boundaries of relaxed audiences: on the wall of the zone, never behind, always ahead, where clocks change too."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, local_datetime, parse_iso
from fieldfare.know.audiences.model import Refresh
from fieldfare.know.audiences.refresh import boundary, boundary_of, is_due

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


PEAK = parse_iso("2026-01-01T23:00:00Z")  # the second of January in Berlin
OVER = parse_iso("2026-02-09T23:00:00Z")


def in_peak(refresh: Refresh, otherwise: Refresh) -> Callable[[Instant], tuple[Refresh, Instant | None]]:
    def held(at: Instant) -> tuple[Refresh, Instant | None]:
        if PEAK <= at < OVER:
            return refresh, OVER
        return otherwise, PEAK if at < PEAK else None

    return held


@pytest.mark.parametrize(
    ("refresh", "otherwise", "at", "expected"),
    [
        (Refresh.LIVE, Refresh.NIGHTLY, "2026-01-01T10:15:00Z", "2026-01-01T23:00:00Z"),
        (Refresh.LIVE, Refresh.WEEKLY, "2025-12-31T10:15:00Z", "2026-01-01T23:00:00Z"),  # the peak cuts the week short
        (Refresh.LIVE, Refresh.NIGHTLY, "2026-01-03T10:15:00Z", "2026-01-03T10:15:00Z"),
        (Refresh.HOURLY, Refresh.NIGHTLY, "2026-01-03T10:15:00Z", "2026-01-03T11:00:00Z"),
        (Refresh.HOURLY, Refresh.NIGHTLY, "2026-02-09T22:15:00Z", "2026-02-09T23:00:00Z"),
        (Refresh.NIGHTLY, Refresh.LIVE, "2026-02-09T10:15:00Z", "2026-02-09T23:00:00Z"),
        (Refresh.NIGHTLY, Refresh.LIVE, "2026-01-01T22:59:59Z", "2026-01-01T22:59:59Z"),
        (Refresh.WEEKLY, Refresh.NIGHTLY, "2026-02-09T10:15:00Z", "2026-02-09T23:00:00Z"),
        (Refresh.WEEKLY, Refresh.WEEKLY, "2026-02-08T10:15:00Z", "2026-02-08T23:00:00Z"),
    ],
)
def test_boundaries_where_a_phase_changes_the_rhythm(
    refresh: Refresh, otherwise: Refresh, at: str, expected: str
) -> None:
    assert boundary_of(in_peak(refresh, otherwise), parse_iso(at), "Europe/Berlin") == parse_iso(expected)


@given(
    st.sampled_from(Refresh),
    st.sampled_from(Refresh),
    st.integers(PEAK - 20 * DAY, OVER + 20 * DAY),
    st.sampled_from(ZONES),
)
def test_a_boundary_of_a_changing_rhythm_is_one_of_the_rhythm_that_holds_then(
    refresh: Refresh, otherwise: Refresh, at: Instant, zone: str
) -> None:
    held = in_peak(refresh, otherwise)
    found = boundary_of(held, at, zone)
    assert found >= at
    assert boundary(held(found)[0], found, zone) == found
    if held(at)[0] is held(found)[0]:
        assert found <= boundary(held(at)[0], at, zone)
