"""Segments are counted as carriers count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.segments import beyond_gsm, segments_of


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("ä ö ü ß é", "GSM-7", 9, 1),
        ("ç", "UCS-2", 1, 1),
        ("я" * 70, "UCS-2", 70, 1),
        ("я" * 71, "UCS-2", 71, 2),
        ("я" * 134, "UCS-2", 134, 2),
        ("я" * 135, "UCS-2", 135, 3),
        ("🎉", "UCS-2", 2, 1),
        ("я" * 66 + "🎉" + "я" * 66, "UCS-2", 134, 3),
    ],
)
def test_known_counts(text: str, encoding: str, units: int, count: int) -> None:
    found = segments_of(text)
    assert (found.encoding, found.units, found.count) == (encoding, units, count)


def test_what_makes_a_text_ucs_2_is_named_once() -> None:
    assert beyond_gsm("a\u2019b\u2019c\u2026") == ["\u2019", "\u2026"]
    assert beyond_gsm("Grüße [€]") == []


@given(st.text(max_size=400))
def test_a_longer_text_never_takes_fewer_segments_and_units_fit(text: str) -> None:
    found = segments_of(text)
    assert segments_of(text + "a").count >= found.count
    room = {"GSM-7": (160, 153), "UCS-2": (70, 67)}[found.encoding]
    assert found.units <= (room[0] if found.count == 1 else room[1] * found.count)
