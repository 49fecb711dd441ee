"""A unit's place in [0, 1): the stable, salted hash behind every split; one by one or a million at once. Pure.

The rule, published so that anybody can check it:

- the key is the first 16 bytes of BLAKE2b (digest of 16 bytes) over the salt, the name and the kind of unit, each as
  UTF-8 and preceded by its length as four big-endian bytes;
- a unit that is a number (a profile or household id) is written as eight little-endian bytes; a unit that is a text (an
  address's hash as hex, a location's name) as the first eight bytes of BLAKE2b (digest of 16 bytes) over the text in
  UTF-8, preceded by its length as four big-endian bytes;
- SipHash-2-4 of those eight bytes under the key (Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT
  2012), its upper 53 bits divided by 2**53, is the place.

SipHash is a keyed pseudo-random function, so places of two experiments are independent although the units are the same,
and it is eight times as fast over an array as a digest of each unit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fieldfare.ground.ids import digest

_MASK = (1 << 64) - 1
_LENGTH_BLOCK = 8 << 56
_PARTS = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_CHUNK = 8_192
"""Units hashed together: four states of this many stay in the processor's cache."""

Unit = int | str
Units = NDArray[np.int64] | Sequence[str]


class Key(NamedTuple):
    """The 128 bits under which units are hashed."""

    low: int
    high: int


def key_of(*parts: str) -> Key:
    """Return the key of a salt, a name and a kind of unit."""
    raw = digest(*parts)
    return Key(int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little"))


def word_of(unit: Unit) -> int:
    """Return the 64 bits that are hashed for a unit."""
    return unit & _MASK if isinstance(unit, int) else int.from_bytes(digest(unit)[:8], "little")


def number_of(unit: Unit) -> int:
    """Return the same 64 bits as a whole number with its sign, as stores keep it: how a unit is told from others."""
    word = word_of(unit)
    return word - (1 << 64) if word >> 63 else word


def words_of(units: Units) -> NDArray[np.uint64]:
    """Return the 64 bits of every unit."""
    if isinstance(units, np.ndarray):
        return units.astype(np.int64, copy=False).view(np.uint64)
    return np.fromiter((word_of(unit) for unit in units), np.uint64, len(units))


def place(unit: Unit, key: Key) -> float:
    """Return the place of one unit in [0, 1)."""
    return float(_hash_one(word_of(unit), key) >> 11) / (1 << 53)


def places(units: Units, key: Key) -> NDArray[np.float64]:
    """Return the place of every unit, the same as :func:`place` of each."""
    words = words_of(units)
    found = np.empty(len(words), np.float64)
    for start in range(0, len(words), _CHUNK):
        hashed = _hash_all(words[start : start + _CHUNK], key)
        found[start : start + _CHUNK] = (hashed >> np.uint64(11)).astype(np.float64)
    return found / (1 << 53)


def _hash_one(word: int, key: Key) -> int:
    v0, v1, v2, v3 = (part ^ half for part, half in zip(_PARTS, (*key, *key), strict=True))

    def mix(rounds: int) -> None:
        nonlocal v0, v1, v2, v3
        for _ in range(rounds):
            v0, v2 = (v0 + v1) & _MASK, (v2 + v3) & _MASK
            v1, v3 = _turn(v1, 13) ^ v0, _turn(v3, 16) ^ v2
            v0 = _turn(v0, 32)
            v2, v0 = (v2 + v1) & _MASK, (v0 + v3) & _MASK
            v1, v3 = _turn(v1, 17) ^ v2, _turn(v3, 21) ^ v0
            v2 = _turn(v2, 32)

    for block in (word, _LENGTH_BLOCK):
        v3 ^= block
        mix(2)
        v0 ^= block
    v2 ^= 0xFF
    mix(4)
    return v0 ^ v1 ^ v2 ^ v3


def _turn(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & _MASK


def _hash_all(words: NDArray[np.uint64], key: Key) -> NDArray[np.uint64]:
    halves = zip(_PARTS, (*key, *key), strict=True)
    v0, v1, v2, v3 = (np.full(len(words), part ^ half, np.uint64) for part, half in halves)

    def mix(rounds: int) -> None:
        nonlocal v0, v1, v2, v3
        for _ in range(rounds):
            v0, v2 = v0 + v1, v2 + v3
            v1, v3 = _turn_all(v1, 13) ^ v0, _turn_all(v3, 16) ^ v2
            v0 = _turn_all(v0, 32)
            v2, v0 = v2 + v1, v0 + v3
            v1, v3 = _turn_all(v1, 17) ^ v2, _turn_all(v3, 21) ^ v0
            v2 = _turn_all(v2, 32)

    for block in (words, np.uint64(_LENGTH_BLOCK)):
        v3 = v3 ^ block
        mix(2)
        v0 = v0 ^ block
    v2 = v2 ^ np.uint64(0xFF)
    mix(4)
    return v0 ^ v1 ^ v2 ^ v3


def _turn_all(words: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))
