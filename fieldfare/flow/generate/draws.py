"""Numbers in [0, 1) that depend on a seed and a name and on nothing else, many at a time.

SHAKE-128 over the parts, read as 64-bit words: the same on every machine and with every version of every library,
which a library's random generator does not promise. It is a hash, so it holds no state and two names never share a
stream.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

import numpy as np

from fieldfare.ground.ids import digest, fraction

T = TypeVar("T")


def uniforms(count: int, *parts: str | int) -> list[float]:
    """Return ``count`` numbers in [0, 1), uniform and independent over positions and parts."""
    raw = hashlib.shake_128(digest(*parts)).digest(8 * count)
    words = np.frombuffer(raw, dtype="<u8") >> np.uint64(11)
    numbers: list[float] = (words * 2.0**-53).tolist()
    return numbers


def uniform(*parts: str | int) -> float:
    """Return one number in [0, 1)."""
    return fraction(*parts)


class Weighted(Generic[T]):
    """Values with weights, picked by a number in [0, 1)."""

    def __init__(self, values: Sequence[T], weights: Sequence[float]) -> None:
        """Keep the running sums; weights need not sum to one."""
        self._values = values
        total = sum(weights)
        self._edges = [edge / total for edge in accumulate(weights)][:-1]

    def pick(self, place: float) -> T:
        """Return the value at a place in [0, 1)."""
        return self._values[bisect_right(self._edges, place)]
