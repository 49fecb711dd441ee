"""Normal forms of identifiers: two values are one identifier when these are equal. Pure.

The same forms are hashed for identity, consent, suppression, caps and search, so all of them meet at the same hash. A
number without its country code gets the country of the event's location, else of ``identity.yaml``, else it is none.
What is unlike what it should be has no normal form. Whether a value identifies anybody is ``blocked``'s.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from fieldfare.know.identity.model import Form

MOST_LOCAL, MOST_ADDRESS = 64, 254
"""Letters of a local part and of an address (RFC 5321); a domain outside ASCII is longer than it looks."""
MOST_TEXT = 500
LEAST_OPAQUE, MOST_OPAQUE = 8, 4_096
"""Push tokens are made by machines; a web push subscription is the longest."""
MOST_NUMBER = 64
"""Characters of a telephone number as written."""
_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BLANK = re.compile(r"\s")
_WITHOUT_DOTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
"""Domains whose owner delivers to one mailbox whatever dots the local part has, and the domain that stands for them."""

Normal = Callable[[object, str | None], str | None]
"""From a value and the region of its place (ISO 3166) to its normal form."""


class Regions(msgspec.Struct, frozen=True):
    """The country that telephone numbers without a country code belong to."""

    by_location: Mapping[str, str] = {}
    default: str | None = None

    def of(self, location: str | None) -> str | None:
        """Return the country at a location, ``None`` when nothing says it."""
        return self.default if location is None else self.by_location.get(location, self.default)


def normal_text(value: object) -> str | None:
    """Return a text or a whole number as text without blank ends, ``None`` for anything else and what is too long."""
    if type(value) is str:
        text = value.strip()
    elif type(value) is int or (type(value) is float and value.is_integer()):
        text = str(int(value))  # a spreadsheet writes 13085.0
    else:
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not 0 < len(text) <= MOST_TEXT or not (text.isprintable() or _CONTROL.search(text) is None):
        return None
    return text


def normal_folded(value: object) -> str | None:
    """Return the text with its case folded."""
    text = normal_text(value)
    return text.casefold() if text is not None else None


def normal_opaque(value: object) -> str | None:
    """Return a machine's token as it is, ``None`` when it cannot be one."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if LEAST_OPAQUE <= len(text) <= MOST_OPAQUE and text.isascii() and not _BLANK.search(text) else None


def normal_email(text: object) -> str | None:
    """Return the address in its normal form (IDN domain, case folded), or ``None`` when it is not one.

    A local part of the plain form that nearly all have is decided here, its domain by the library, once per domain;
    every other address goes to the library whole. Both ways give the same answer (property test).
    """
    if not isinstance(text, str):
        return None
    address = text.strip()
    local, _, domain = address.rpartition("@")
    if len(local) <= MOST_LOCAL and len(address) <= MOST_ADDRESS and domain.isascii() and _PLAIN.fullmatch(local):
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


def suggestion_key(address: str) -> str:
    """Return what addresses of one mailbox have in common: no ``+tag``, and no dots where the provider ignores them.

    Of a normal address. For suggestions only: it never identifies anybody.
    """
    local, _, domain = address.rpartition("@")
    base = local.partition("+")[0] or local
    if domain in _WITHOUT_DOTS:
        base, domain = base.replace(".", ""), _WITHOUT_DOTS[domain]
    return f"{base}@{domain}"


def normal_phone(text: object, region: str | None = None) -> str | None:
    """Return the number in E.164, or ``None`` when it is not a valid one.

    Without a country code it is a number of ``region``. A number with an extension reaches a switchboard, and is none.
    """
    return _phone(text, region) if isinstance(text, str) and len(text) <= MOST_NUMBER else None


@lru_cache(maxsize=8_192)
def _phone(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    e164: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164


NORMAL: Mapping[Form, Normal] = {
    Form.TEXT: lambda value, _: normal_text(value),
    Form.FOLDED: lambda value, _: normal_folded(value),
    Form.OPAQUE: lambda value, _: normal_opaque(value),
    Form.EMAIL: lambda value, _: normal_email(value),
    Form.PHONE: normal_phone,
}
"""Normal form by name."""
