"""What all drivers share to verify a request: headers, ages, comparisons in constant time. Pure.

A signature is compared before the time is looked at, so that the reason that is told is the true one. Every secret and
every signature is compared, whatever fits, so that the time it takes tells nothing.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure, Unverified
from fieldfare.ground.instants import SECOND, Instant

MOST_SIGNATURES = 20
"""Signatures of one request that are looked at."""
_SECONDS = re.compile(r"[0-9]{1,11}")
_MILLISECONDS = re.compile(r"[0-9]{12,14}")


def header(posted: Posted, name: str) -> str:
    """Return a header of the request, trimmed; empty when it was not sent. ``name`` is in lower case."""
    return posted.headers.get(name.encode(), b"").decode("latin-1").strip()


def missing(name: str) -> Failure:
    """Return the failure of a request without a header that proves it."""
    detail = f"The header `{name}` was not sent. Look whether the sender signs, and whether a proxy removes headers."
    return Failure(Unverified.HEADER_MISSING, detail)


def malformed(name: str) -> Failure:
    """Return the failure of a header that has not the form of its sender."""
    return Failure(Unverified.HEADER_MALFORMED, f"The header `{name}` does not have the form that this sender uses.")


def differs() -> Failure:
    """Return the failure of a signature that no secret makes."""
    detail = (
        "The signature does not fit the body with any of the secrets. Look whether the secret is that of this address, "
        "and whether something between the sender and here changes the body."
    )
    return Failure(Unverified.SIGNATURE_DIFFERS, detail)


def judge(wanted: Iterable[bytes], shown: Iterable[bytes]) -> Failure | None:
    """Return a failure unless one of the wanted signatures is among those shown."""
    candidates = list(shown)[:MOST_SIGNATURES]
    found = [hmac.compare_digest(one, other) for one in wanted for other in candidates]
    return None if any(found) else differs()


def age(stated: str, name: str, received_at: Instant, tolerance_us: int) -> Failure | None:
    """Return a failure when a time (whole seconds or milliseconds since 1970) is further from ours than allowed."""
    if _SECONDS.fullmatch(stated):
        at = int(stated) * SECOND
    elif _MILLISECONDS.fullmatch(stated):
        at = int(stated) * (SECOND // 1_000)
    else:
        return malformed(name)
    if at < received_at - tolerance_us:
        detail = "It was signed too long ago. Look at the clocks of both sides, and at what holds requests back."
        return Failure(Unverified.TOO_OLD, detail)
    if at > received_at + tolerance_us:
        return Failure(Unverified.TOO_NEW, "It was signed in the future. Look at the clocks of both sides.")
    return None


def digest_of(secret: bytes, content: bytes, algorithm: str = "sha256") -> bytes:
    """Return the HMAC of a content."""
    return hmac.digest(secret, content, algorithm)


def in_base64(digest: bytes) -> bytes:
    """Return a digest as it is written in Base64."""
    return base64.b64encode(digest)


def decoded(text: str, *, as_written: bool = False) -> bytes | None:
    """Return what a Base64 text holds, ``None`` when it is none; a secret may lack its padding, a signature not."""
    try:
        return base64.b64decode(text if as_written else text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
