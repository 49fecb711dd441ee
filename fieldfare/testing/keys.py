"""Keys in memory: the public fakes of ``KeyStore``, ``KeyRing``, ``Tombstones`` and ``Kms``. Gone with the process."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fieldfare.ground.errors import TransientError
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import Instant
from fieldfare.trust.keys.model import DataKey, KeyOwner, Tombstone
from fieldfare.trust.keys.seal import EPOCH, VERSION, Keys


class MemoryKeyStore:
    """``KeyStore`` without files."""

    def __init__(self) -> None:
        """Start empty."""
        self._keys: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        """Return the key, or ``None``."""
        return self._keys.get(name)

    def create(self, name: str) -> bytes:
        """Return the key, making it when missing."""
        return self._keys.setdefault(name, random_bytes(32))

    def destroy(self, name: str) -> bool:
        """Forget the key."""
        return self._keys.pop(name, None) is not None

    def names(self) -> list[str]:
        """Return the names of all keys, sorted."""
        return sorted(self._keys)


class MemoryKeyRing:
    """``KeyRing`` and ``Tombstones`` without a database."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[KeyOwner, DataKey] = {}
        self._facts: dict[str, str] = {EPOCH: "0"}
        self._stones: dict[bytes, Tombstone] = {}
        self._lock = threading.Lock()

    def get(self, owners: Collection[KeyOwner]) -> dict[KeyOwner, DataKey]:
        """Return the keys that stand."""
        return {owner: self._rows[owner] for owner in owners if owner in self._rows}

    def put(self, keys: Sequence[DataKey]) -> dict[KeyOwner, DataKey] | None:
        """Keep the keys of owners that have none; return those that stood before, ``None`` for an old version."""
        with self._lock:
            if {str(key.version) for key in keys} - {self._facts.get(VERSION)}:
                return None
            return {key.owner: stands for key in keys if (stands := self._rows.setdefault(key.owner, key)) != key}

    def replace(self, keys: Mapping[bytes, DataKey]) -> int:
        """Put each key in place of the wrapped one it is listed under; return how many."""
        with self._lock:
            meant = [key for was, key in keys.items() if (row := self._rows.get(key.owner)) and row.wrapped == was]
            self._rows |= {key.owner: key for key in meant}
        return len(meant)

    def destroy(self, owners: Collection[KeyOwner]) -> int:
        """Forget the keys."""
        with self._lock:
            self._raise_epoch()
            return sum(self._rows.pop(owner, None) is not None for owner in owners)

    def page(self, after: KeyOwner, limit: int) -> list[DataKey]:
        """Return the next keys in the order of their owners."""
        return [self._rows[owner] for owner in sorted(self._rows) if owner > after][:limit]

    def counts(self) -> dict[int, int]:
        """Return how many keys each version wraps."""
        versions = [row.version for row in self._rows.values()]
        return {version: versions.count(version) for version in sorted(set(versions))}

    def fact(self, name: str) -> str | None:
        """Return a fact about the ring."""
        return self._facts.get(name)

    def set_fact(self, name: str, value: str) -> None:
        """Set a fact."""
        with self._lock:
            self._facts[name] = value

    def bury(self, stones: Iterable[Tombstone]) -> None:
        """Keep tombstones; two of one identifier become one."""
        with self._lock:
            for new in stones:
                self._stones[new.hash] = new.later(self._stones.get(new.hash, new))
            self._raise_epoch()

    def buried(self, hashes: Collection[bytes]) -> dict[bytes, Tombstone]:
        """Return the tombstones of these identifiers."""
        return {each: self._stones[each] for each in hashes if each in self._stones}

    def since(self, at: Instant) -> list[Tombstone]:
        """Return the tombstones of an erasure at or after the instant."""
        return sorted((s for s in self._stones.values() if s.at >= at), key=lambda stone: (stone.at, stone.hash))

    def _raise_epoch(self) -> None:
        self._facts[EPOCH] = str(int(self._facts[EPOCH]) + 1)


class MemoryKms:
    """``Kms`` whose key lives in memory; ``is_down`` makes it unreachable."""

    def __init__(self, key: bytes | None = None) -> None:
        """Take a 32-byte key, or make one."""
        self._cipher = AESGCM(key if key is not None else random_bytes(32))
        self.is_down = False

    def encrypt(self, clear: bytes, what: bytes) -> bytes:
        """Return the blob."""
        self._answer()
        nonce = random_bytes(12)
        return nonce + self._cipher.encrypt(nonce, clear, what)

    def decrypt(self, blob: bytes, what: bytes) -> bytes | None:
        """Return what was encrypted, ``None`` for anything else."""
        self._answer()
        try:
            return self._cipher.decrypt(blob[:12], blob[12:], what)
        except (InvalidTag, ValueError):
            return None

    def _answer(self) -> None:
        if self.is_down:
            raise TransientError("keys_unavailable", "The KMS does not answer. It is asked again.", retry_after_s=5)


def memory_keys() -> Keys:
    """Return the keys of a new installation, in memory."""
    return Keys(MemoryKeyStore(), MemoryKeyRing(), create=True)
