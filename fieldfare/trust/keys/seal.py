"""The keys of one workspace in use: data keys by owner, hashes for look-up, tokens, days.

Flow. Secret keys (look-up, token, one per day, the wrapping keys ``wrap-1``, ``wrap-2`` …) lie in a key store. Data
keys, one per identifier and one per document, lie wrapped in a ring, apart from the data: a new one is durable there
before whatever it seals is committed, so a crash leaves at most a key without data. The ring says which version of the
wrapping key is the current one, and holds a check value of every lasting key: one that is missing or is not the one of
this installation is a clear refusal to start, never plain text.

Keys that were used a moment ago are kept in memory. Another process may have destroyed them meanwhile, so whoever is
about to seal heeds the ring's epoch first: what was destroyed before is forgotten, and seals nothing any more.
"""

import hmac
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Protocol, TypeVar

from fieldfare.ground.errors import ConfigError, ConflictError
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import Day, Instant
from fieldfare.trust.keys.cache import SealerCache
from fieldfare.trust.keys.cipher import KEY_BYTES, Sealer
from fieldfare.trust.keys.model import DataKey, KeyOwner, sealed_as
from fieldfare.trust.keys.ports import KeyStore, Ring
from fieldfare.trust.keys.raw import RAW_DAYS, RawKeys

HASH_BYTES = 16
LOOKUP_KEY, TOKEN_KEY = "lookup", "token"
VERSION = "version"
"""Fact of the ring: the current version of the wrapping key."""
EPOCH = "epoch"
"""Fact of the ring: a number that grows whenever keys are destroyed or somebody is buried."""
_CHECK_BYTES = 16
_TRIES = 3
T = TypeVar("T")


class Keys:
    """The keys of one workspace."""

    def __init__(self, store: KeyStore, ring: Ring, *, create: bool = False) -> None:
        """Load the lasting keys, making them when ``create``.

        Raises ``ConfigError``: ``key_missing``, ``key_wrong``, ``ring_missing``.
        """
        self.store, self.ring = store, ring
        self._wrapper = lru_cache(maxsize=8)(self._open_wrapper)
        is_new = ring.fact(VERSION) is None
        if is_new and not create:
            raise ring_missing()
        self._lookup = self._lasting(LOOKUP_KEY, create=create)
        self._tokens = Sealer(self._lasting(TOKEN_KEY, create=create))
        if is_new:
            self._lasting(wrap_name(1), create=True)
            ring.set_fact(VERSION, "1")
        self._version = self._current()
        self._raw = RawKeys(store)
        self._hash_of = lru_cache(maxsize=32_768)(self._hash)
        self._sealers = SealerCache()
        self._epoch = ring.fact(EPOCH)

    def lookup_hash(self, kind: str, value: str) -> bytes:
        """Return the 16-byte keyed hash by which a normalised (kind, value) is found."""
        return self._hash_of(kind, value)

    def sealers(self, owners: Iterable[KeyOwner]) -> dict[KeyOwner, Sealer]:
        """Return the sealers of those owners that have a key; the key of the others was never made, or destroyed."""
        return self._sealers.found(owners, self._read)

    def once(self, owners: Iterable[KeyOwner]) -> "HeldSealers":
        """Return the sealers of owners who are not asked about again soon: those in memory stay what is used often."""
        return HeldSealers(self._sealers.found(owners, self._read, keep=False))

    def make(self, owners: Iterable[KeyOwner]) -> dict[KeyOwner, Sealer]:
        """Return the sealers of all owners; keys are made where there are none, and durable when this returns."""
        self.heed()
        return self._sealers.found(owners, self._made)

    def destroy(self, owners: Collection[KeyOwner]) -> int:
        """Destroy the keys of owners for good; return how many there were. What they sealed never opens again."""
        count = self.ring.destroy(owners)
        self._sealers.forget(owners)
        return count

    def heed(self) -> str | None:
        """Forget the keys in memory when some were destroyed since the last look; return the ring's epoch."""
        epoch = self.ring.fact(EPOCH)
        if epoch != self._epoch:
            self._sealers.forget_all()
            self._epoch = epoch
        return epoch

    def wrap(self, owner: KeyOwner, key: bytes, version: int) -> DataKey:
        """Return a data key wrapped by the wrapping key of a version."""
        return DataKey(owner, self._wrapper(version).seal(key, _wrapped_as(owner, version)), version)

    def unwrap(self, row: DataKey) -> bytes:
        """Return a data key in clear. Raises ``ConfigError`` ``key_missing`` without the key that wraps it."""
        return self._wrapper(row.version).open(row.wrapped, _wrapped_as(row.owner, row.version))

    def check(self, name: str, *, create: bool = False) -> None:
        """See that a lasting key is there and is the one that the ring knows; raises as :meth:`__init__` does."""
        self._lasting(name, create=create)

    def seal_raw(self, clear: bytes, what: bytes, received_at: Instant, keep_days: int = RAW_DAYS) -> bytes:
        """Seal what is kept raw; see :class:`fieldfare.trust.keys.raw.RawKeys`."""
        return self._raw.seal_raw(clear, what, received_at, keep_days)

    def open_raw(self, sealed: bytes, what: bytes, received_at: Instant) -> bytes:
        """Open what :meth:`seal_raw` made."""
        return self._raw.open_raw(sealed, what, received_at)

    def destroy_expired(self, now: Instant, before: Instant) -> list[Day]:
        """Destroy the day keys whose time is over; see :class:`fieldfare.trust.keys.raw.RawKeys`."""
        return self._raw.destroy_expired(now, before)

    def seal_token(self, clear: bytes) -> bytes:
        """Seal a short value for a link (unsubscribe)."""
        return self._tokens.seal(clear, b"token")

    def open_token(self, sealed: bytes) -> bytes:
        """Open what :meth:`seal_token` made. Raises ``PermanentError`` for anything else."""
        return self._tokens.open(sealed, b"token")

    def _hash(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._lookup, f"{kind}\0{value}".encode(), "sha256")[:HASH_BYTES]

    def _read(self, owners: Collection[KeyOwner]) -> dict[KeyOwner, Sealer]:
        return _again(lambda: self._opened(self.ring.get(owners)))

    def _opened(self, rows: dict[KeyOwner, DataKey]) -> dict[KeyOwner, Sealer]:
        return {owner: Sealer(self.unwrap(row)) for owner, row in rows.items()}

    def _made(self, owners: Collection[KeyOwner]) -> dict[KeyOwner, Sealer]:
        keys = {owner: random_bytes(KEY_BYTES) for owner in sorted(owners)}
        for _ in range(_TRIES):
            earlier = self.ring.put([self.wrap(owner, key, self._version) for owner, key in keys.items()])
            if earlier is not None:
                made = {owner: Sealer(key) for owner, key in keys.items() if owner not in earlier}
                return made | self._opened(earlier)
            self._version = self._current()
        text = f"The wrapping key changed {_TRIES} times while data keys were made. They are made again in a moment."
        raise ConflictError("keys_rotated", text)

    def _current(self) -> int:
        """Return the current version of the wrapping key, loaded."""

        def load() -> int:
            version = int(self.ring.fact(VERSION) or 0)
            self._wrapper(version)
            return version

        return _again(load)

    def _open_wrapper(self, version: int) -> Sealer:
        return Sealer(self._lasting(wrap_name(version)))

    def _lasting(self, name: str, *, create: bool = False) -> bytes:
        key = self.store.create(name) if create else self.store.get(name)
        if key is None:
            raise key_missing(name)
        fact, told = f"check:{name}", hmac.digest(key, b"fieldfare/check", "sha256")[:_CHECK_BYTES].hex()
        known = self.ring.fact(fact)
        if known is None and create:
            self.ring.set_fact(fact, told)
        elif known != told:
            text = (
                f"The key `{name}` of the key store is not the one that this installation seals with. Restore the key "
                "store that belongs to this data; data was left alone."
            )
            raise ConfigError("key_wrong", text)
        return key


