"""Sealers that were used a moment ago, by owner. Bounded; holds keys in memory only.

Two generations: when the young one is full it becomes the old one, and what is used again comes over. A key that was
destroyed is forgotten, also by a reading that began before: whoever reads says when it began.
"""

import threading
from collections.abc import Callable, Collection, Iterable

from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.model import KeyOwner

MOST_YOUNG = 16_384


class SealerCache:
    """Sealers by owner."""

    def __init__(self) -> None:
        """Begin empty."""
        self._young: dict[KeyOwner, Sealer] = {}
        self._old: dict[KeyOwner, Sealer] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    def found(
        self,
        owners: Iterable[KeyOwner],
        read: Callable[[Collection[KeyOwner]], dict[KeyOwner, Sealer]],
        *,
        keep: bool = True,
    ) -> dict[KeyOwner, Sealer]:
        """Return the sealers of the owners; ``read`` gives those that are not here, and they are kept here if so."""
        found: dict[KeyOwner, Sealer] = {}
        missing: set[KeyOwner] = set()
        with self._lock:
            began = self._forgotten
            for owner in owners:
                sealer = self._young.get(owner)
                if sealer is None and (sealer := self._old.get(owner)) is not None:
                    self._young[owner] = sealer
                if sealer is None:
                    missing.add(owner)
                else:
                    found[owner] = sealer
        if missing:
            read_now = read(missing)
            found |= read_now
            with self._lock:
                if keep and self._forgotten == began:
                    self._young |= read_now
                    self._turn()
        return found

    def forget(self, owners: Iterable[KeyOwner]) -> None:
        """Forget the sealers of the owners."""
        with self._lock:
            self._forgotten += 1
            for owner in owners:
                self._young.pop(owner, None)
                self._old.pop(owner, None)

    def forget_all(self) -> None:
        """Forget every sealer: somebody else destroyed keys."""
        with self._lock:
            self._forgotten += 1
            self._young, self._old = {}, {}

    @property
    def count(self) -> int:
        """Return how many sealers are kept; what is in both generations counts twice."""
        return len(self._young) + len(self._old)

    def _turn(self) -> None:
        if len(self._young) > MOST_YOUNG:
            self._old, self._young = self._young, {}
