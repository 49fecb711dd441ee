"""AES-256-GCM with a random nonce: the one cipher of everything that is sealed. Knows no key's name.

A sealed value is 12 bytes of nonce and the ciphertext with its tag of 16. The associated data names what it is, so a
sealed value moved to another place does not open.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fieldfare.ground.errors import PermanentError
from fieldfare.ground.ids import random_bytes

KEY_BYTES = 32
NONCE_BYTES = 12


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
