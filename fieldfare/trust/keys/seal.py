"""Sealing with AES-256-GCM, keyed hashes for look-up, and wrapping of keys by the workspace key.

A sealed value is 12 bytes of nonce and the ciphertext with its tag; the associated data names what it is, so a sealed
value moved to another place does not open. The look-up key and the token key are derived from the workspace key
(HKDF-SHA256), so one lost file is one clear refusal to start, never plain text.
"""

import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fieldfare.ground.errors import ConfigError, PermanentError
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import DAY, Instant
from fieldfare.trust.keys.ports import KeyStore

NONCE_BYTES = 12
HASH_BYTES = 16
WORKSPACE_KEY = "workspace"
LOG_PERIOD_DAYS = 14


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
        self._sealer_of = lru_cache(maxsize=4_096)(self._open_wrapped)
        self._log_sealer = lru_cache(maxsize=32)(self._open_period)

    def lookup_hash(self, kind: str, value: str) -> bytes:
        """Return the 16-byte keyed hash by which a normalised (kind, value) is found."""
        return self._hash_of(kind, value)

    def new_wrapped_key(self) -> bytes:
        """Make a random data key and return it wrapped; it exists nowhere in clear."""
        return self._wrapper.seal(random_bytes(32), b"key")

    def sealer(self, wrapped: bytes) -> Sealer:
        """Return the sealer of a wrapped data key."""
        return self._sealer_of(wrapped)

    def log_sealer(self, received_at: Instant) -> Sealer:
        """Return the sealer of the log period in which the instant lies; made on first use."""
        return self._log_sealer(received_at // (LOG_PERIOD_DAYS * DAY))

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

    def _open_period(self, period: int) -> Sealer:
        return Sealer(self._store.create(f"log-{period}"))


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"fieldfare/" + purpose).derive(key)
