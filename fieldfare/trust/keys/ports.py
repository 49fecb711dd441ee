"""What sealing needs from a place that holds secret keys."""

from typing import Protocol


class KeyStore(Protocol):
    """Named 32-byte keys. A key, once created, never changes; destroying it makes all it sealed unreadable."""

    def get(self, name: str) -> bytes | None:
        """Return the key, or ``None`` when there is none of that name."""
        ...

    def create(self, name: str) -> bytes:
        """Return the key of that name, making a random one when there is none; two racing callers get the same."""
        ...

    def destroy(self, name: str) -> bool:
        """Destroy the key for good; return whether there was one."""
        ...

    def names(self) -> list[str]:
        """Return the names of all keys, sorted."""
        ...
