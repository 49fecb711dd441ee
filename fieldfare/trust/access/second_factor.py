"""Codes of an authenticator app (TOTP, RFC 6238): which time step a code belongs to. Pure; a code serves once.

A step is thirty seconds. The code of the step before and of the next one count too, for clocks differ; a step at or
before the last one that was used does not, so a code that somebody has looked at cannot be used again.
"""

import base64
import hmac

import pyotp

from fieldfare.ground.instants import SECOND, Instant

STEP_S = 30
SECRET_BYTES = 20
_AROUND = (0, -1, 1)
_BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def secret_text(raw: bytes) -> str:
    """Return a secret as apps take it."""
    return base64.b32encode(raw).decode()


def is_secret(told: str) -> bool:
    """Return whether a text is a secret as :func:`secret_text` makes them."""
    return len(told) == SECRET_BYTES * 8 // 5 and not set(told) - _BASE32


def address_of(secret: str, name: str, brand: str) -> str:
    """Return the ``otpauth`` address that apps read as a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=brand)


def step_of(secret: str, code: str, now: Instant, used: int) -> int | None:
    """Return the step that a code belongs to; ``None`` when it belongs to none that may still be used."""
    told = "".join(code.split())
    if not (told.isascii() and told.isdigit()):
        return None
    here = now // SECOND // STEP_S
    generator = pyotp.TOTP(secret)
    for step in (here + offset for offset in _AROUND):
        if step > used and hmac.compare_digest(generator.at(step * STEP_S), told):
            return step
    return None
