"""TC strings: published examples, and that whatever comes is read in bounded time or not at all."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.trust.consent.tcf import decode_tc
from tests.decide.trust.consent.test_bits import LETTERS, written

PUBLISHED = "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA"
"""Of the specification (IAB Europe, TCF technical specifications)."""
DISCLOSING = (
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBA"
    "AgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw"
)


def test_the_example_of_the_specification() -> None:
    found = decode_tc(f"{PUBLISHED}.argAC0gAAAAAAAAAAAA")
    assert found is not None
    assert (found.created_at, found.updated_at) == (1_228_644_257_700_000, 1_326_215_413_400_000)
    assert (found.cmp_id, found.cmp_version, found.screen, found.language) == (21, 7, 2, "EN")
    assert (found.vendor_list, found.publisher_country) == (23, "KM")
    assert found.purposes == {1, 3, 9, 10}
    assert found.interests == {3, 4, 5, 8, 9, 10}
    assert {2, 3, 6, 7, 8, 115} <= found.vendors
    assert found.disclosed is None


def test_an_example_with_disclosed_vendors() -> None:
    found = decode_tc(DISCLOSING)
    assert found is not None
    assert found.purposes == {1, 2, 3}
    assert found.vendors == {2, 6, 8}
    assert found.disclosed is not None
    assert {2, 6, 8, 720} <= found.disclosed


def test_what_is_no_tc_string_of_version_two() -> None:
    version_one = "BOVeoB_OVeoFxC-AHAFRBtAAAAAhGAEAD4AXAA2YCEQ"
    for text in ("", ".", "x", version_one, PUBLISHED[:-20], f"{PUBLISHED}.A", PUBLISHED * 200, f"{PUBLISHED}....."):
        assert decode_tc(text) is None, text[:40]


def test_ranges_that_overlap_again_and_again_are_refused() -> None:
    head = f"{2:06b}" + "0" * (36 + 36 + 12 + 12 + 6 + 12 + 12 + 6 + 2 + 12 + 24 + 24 + 1 + 12)
    tail = "0" * (16 + 1 + 12)

    def text(count: int) -> str:
        everybody = ("1" + f"{1:016b}" + f"{65_535:016b}") * count
        return written(head + f"{65_535:016b}" + "1" + f"{count:012b}" + everybody + tail)

    one = decode_tc(text(1))
    assert one is not None
    assert len(one.vendors) == 65_535
    assert decode_tc(text(2)) is None
    assert decode_tc(text(400)) is None


@given(
    st.integers(0, len(PUBLISHED) - 1),
    st.sampled_from(LETTERS),
)
def test_a_changed_letter_is_read_or_refused_and_nothing_else(place: int, letter: str) -> None:
    found = decode_tc(PUBLISHED[:place] + letter + PUBLISHED[place + 1 :])
    assert found is None or all(1 <= each <= 24 for each in found.purposes)


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    decode_tc(text)
