"""Sealing with AES-256-GCM, keyed hashes for look-up, and wrapping of keys by the workspace key.

A sealed value is 12 bytes of nonce and the ciphertext with its tag; the associated data names what it is, so a sealed
value moved to another place does not open. The look-up key and the token key are derived from the workspace key
(HKDF-SHA256), so one lost file is one clear refusal to start, never plain text.

What is kept raw (log records, dead letters, the outbox) is sealed under the key of the UTC day on which it was accepted
and of the number of days it may be kept. Destroying such a key is retention: :meth:`Keys.destroy_expired` does it, and
what is left of the bytes, in a file, a backup or a page not yet overwritten, says nothing any more.
"""

import hmac
import re
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fieldfare.ground.errors import ConfigError, PermanentError
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.trust.keys.ports import KeyStore

NONCE_BYTES = 12
HASH_BYTES = 16
WORKSPACE_KEY = "workspace"
RAW_DAYS = 14
"""How long raw records are kept where nothing else is said."""
_RAW = re.compile(r"raw-(\d+)-(\d+)")
_PREFIX_BYTES = 2


class Sealer:
    """Seals and opens under one key."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        """Take a 32-byte key."""
        self._cipher = AESGCM(key)

    def seal(self, clear: bytes, what: bytes) -> bytes:
        """Return the sealed bytes; ``what`` is the associated data."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, clear, what)

    def open(self, sealed: bytes, what: bytes) -> bytes:
        """Return the clear bytes. Raises ``PermanentError`` when key, place or bytes are not the ones sealed."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], what)
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
            text = "A sealed value does not open: another key or place sealed it, or it changed. Restore the key store."
            raise PermanentError("seal_broken", text) from error


class Keys:
    """The keys of one workspace: wrapping, look-up hashes, tokens, log periods."""

    def __init__(self, store: KeyStore, *, create: bool = False) -> None:
        """Load the workspace key. Raises ``ConfigError`` when it is missing and ``create`` is false."""
        key = store.create(WORKSPACE_KEY) if create else store.get(WORKSPACE_KEY)
        if key is None:
            text = (
                "The key store has no workspace key, so nothing sealed can be opened. "
                "Restore the key store; data was left alone."
            )
            raise ConfigError("key_missing", text)
        self._store = store
        self._wrapper = Sealer(_derive(key, b"wrap"))
        self._lookup = _derive(key, b"lookup")
        self._tokens = Sealer(_derive(key, b"token"))
        self._hash_of = lru_cache(maxsize=32_768)(self._hash)
        self._sealer_of = lru_cache(maxsize=16_384)(self._open_wrapped)
        self._raw_sealer = lru_cache(maxsize=256)(self._open_raw_key)

    def lookup_hash(self, kind: str, value: str) -> bytes:
        """Return the 16-byte keyed hash by which a normalised (kind, value) is found."""
        return self._hash_of(kind, value)

    def new_wrapped_key(self) -> bytes:
        """Make a random data key and return it wrapped; it exists nowhere in clear."""
        return self._wrapper.seal(random_bytes(32), b"key")

    def sealer(self, wrapped: bytes) -> Sealer:
        """Return the sealer of a wrapped data key."""
        return self._sealer_of(wrapped)

    def seal_raw(self, clear: bytes, what: bytes, received_at: Instant, keep_days: int = RAW_DAYS) -> bytes:
        """Seal what was accepted at the instant, to be kept for so many days; the day's key is made on first use."""
        sealer = self._raw_sealer(received_at // DAY, keep_days, create=True)
        return keep_days.to_bytes(_PREFIX_BYTES, "big") + sealer.seal(clear, what)

    def open_raw(self, sealed: bytes, what: bytes, received_at: Instant) -> bytes:
        """Open what :meth:`seal_raw` made. Raises ``PermanentError`` (``raw_expired``) when its key was destroyed."""
        keep_days = int.from_bytes(sealed[:_PREFIX_BYTES], "big")
        sealer = self._raw_sealer(received_at // DAY, keep_days, create=False)
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
            self._raw_sealer.cache_clear()
        return sorted(set(gone))

    def seal_token(self, clear: bytes) -> bytes:
        """Seal a short value for a link (unsubscribe)."""
        return self._tokens.seal(clear, b"token")

    def open_token(self, sealed: bytes) -> bytes:
        """Open what :meth:`seal_token` made. Raises ``PermanentError`` for anything else."""
        return self._tokens.open(sealed, b"token")

    def _hash(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._lookup, f"{kind}\0{value}".encode(), "sha256")[:HASH_BYTES]

    def _open_wrapped(self, wrapped: bytes) -> Sealer:
        return Sealer(self._wrapper.open(wrapped, b"key"))

    def _open_raw_key(self, day: Day, keep_days: int, *, create: bool) -> Sealer:
        name = f"raw-{day}-{keep_days}"
        key = self._store.create(name) if create else self._store.get(name)
        if key is None:
            text = "A raw record was kept for as long as it may be, and its key is destroyed. The lake has its event."
            raise PermanentError("raw_expired", text)
        return Sealer(key)


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"fieldfare/" + purpose).derive(key)
