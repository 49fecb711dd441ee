"""Sign a finished mail with DKIM: relaxed/relaxed, RSA-SHA256 (RFC 6376) or Ed25519-SHA256 (RFC 8463). Pure.

No clock: the time in the signature is passed in. RSA is PKCS #1 v1.5 and Ed25519 is deterministic, so the same mail has
the same signature. Headers that stand in the mail are signed as they stand; those of ``OVERSIGNED`` are named once more
than they stand, so that nobody can add another one on the way. This module checks no signature.
"""

import base64
import binascii
import hashlib
import re

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from fieldfare.ground.errors import ConfigError

SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type",
    "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
)  # fmt: skip
"""Headers that are signed where they stand. Both List-Unsubscribe headers must be, or mailbox providers ignore them."""
OVERSIGNED = ("from", "subject", "to", "reply-to", "list-unsubscribe", "list-unsubscribe-post")
_LEAST_RSA = 2048
_SPACE = re.compile(rb"[ \t]{2,}|\t")
"""Blanks that are not one space already: most are, and are left alone."""
_FOLD = 72


class Signer(msgspec.Struct, frozen=True):
    """A key with the names under which its public half is found."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """Return the ``a=`` tag."""
        return "ed25519-sha256" if isinstance(self.key, Ed25519PrivateKey) else "rsa-sha256"


def open_signer(domain: str, selector: str, key: str, channel: str) -> Signer:
    """Return the signer of a key as PEM or base64 of its DER.

    Raises ``ConfigError`` ``dkim_key_invalid``: no key, of another kind, or RSA of fewer than 2,048 bits.
    """
    found = _load(key)
    if isinstance(found, Ed25519PrivateKey) or (isinstance(found, RSAPrivateKey) and found.key_size >= _LEAST_RSA):
        return Signer(domain, selector, found)
    text = (
        f"The DKIM key of the channel `{channel}` is no private key of RSA with 2,048 bits or more, or of Ed25519, in "
        "PEM or base64. Mail signed with it would fail at its receivers. Make one: `openssl genrsa 2048`."
    )
    raise ConfigError("dkim_key_invalid", text)


def _load(text: str) -> object:
    try:
        if "-----BEGIN" in text:
            return load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
        raw = base64.b64decode("".join(text.split()), validate=True)
        if len(raw) == 32:  # noqa: PLR2004 - the bare secret of Ed25519, as RFC 8463 prints it
            return Ed25519PrivateKey.from_private_bytes(raw)
        return load_der_private_key(raw, password=None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        return None


def sign_mail(mail: bytes, signer: Signer, at_s: int) -> bytes:
    """Return the mail (CRLF line ends) with a ``DKIM-Signature`` before its headers; ``at_s``: seconds since 1970."""
    head, _, body = mail.partition(b"\r\n\r\n")
    headers = split_headers(head + b"\r\n")
    names = [name for name in SIGNED for each, _ in headers if each == name]
    names += [name for name in OVERSIGNED if name in names]
    hashed = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    tags = (
        f"v=1; a={signer.algorithm}; c=relaxed/relaxed; d={signer.domain}; s={signer.selector}; t={at_s};\r\n"
        f" h={_folded(':'.join(names), ':')};\r\n bh={hashed};\r\n b="
    )
    unsigned = f"DKIM-Signature: {tags}".encode()
    data = signing_input(headers, names, unsigned)
    signature = base64.b64encode(_sign(signer, data)).decode()
    return unsigned + _folded(signature, "").encode() + b"\r\n" + mail


def _sign(signer: Signer, data: bytes) -> bytes:
    if isinstance(signer.key, Ed25519PrivateKey):
        return signer.key.sign(hashlib.sha256(data).digest())  # RFC 8463: PureEdDSA over the hash
    return signer.key.sign(data, PKCS1v15(), SHA256())


def signing_input(headers: list[tuple[str, bytes]], names: list[str], unsigned: bytes) -> bytes:
    """Return what is hashed and signed: each named header, from the last one of its name up, then the signature's own.

    A name that stands more often than its headers adds nothing (RFC 6376, 5.4.2).
    """
    left: dict[str, list[bytes]] = {}
    for name, raw in headers:
        left.setdefault(name, []).append(raw)
    chosen = [left[name].pop() for name in names if left.get(name)]
    return b"".join(relaxed_header(raw) + b"\r\n" for raw in chosen) + relaxed_header(unsigned)


def split_headers(head: bytes) -> list[tuple[str, bytes]]:
    """Return the headers in order: name in lower case, and the whole field with its folds, without its line end."""
    fields = re.split(rb"\r\n(?![ \t])", head.removesuffix(b"\r\n"))
    return [(field.partition(b":")[0].strip().decode("ascii", "replace").lower(), field) for field in fields if field]


def relaxed_header(raw: bytes) -> bytes:
    """Return a header in relaxed form (RFC 6376, 3.4.2)."""
    name, _, value = raw.partition(b":")
    return name.strip().lower() + b":" + _SPACE.sub(b" ", value.replace(b"\r\n", b"")).strip(b" \t")


def relaxed_body(body: bytes) -> bytes:
    """Return a body in relaxed form (RFC 6376, 3.4.4): blanks joined, none at a line's end, no empty lines last."""
    joined = _SPACE.sub(b" ", body).replace(b" \r\n", b"\r\n")
    kept = joined.removesuffix(b" ").rstrip(b"\r\n") if joined.endswith((b"\r\n", b" ")) else joined
    return kept + b"\r\n" if kept else b""


def _folded(text: str, at: str) -> str:
    """Return the text over several lines, broken after ``at`` (anywhere when it is empty)."""
    if not at:
        return "\r\n ".join(text[start : start + _FOLD] for start in range(0, len(text), _FOLD))
    lines, line = [], ""
    for part in text.split(at):
        if line and len(line) + len(part) > _FOLD:
            lines.append(line)
            line = ""
        line += part + at
    return "\r\n ".join([*lines, line]).removesuffix(at)
