"""Types: exact or refused, and a refusal never quotes the value."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.sources.model import ValueKind
from fieldfare.collect.sources.values import UnfitError, digits_as_counted, to_instant, to_kind, to_text, total
from fieldfare.ground.instants import to_iso

KINDS: tuple[ValueKind, ...] = (
    "any",
    "text",
    "number",
    "integer",
    "boolean",
    "date",
    "instant",
    "minor_units",
    "major_units",
)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (12, "text", "12"),
        (12.0, "text", "12"),
        (True, "text", "true"),
        ("12.50", "number", 12.5),
        (" 7 ", "number", 7),
        (1e300, "number", None),
        ("NaN", "number", None),
        ("Infinity", "number", None),
        ("1_000", "number", None),
        ("٣", "number", None),
        (True, "number", None),
        ([1], "number", None),
        ("12.0", "integer", 12),
        (12.5, "integer", None),
        (2**63, "integer", None),
        ("yes", "boolean", True),
        (0, "boolean", False),
        ("maybe", "boolean", None),
        (1.0, "boolean", None),
        ("2026-02-28T10:00:00+02:00", "date", "2026-02-28"),
        ("2026-02-30", "date", None),
        ("19.99", "minor_units", 1999),
        (19.99, "minor_units", 1999),
        ("19.999", "minor_units", None),
        (1999, "major_units", 19.99),
        (2000, "major_units", 20),
        (19.5, "major_units", None),
        ("2026-02-28T10:00:00+02:00", "instant", "2026-02-28T08:00:00Z"),
        ("2026-02-28", "instant", "2026-02-28T00:00:00Z"),
        ("soon", "instant", None),
        (1760000000, "instant", None),
        ({"a": 1}, "text", None),
        ({"a": 1}, "any", {"a": 1}),
    ],
)
def test_a_value_becomes_its_type_or_none(value: Any, kind: ValueKind, expected: Any) -> None:
    if expected is None:
        with pytest.raises(UnfitError):
            to_kind(value, kind)
        return
    made = to_kind(value, kind)
    assert (made, type(made)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "format_", "zone", "expected"),
    [
        (1760000000, "epoch_s", "UTC", "2025-10-09T08:53:20Z"),
        ("1760000000.5", "epoch_s", "UTC", "2025-10-09T08:53:20.500000Z"),
        (1760000000123, "epoch_ms", "UTC", "2025-10-09T08:53:20.123000Z"),
        ("09.10.2025 10:53", "%d.%m.%Y %H:%M", "Europe/Berlin", "2025-10-09T08:53:00Z"),
        ("2025-07-01T12:00:00", None, "America/New_York", "2025-07-01T16:00:00Z"),
    ],
)
def test_an_instant_is_read_as_its_format_says(value: Any, format_: str | None, zone: str, expected: str) -> None:
    assert to_iso(to_instant(value, format_, zone)) == expected


def test_a_date_may_be_counted_in_seconds() -> None:
    assert to_kind(1760000000, "date", format_="epoch_s") == "2025-10-09"
    assert to_kind("09.10.2025", "date", format_="%d.%m.%Y") == "2025-10-09"


@pytest.mark.parametrize("value", [10**30, "1e400", -(10**20), "0001-01-01T00:00:00+23:59"])
def test_no_instant_lies_beyond_the_calendar(value: Any) -> None:
    for format_ in (None, "epoch_s", "epoch_ms"):
        try:
            to_iso(to_instant(value, format_, "Pacific/Kiritimati"))
        except UnfitError:
            continue


@pytest.mark.parametrize(
    ("currency", "own", "digits"),
    [("eur", {}, 2), ("JPY", {}, 0), ("KWD", {}, 3), (None, {}, 2), ("ISK", {}, 0), ("isk", {"ISK": 2}, 2)],
)
def test_a_currency_has_its_digits(currency: str | None, own: dict[str, int], digits: int) -> None:
    assert digits_as_counted(currency, own) == digits


def test_sums_are_exact() -> None:
    assert total(["0.1", 0.2, "19.99"]) == 20.29
    assert total([5], less=["2"]) == 3
    with pytest.raises(UnfitError):
        total([1, "x"])


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_money_comes_back_as_it_was(amount: Any) -> None:
    minor = to_kind(str(amount), "minor_units")
    assert to_kind(minor, "major_units") == float(amount)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(_JSON, st.sampled_from(KINDS))
def test_only_a_refusal_ends_a_conversion(value: Any, kind: ValueKind) -> None:
    with suppress(UnfitError):
        to_kind(value, kind)


def test_a_refusal_quotes_nothing() -> None:
    for kind in KINDS[1:]:
        with pytest.raises(UnfitError) as raised:
            to_kind({"secret": "Ada"}, kind)
        assert "Ada" not in str(raised.value)


@given(st.text(max_size=30))
def test_text_stays_as_it_is(text: str) -> None:
    assert to_text(text) == text
