"""A root key from the environment: it covers the files of a key store, so that a copy of them alone says nothing."""

import base64
import binascii

from fieldfare.ground.errors import ConfigError, PermanentError
from fieldfare.trust.keys.cipher import KEY_BYTES, Sealer


class RootKey:
    """``Kms`` with a key of our own."""

    def __init__(self, key: bytes) -> None:
        """Take a 32-byte key."""
        self._sealer = Sealer(key)

    @classmethod
    def of(cls, text: str, variable: str) -> "RootKey":
        """Return the root key that a variable holds as base64. Raises ``ConfigError`` ``root_key_invalid``."""
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            message = (
                f"{variable} does not hold {KEY_BYTES} bytes in base64. Set it to the root key of this installation; a "
                "new one is made by `openssl rand -base64 32`."
            )
            raise ConfigError("root_key_invalid", message)
        return cls(key)

    def encrypt(self, clear: bytes, what: bytes) -> bytes:
        """Return the blob."""
        return self._sealer.seal(clear, what)

    def decrypt(self, blob: bytes, what: bytes) -> bytes | None:
        """Return what was encrypted as ``what``, ``None`` for anything else."""
        try:
            return self._sealer.open(blob, what)
        except PermanentError:
            return None
