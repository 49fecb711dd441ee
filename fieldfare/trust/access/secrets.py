"""Secrets that are handed out once: their text, and the hash that is stored. Knows nothing of what they open."""

import base64
import hashlib

from fieldfare.ground.ids import random_bytes

SECRET_BYTES = 32
TOKEN_MARK = "fft_"  # noqa: S105 - the beginning of every token, no secret


def new_secret() -> str:
    """Return an unguessable text that may stand in a header or an address."""
    return base64.urlsafe_b64encode(random_bytes(SECRET_BYTES)).decode().rstrip("=")


def secret_hash(secret: str) -> bytes:
    """Return what is stored of a secret. It has 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(b"fieldfare/access\0" + secret.encode()).digest()


def csrf_of(secret: str) -> str:
    """Return the text that a page sends beside its session's cookie; whoever has only the cookie cannot know it."""
    return hashlib.sha256(b"fieldfare/csrf\0" + secret.encode()).hexdigest()[:32]


def new_id(prefix: str) -> str:
    """Return a new id."""
    return f"{prefix}_{random_bytes(9).hex()}"
