"""Identifiers that Fieldfare makes: deterministic where a second run must make the same one, random where it must not.

The only home of randomness in the product.
"""

import hashlib
import secrets
from functools import lru_cache


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


def ordered_id(prefix: str, place: int, *parts: str | bytes | int) -> str:
    """Return ``prefix_`` and 26 hex digits, of the same parts in the order of ``place``: 64 places lie together.

    Ids of neighbours lie side by side in an index, so that whoever is written to in this order is written to a few of
    its pages, however large it is; :func:`derived_id` touches one for each. Which of the 64 it is tells a digest.
    """
    return f"{prefix}_{_common(parts)}{place >> 6 & 0xFFFFFFFF:08x}{digest(*parts, place).hex()[:12]}"


@lru_cache(maxsize=64)
def _common(parts: tuple[str | bytes | int, ...]) -> str:
    return digest(*parts).hex()[:6]


def fraction(*parts: str | bytes | int) -> float:
    """Return a number in [0, 1) that is uniform over the parts: the stable hash behind assignment and splits."""
    return int.from_bytes(digest(*parts)[:7], "big") / (1 << 56)


def random_bytes(count: int) -> bytes:
    """Return unguessable bytes, for keys and nonces."""
    return secrets.token_bytes(count)
