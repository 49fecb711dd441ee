"""A span of time as people write it."""

import pytest

from fieldfare.flow.spans import read_span
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import parse_iso

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("first", "last", "from_at", "to_at"),
    [
        (None, None, None, None),
        ("2026-01-31", None, "2026-01-30T23:00:00Z", None),
        (None, "2026-01-31", None, "2026-01-31T23:00:00Z"),
        ("2026-01-31", "2026-01-31", "2026-01-30T23:00:00Z", "2026-01-31T23:00:00Z"),
        ("2026-03-29", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-01-31T10:00", "2026-01-31T10:00Z", "2026-01-31T09:00:00Z", "2026-01-31T10:00:00Z"),
    ],
)
def test_dates_are_local_and_count_whole(
    first: str | None, last: str | None, from_at: str | None, to_at: str | None
) -> None:
    span = read_span(first, last, BERLIN)
    wanted = tuple(parse_iso(each) if each is not None else None for each in (from_at, to_at))
    assert (span.from_at, span.to_at) == wanted


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("yesterday", None, "from"),
        (None, "2026-13-01", "to"),
        ("2026-02-01", "2026-01-01", "to"),
        (None, "9999-12-31", "to"),
    ],
)
def test_what_is_no_span_is_refused(first: str | None, last: str | None, field: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_span(first, last, BERLIN)
    assert (caught.value.code, caught.value.field) == ("span_invalid", field)
