"""Lengths of calendar months and days."""

import pytest

from fieldfare.ground.instants import DAY, parse_iso
from fieldfare.trust.consent.model import Span
from fieldfare.trust.consent.span import after, parse_span


@pytest.mark.parametrize(
    ("text", "span"),
    [("24 months", Span(24)), ("1 year", Span(12)), ("3 weeks", Span(0, 21)), (" 30 days ", Span(0, 30))],
)
def test_lengths(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["24", "0 days", "two years", "", "-1 days", None, 24])
def test_what_is_no_length_is_told_how_to_write_it(text: object) -> None:
    found = parse_span(text)
    assert isinstance(found, str)
    assert "for example" in found


@pytest.mark.parametrize(
    ("at", "span", "then"),
    [
        ("2024-01-31T10:00:00", Span(1), "2024-02-29T10:00:00"),
        ("2023-11-30T10:00:00", Span(3), "2024-02-29T10:00:00"),
        ("2024-02-29T00:00:00", Span(12), "2025-02-28T00:00:00"),
        ("2024-12-31T23:59:59", Span(24), "2026-12-31T23:59:59"),
    ],
)
def test_months_are_those_of_the_calendar(at: str, span: Span, then: str) -> None:
    assert after(parse_iso(at), span) == parse_iso(then)


def test_days() -> None:
    assert after(5, Span(0, 2)) == 5 + 2 * DAY
