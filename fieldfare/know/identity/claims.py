"""Which identifiers an event claims for its person. Pure; hashing is passed in.

``user_id`` and ``anonymous_id`` come from their fields; ``previous_id`` of an ``alias`` is claimed as an anonymous id,
which is what SDKs send there. An e-mail address is claimed only when it is *verified*: the event says ``email_verified:
true`` beside it, or the source is declared to verify it. An unverified one is a trait like any other and joins nobody.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from fieldfare.collect.model import Event
from fieldfare.know.identity.model import ANONYMOUS_ID, EMAIL, SHIPPED, USER_ID, Claim

BLOCKED = frozenset(
    {
        "",
        "0",
        "null",
        "none",
        "nil",
        "undefined",
        "unknown",
        "anonymous",
        "n/a",
        "na",
        "-",
        "true",
        "false",
        "nan",
        "test",
        "guest",
    }
    | {"00000000-0000-0000-0000-000000000000"}
)
"""Values that identify nobody, compared in lower case."""

MOST_LOCAL, MOST = 64, 254
"""Letters of a local part and of an address (RFC 5321); a domain outside ASCII is longer than it looks."""
_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")

Hash = Callable[[str, str], bytes]


def normal_email(text: object) -> str | None:
    """Return the address in its normal form (IDN domain, case folded), or ``None`` when it is not one.

    A local part of the plain form that nearly all have is decided here, its domain by the library, once per domain;
    every other address goes to the library whole. Both ways give the same answer (property test).
    """
    if not isinstance(text, str):
        return None
    address = text.strip()
    local, _, domain = address.rpartition("@")
    if len(local) <= MOST_LOCAL and len(address) <= MOST and domain.isascii() and _PLAIN.fullmatch(local):
        checked = _domain(domain)
        return f"{local.lower()}@{checked}" if checked is not None else None
    return _checked(address)


@lru_cache(maxsize=8_192)
def _domain(domain: str) -> str | None:
    address = _checked(f"x@{domain}")
    return address[2:] if address is not None else None


def _checked(text: str) -> str | None:
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.normalized.casefold()


def claims_of(event: Event, hash_of: Hash, verifying_sources: frozenset[str]) -> list[Claim]:
    """Return the event's claims, the leading one first; empty when all its identifiers are blocked values."""
    claims: list[Claim] = []
    _claim(claims, USER_ID, event.user_id, hash_of)
    if event.type == "identify" or "traits" in event.context:
        email = _verified_email(event, verifying_sources)
        if email is not None:
            claims.append(Claim(SHIPPED[EMAIL], email, hash_of(EMAIL, email)))
    _claim(claims, ANONYMOUS_ID, event.anonymous_id, hash_of)
    _claim(claims, ANONYMOUS_ID, event.previous_id, hash_of)
    return claims


def lead_of(event: Event, hash_of: Hash, verifying_sources: frozenset[str]) -> Claim | None:
    """Return the leading one of the event's claims, without making the others where a user id leads."""
    user_id = event.user_id
    if user_id is not None and user_id.casefold() not in BLOCKED:
        return Claim(SHIPPED[USER_ID], user_id, hash_of(USER_ID, user_id))
    return next(iter(claims_of(event, hash_of, verifying_sources)), None)


def _claim(claims: list[Claim], kind: str, value: str | None, hash_of: Hash) -> None:
    if value is not None and value.casefold() not in BLOCKED:
        claims.append(Claim(SHIPPED[kind], value, hash_of(kind, value)))


def _verified_email(event: Event, verifying_sources: frozenset[str]) -> str | None:
    for place in (event.payload if event.type == "identify" else None, event.context.get("traits")):
        if isinstance(place, dict) and "email" in place:
            verified = place.get("email_verified") is True or event.source in verifying_sources
            return normal_email(place["email"]) if verified else None
    return None
