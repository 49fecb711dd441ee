"""A growing Bloom filter over 16-byte digests: says for sure that a digest is new, or that it may be known.

Pure. Digests are uniform (BLAKE2b), so their own halves are the two hash values from which all probes are made
(Kirsch and Mitzenmacher, 2006). A filter is a chain of parts of doubling size, so growing never reads anything again;
about one in 400 unknown digests is taken for known, and then the table is asked. Nothing is ever removed.
"""

import numpy as np
import numpy.typing as npt

_FIRST = 1 << 16
"""Digests that the first part holds."""
_BITS = 16
"""Bits per digest; a power of two, so that a part's size is one too."""
_PROBES = 6
_STEPS = np.arange(_PROBES, dtype=np.uint64)

Digests = npt.NDArray[np.uint64]
"""Two columns: the halves of each digest."""


def halves(digests: list[bytes]) -> Digests:
    """Return the 16-byte digests as rows of two unsigned numbers."""
    return np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)


class _Part:
    """One filter of fixed size."""

    def __init__(self, capacity: int) -> None:
        self.free = capacity
        self._mask = np.uint64(capacity * _BITS - 1)
        self.bits = np.zeros(capacity * _BITS // 8, dtype=np.uint8)

    def add(self, digests: Digests) -> None:
        at = ((digests[:, :1] + _STEPS * digests[:, 1:]) & self._mask).ravel()
        np.bitwise_or.at(self.bits, at >> np.uint64(3), _bit(at))
        self.free -= len(digests)

    def may_hold(self, digests: Digests, first: "FirstProbes") -> npt.NDArray[np.bool_]:
        """Return a truth value per digest; later probes look at those only that are left."""
        places, bits = first.of(self._mask)
        left = (self.bits[places] & bits).nonzero()[0]
        if not len(left):
            return np.zeros(len(digests), dtype=np.bool_)
        for probe in range(1, _PROBES):
            some = digests[left]
            at = (some[:, 0] + np.uint64(probe) * some[:, 1]) & self._mask
            left = left[(self.bits[at >> np.uint64(3)] & _bit(at)) != 0]
            if not len(left):
                break
        found = np.zeros(len(digests), dtype=np.bool_)
        found[left] = True
        return found


def _bit(at: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    return np.left_shift(np.uint8(1), (at & np.uint64(7)).astype(np.uint8))


class FirstProbes:
    """Where the first probes of some digests lie, worked out once for all filters of one size: most end with them."""

    def __init__(self, digests: Digests) -> None:
        """Of these digests."""
        self._halves = digests[:, 0]
        self._known: dict[int, tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]] = {}

    def of(self, mask: np.uint64) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
        """Return the bytes and the bits in a part with the mask."""
        found = self._known.get(int(mask))
        if found is None:
            at = self._halves & mask
            found = self._known[int(mask)] = at >> np.uint64(3), _bit(at)
        return found


class Bloom:
    """What is certainly new, and what may be known."""

    def __init__(self) -> None:
        """Know nothing."""
        self._parts = [_Part(_FIRST)]
        self.count = 0
        """How many digests were added, the same one twice as two."""

    @property
    def size(self) -> int:
        """Return the bytes that the filter takes."""
        return sum(part.bits.nbytes for part in self._parts)

    def add(self, digests: Digests) -> None:
        """Remember digests."""
        self.count += len(digests)
        start = 0
        while start < len(digests):
            part = self._parts[-1]
            if part.free <= 0:
                part = _Part(_FIRST << len(self._parts))
                self._parts.append(part)
            end = min(start + part.free, len(digests))
            part.add(digests[start:end])
            start = end

    def may_hold(self, digests: Digests, first: FirstProbes | None = None) -> npt.NDArray[np.bool_]:
        """Return, per digest, ``False`` when it was certainly never added. ``first``: shared between filters."""
        first = first or FirstProbes(digests)
        found = self._parts[0].may_hold(digests, first)
        for part in self._parts[1:]:
            found |= part.may_hold(digests, first)
        return found
