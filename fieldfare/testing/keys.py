"""A key store in memory: the public fake of ``KeyStore``. Keys are gone with the process."""

from fieldfare.ground.ids import random_bytes


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
