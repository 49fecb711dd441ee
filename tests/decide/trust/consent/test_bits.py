"""Bits of base64: numbers, letters, Fibonacci codes, ranges; the end is an answer, not zeros."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.trust.consent.bits import CODED, MOST_CHARACTERS, PLAIN, Bits, Undecodable

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FIBONACCI = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987]


def written(bits: str) -> str:
    padded = bits + "0" * (-len(bits) % 6)
    return "".join(LETTERS[int(padded[at : at + 6], 2)] for at in range(0, len(padded), 6))


def coded(number: int) -> str:
    """Write a number in Fibonacci coding, by the textbook."""
    found, left = [], number
    for each in reversed([each for each in FIBONACCI if each <= number]):
        found.append("1" if each <= left else "0")
        left -= each if each <= left else 0
    return "".join(reversed(found)) + "1"


def test_numbers_flags_letters_and_sets() -> None:
    bits = Bits(written("000010" + "1" + "000100" + "001101" + "1010"))
    assert (bits.number(6), bits.flag(), bits.letters(2), bits.ids(4)) == (2, True, "EN", frozenset({1, 3}))
    assert bits.left() == 1


@pytest.mark.parametrize("text", ["", "A*", "ä", "A" * (MOST_CHARACTERS + 1)])
def test_what_is_no_segment(text: str) -> None:
    with pytest.raises(Undecodable):
        Bits(text)


def test_the_end_is_no_zeros() -> None:
    bits = Bits("A")
    bits.number(6)
    with pytest.raises(Undecodable):
        bits.number(1)
    with pytest.raises(Undecodable):
        bits.flag()
    with pytest.raises(Undecodable):
        bits.fibonacci()
    with pytest.raises(Undecodable):
        Bits("__").letters(1)


@given(st.integers(1, 900))
def test_fibonacci(number: int) -> None:
    assert Bits(written(coded(number))).fibonacci() == number


def test_ranges() -> None:
    plain = "1" + f"{3:016b}" + f"{5:016b}" + "0" + f"{9:016b}"
    assert list(Bits(written(plain)).ranges(2, PLAIN)) == [(3, 5), (9, 9)]
    distances = "0" + coded(2) + "1" + coded(4) + coded(1)
    assert list(Bits(written(distances)).ranges(2, CODED)) == [(2, 2), (6, 7)]
    for wrong in ("0" + f"{0:016b}", "1" + f"{5:016b}" + f"{3:016b}"):
        with pytest.raises(Undecodable):
            list(Bits(written(wrong)).ranges(1, PLAIN))
