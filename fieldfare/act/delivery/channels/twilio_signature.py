"""Check that Twilio wrote a webhook: ``X-Twilio-Signature`` in all its forms. Pure; compares in constant time.

The signature covers the address that Twilio called and, for forms, each parameter: its name and every *distinct* value,
sorted. A JSON body is covered by its SHA-256 in the address (``bodySHA256``). The sender is inconsistent about the
default port, so the address counts with and without one. ``X-Twilio-Webhooks-Signature-Settings`` names HMAC_SHA256
with a shared key; without it the hash is SHA-1 and the key the account's token. Anything else is refused.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs, parse_qsl, urlsplit

_HASHES = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_FORM = "application/x-www-form-urlencoded"


def form_of(body: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a form as Twilio writes it; blank values count."""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def is_signed(url: str, headers: Mapping[str, str], body: bytes, *, token: str, shared_key: str | None = None) -> bool:
    """Whether the signature fits. ``url`` is the address as Twilio knows it; header names are in lower case."""
    algorithm = _algorithm(headers.get("x-twilio-webhooks-signature-settings", ""))
    hashed = _HASHES.get(algorithm)
    key = token if algorithm == "HMAC_SHA1" else shared_key
    shown = headers.get("x-twilio-signature", "")
    if hashed is None or not key or not shown:
        return False
    form: list[tuple[str, str]] = []
    if _FORM in headers.get("content-type", _FORM):
        form = form_of(body)
    told = parse_qs(urlsplit(url).query).get("bodySHA256")
    is_whole = True
    if told is not None and _FORM not in headers.get("content-type", ""):
        form, is_whole = [], hmac.compare_digest(hashlib.sha256(body).hexdigest(), told[0].lower())
    elif form == [] and body:
        is_whole = False
    fits = [hmac.compare_digest(sign(each, form, key, hashed), shown) for each in _with_and_without_port(url)]
    return any(fits) and is_whole


def sign(url: str, form: list[tuple[str, str]], key: str, hashed: str = "sha1") -> str:
    """Return the signature of an address and a form's parameters."""
    values: dict[str, set[str]] = {}
    for name, value in form:
        values.setdefault(name, set()).add(value)
    text = url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashed).digest()).decode()


def _algorithm(settings: str) -> str:
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return "HMAC_SHA1"


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return url, url
    if port is not None:
        bare = parts.netloc.removesuffix(f":{port}")
        return url, parts._replace(netloc=bare).geturl()
    usual = 443 if parts.scheme == "https" else 80
    return url, parts._replace(netloc=f"{parts.netloc}:{usual}").geturl()