class HasSealers(Protocol):
    """Whatever gives sealers."""

    def sealers(self, owners: Iterable[KeyOwner]) -> dict[KeyOwner, Sealer]:
        """Return the sealers of those owners that have a key."""
        ...


class HeldSealers:
    """Sealers that were read together, as long as somebody holds them."""

    def __init__(self, found: dict[KeyOwner, Sealer]) -> None:
        """Hold these."""
        self._found = found

    def sealers(self, owners: Iterable[KeyOwner]) -> dict[KeyOwner, Sealer]:
        """Return those of the owners that are among them."""
        return {owner: self._found[owner] for owner in owners if owner in self._found}


def wrap_name(version: int) -> str:
    """Return the name of a version of the wrapping key."""
    return f"wrap-{version}"


def key_missing(name: str) -> ConfigError:
    """Return the refusal to work without a lasting key."""
    text = (
        f"The key store has no key `{name}`, so nothing sealed can be opened. Restore the key store; data was left "
        "alone."
    )
    return ConfigError("key_missing", text)


def ring_missing() -> ConfigError:
    """Return the refusal to work on data whose data keys are gone."""
    text = (
        "The data keys are gone (`keys.sqlite`, with PostgreSQL the table `data_key`) while there is data, so nothing "
        "sealed can be opened. Restore them; data was left alone."
    )
    return ConfigError("ring_missing", text)


def _again(read: Callable[[], T]) -> T:
    """Read; when a wrapping key is not there, again: a rotation may have ended between one look and the next."""
    for _ in range(_TRIES - 1):
        try:
            return read()
        except ConfigError:
            continue
    return read()


def _wrapped_as(owner: KeyOwner, version: int) -> bytes:
    return sealed_as(owner, "data_key", version)
