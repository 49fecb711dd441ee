"""What sealing needs: places for the secret keys, for the wrapped data keys, for what was erased, and a KMS."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from fieldfare.ground.instants import Instant
from fieldfare.trust.keys.model import DataKey, KeyOwner, Tombstone


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


class Kms(Protocol):
    """A service that encrypts small blobs under a key that never leaves it. Called once per key and process."""

    def encrypt(self, clear: bytes, what: bytes) -> bytes:
        """Return the blob. Raises ``TransientError`` ``keys_unavailable`` when the service does not answer."""
        ...

    def decrypt(self, blob: bytes, what: bytes) -> bytes | None:
        """Return what was encrypted as ``what``, ``None`` when this service's key did not make the blob so.

        Raises ``TransientError`` ``keys_unavailable`` when the service does not answer.
        """
        ...


class KeyRing(Protocol):
    """Wrapped data keys, one per owner, apart from the data. What is put is durable when the call returns."""

    def get(self, owners: Collection[KeyOwner]) -> dict[KeyOwner, DataKey]:
        """Return the keys that stand."""
        ...

    def put(self, keys: Sequence[DataKey]) -> dict[KeyOwner, DataKey] | None:
        """Keep the keys whose owners have none, all of one version; return those that stood before, by owner.

        Keeps nothing and returns ``None`` when that version is not the current one.
        """
        ...

    def replace(self, keys: Mapping[bytes, DataKey]) -> int:
        """Put each key in place of the wrapped one it is listed under, where that still stands; return how many."""
        ...

    def destroy(self, owners: Collection[KeyOwner]) -> int:
        """Destroy the keys for good, with what the files still hold of them; return how many there were."""
        ...

    def page(self, after: KeyOwner, limit: int) -> list[DataKey]:
        """Return the next keys in the order of their owners."""
        ...

    def counts(self) -> dict[int, int]:
        """Return how many keys each version wraps."""
        ...

    def fact(self, name: str) -> str | None:
        """Return a fact about the ring: ``version``, the current one, the check value of a key, or ``epoch``.

        The epoch is a number that has grown once what a :meth:`destroy` or a ``bury`` did can be read, whoever did it.
        """
        ...

    def set_fact(self, name: str, value: str) -> None:
        """Set a fact. From then on nothing is put under another than the current version."""
        ...


class Tombstones(Protocol):
    """What was erased, kept beside the data keys: a state that is restored from a backup obeys it."""

    def bury(self, stones: Iterable[Tombstone]) -> None:
        """Keep tombstones durably; two of one identifier become one."""
        ...

    def buried(self, hashes: Collection[bytes]) -> dict[bytes, Tombstone]:
        """Return the tombstones of these identifiers."""
        ...

    def since(self, at: Instant) -> list[Tombstone]:
        """Return the tombstones of an erasure at or after the instant, the oldest first."""
        ...


class Ring(KeyRing, Tombstones, Protocol):
    """Data keys and tombstones in one place."""


class SealsRaw(Protocol):
    """Seals what is kept raw, under the key of its day."""

    def seal_raw(self, clear: bytes, what: bytes, received_at: Instant, keep_days: int = ...) -> bytes:
        """Seal what was accepted at the instant, to be kept for so many days."""
        ...

    def open_raw(self, sealed: bytes, what: bytes, received_at: Instant) -> bytes:
        """Open what :meth:`seal_raw` made."""
        ...
