"""Detached signatures of JSON (JWS, RFC 7515) with Ed25519 (RFC 8037, ``alg`` of RFC 9864). Pure: a key in, text out.

What is signed is the canonical form of the JSON (RFC 8785): keys sorted, no blanks, texts and whole numbers only, no
number beyond 2^53, so anybody computes the same bytes. A signature whose text is not exactly what we would write is
refused, so there is one text per signature.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHM = "Ed25519"
_PARTS = 3
_encode = msgspec.json.Encoder(order="deterministic").encode


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of JSON of objects, lists, texts, booleans, ``null`` and whole numbers below 2^53."""
    assert _is_plain(value), "numbers that others read otherwise are carried as texts"
    return _encode(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and _is_plain(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, int):
        return abs(value) < 1 << 53
    return value is None or isinstance(value, (str, bool))


def public_jwk(seed: bytes) -> dict[str, str]:
    """Return the public half of a key (32 random bytes) as a JSON Web Key, named by its thumbprint (RFC 7638)."""
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    core = {"crv": "Ed25519", "kty": "OKP", "x": _text(raw)}
    return {**core, "alg": ALGORITHM, "use": "sig", "kid": _text(hashlib.sha256(_encode(core)).digest())}


def sign(value: Any, seed: bytes) -> str:
    """Return the detached signature of a JSON value: ``header..signature``."""
    header = _text(_encode({"alg": ALGORITHM, "kid": public_jwk(seed)["kid"]}))
    signed = f"{header}.{_text(canonical(value))}".encode()
    return f"{header}..{_text(Ed25519PrivateKey.from_private_bytes(seed).sign(signed))}"


def verify(value: Any, signature: str, keys: Mapping[str, Any]) -> str | None:
    """Return why a signature is not one of the value by one of the keys (a JWK set), ``None`` when it is."""
    parts = signature.split(".")
    if len(parts) != _PARTS or parts[1]:
        return "the signature is no detached JWS"
    try:
        header = msgspec.json.decode(_bytes(parts[0]))
        proof = _bytes(parts[2])
    except (ValueError, msgspec.MsgspecError, binascii.Error):
        return "the signature cannot be read"
    if not isinstance(header, dict) or header.get("alg") != ALGORITHM or not header.keys() <= {"alg", "kid"}:
        return "the signature is of another kind than Ed25519"
    found = [each for each in keys.get("keys", ()) if isinstance(each, dict) and each.get("kid") == header.get("kid")]
    if not found:
        return "no key of the set has the signature's `kid`"
    if not _is_plain(value):
        return "the receipt holds what is never signed"
    try:
        key = Ed25519PublicKey.from_public_bytes(_bytes(str(found[0].get("x"))))
        key.verify(proof, f"{parts[0]}.{_text(canonical(value))}".encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return "the receipt was changed, or another key signed it"
    return None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Return the bytes of a text in base64 as we write it, and in no other way."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(raw) != text:
        raise ValueError
    return raw
