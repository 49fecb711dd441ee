"""Reads numbers from strings in URL-safe base64, bit by bit, as consent strings are written. Pure, and bounded.

Reading past the end is an answer (:class:`Undecodable`), never zeros; the length is bounded before anything is read.
"""

from collections.abc import Iterator

MOST_CHARACTERS = 8_192
"""Of a whole consent string; a TC string for every registered vendor has fewer."""
MOST_ID = 65_535
_ALPHABET = {
    letter: number for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}
_LETTER_BITS = 6
_FIBONACCI = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765, 10946, 17711, 28657)


class Undecodable(Exception):  # noqa: N818 - an answer inside the decoders; it never leaves this room
    """The string is not what its standard says."""


class Bits:
    """The bits of one segment, read from its start."""

    def __init__(self, text: str) -> None:
        """Take the letters of a segment. Raises :class:`Undecodable` for a letter that is none, or too many."""
        if not text or len(text) > MOST_CHARACTERS:
            raise Undecodable
        value = 0
        try:
            for letter in text.rstrip("="):
                value = value << _LETTER_BITS | _ALPHABET[letter]
        except KeyError as error:
            raise Undecodable from error
        self._value, self._length, self._at = value, len(text.rstrip("=")) * _LETTER_BITS, 0

    def number(self, count: int) -> int:
        """Return the next ``count`` bits as a number."""
        self._at += count
        if self._at > self._length:
            raise Undecodable
        return self._value >> (self._length - self._at) & ((1 << count) - 1)

    def flag(self) -> bool:
        """Return the next bit."""
        return self.number(1) == 1

    def left(self) -> int:
        """Return how many bits are left."""
        return self._length - self._at

    def letters(self, count: int) -> str:
        """Return the next letters of six bits each, A to Z."""
        codes = [self.number(_LETTER_BITS) for _ in range(count)]
        if any(code > ord("Z") - ord("A") for code in codes):
            raise Undecodable
        return "".join(chr(ord("A") + code) for code in codes)

    def ids(self, count: int) -> frozenset[int]:
        """Return the numbers, from 1, of the bits that are set among the next ``count``."""
        field = self.number(count)
        return frozenset(number for number in range(1, count + 1) if field >> (count - number) & 1)

    def fibonacci(self) -> int:
        """Return the next number in Fibonacci coding; it ends with two set bits."""
        found, before = 0, False
        for number in _FIBONACCI:
            bit = self.flag()
            if bit and before:
                return found
            found, before = found + number * bit, bit
        if before and self.flag():
            return found
        raise Undecodable

    def ranges(self, entries: int, read: "type[_Plain | _Coded]") -> Iterator[tuple[int, int]]:
        """Yield the first and last number of each of the next entries: single numbers and ranges."""
        last = 0
        for _ in range(entries):
            is_range = self.flag()
            first = read.next(self, last)
            last = read.next(self, first) if is_range else first
            if not 0 < first <= last <= MOST_ID:
                raise Undecodable
            yield first, last


class _Plain:
    """Numbers of 16 bits."""

    @staticmethod
    def next(bits: Bits, _last: int) -> int:
        return bits.number(16)


class _Coded:
    """Fibonacci-coded distances from the number before."""

    @staticmethod
    def next(bits: Bits, last: int) -> int:
        return last + bits.fibonacci()


PLAIN, CODED = _Plain, _Coded
