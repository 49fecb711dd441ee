"""Sealing of what is kept raw: log records, dead letters, the outbox. Needs a key store, and nothing else.

Each is sealed under the key of the UTC day on which it was accepted and of the number of days it may be kept.
Destroying such a key is retention: :meth:`RawKeys.destroy_expired` does it, and what is left of the bytes, in a file, a
backup or a page not yet overwritten, says nothing any more.
"""

import re
from functools import lru_cache

from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.ports import KeyStore

RAW_DAYS = 14
"""How long raw records are kept where nothing else is said."""
_RAW = re.compile(r"raw-(\d+)-(\d+)")
_PREFIX_BYTES = 2


class RawKeys:
    """The day keys of one workspace."""

    def __init__(self, store: KeyStore) -> None:
        """Keep the day keys in ``store``, made on first use."""
        self._store = store
        self._sealer = lru_cache(maxsize=256)(self._open_key)

    def seal_raw(self, clear: bytes, what: bytes, received_at: Instant, keep_days: int = RAW_DAYS) -> bytes:
        """Seal what was accepted at the instant, to be kept for so many days; the day's key is made on first use."""
        sealer = self._sealer(received_at // DAY, keep_days, create=True)
        return keep_days.to_bytes(_PREFIX_BYTES, "big") + sealer.seal(clear, what)

    def open_raw(self, sealed: bytes, what: bytes, received_at: Instant) -> bytes:
        """Open what :meth:`seal_raw` made. Raises ``PermanentError`` (``raw_expired``) when its key was destroyed."""
        keep_days = int.from_bytes(sealed[:_PREFIX_BYTES], "big")
        sealer = self._sealer(received_at // DAY, keep_days, create=False)
        return sealer.open(sealed[_PREFIX_BYTES:], what)

    def destroy_expired(self, now: Instant, before: Instant) -> list[Day]:
        """Destroy the keys of days that may be kept no longer and lie before ``before``; return the days.

        ``before`` is the accept time of the oldest record that is still needed.
        """
        gone: list[Day] = []
        for name in self._store.names():
            match = _RAW.fullmatch(name)
            if match is None:
                continue
            day, keep_days = int(match[1]), int(match[2])
            if day + keep_days < now // DAY and day < before // DAY and self._store.destroy(name):
                gone.append(day)
        if gone:
            self._sealer.cache_clear()
        return sorted(set(gone))

    def _open_key(self, day: Day, keep_days: int, *, create: bool) -> Sealer:
        name = f"raw-{day}-{keep_days}"
        key = self._store.create(name) if create else self._store.get(name)
        if key is None:
            text = "A raw record was kept for as long as it may be, and its key is destroyed. The lake has its event."
            raise PermanentError("raw_expired", text)
        return Sealer(key)
