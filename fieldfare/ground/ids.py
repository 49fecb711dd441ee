"""Identifiers that Fieldfare makes: deterministic where a second run must make the same one, random where it must not.

The only home of randomness in the product.
"""

import hashlib
import secrets


def digest(*parts: str | bytes | int) -> bytes:
    """Return 16 bytes that depend on all parts and on where each one ends (BLAKE2b, length-prefixed)."""
    told: list[bytes] = []
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        told += (len(raw).to_bytes(4, "big"), raw)
    return hashlib.blake2b(b"".join(told), digest_size=16).digest()


def text_digest(text: str) -> bytes:
    """Return 16 bytes that depend on the text (BLAKE2b); for one text alone, where :func:`digest` would cost thrice."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def derived_id(prefix: str, *parts: str | bytes | int) -> str:
    """Return ``prefix_`` and 26 hex digits, the same for the same parts."""
    return f"{prefix}_{digest(*parts).hex()[:26]}"


def fraction(*parts: str | bytes | int) -> float:
    """Return a number in [0, 1) that is uniform over the parts: the stable hash behind assignment and splits."""
    return int.from_bytes(digest(*parts)[:7], "big") / (1 << 56)


def random_bytes(count: int) -> bytes:
    """Return unguessable bytes, for keys and nonces."""
    return secrets.token_bytes(count)
