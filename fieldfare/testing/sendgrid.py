"""A strict fake of SendGrid's v3 mail/send and of its signed event webhook: a wrong call gets the documented error.

``202`` with ``X-Message-Id`` for what it takes; ``{"errors": [{message, field, help}]}`` for the rest. Addresses at
``blocked.example`` are refused, as an address may be.
"""

import base64
import hashlib
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fieldfare.act.delivery.channels.sendgrid_events import SIGNATURE, TIMESTAMP
from fieldfare.testing.provider import Asked, Provider, Told

API_KEY = "SG.fake"
_KNOWN = {
    "personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments", "template_id",
    "headers", "categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings",
    "tracking_settings",
}  # fmt: skip
_RESERVED = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from",
    "subject", "reply-to", "cc", "bcc",
}  # fmt: skip


class FakeSendgrid(Provider):
    """The server. :meth:`mails` are the accepted bodies; :meth:`post` makes a signed event webhook."""

    def __init__(self, api_key: str = API_KEY) -> None:
        """Know one key, and sign events with a new one."""
        self.api_key = api_key
        self._key: EllipticCurvePrivateKey = generate_private_key(SECP256R1())
        super().__init__(self._take)

    @property
    def verification_key(self) -> str:
        """Return the public key as SendGrid's page shows it."""
        shown = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(shown).decode()

    def mails(self) -> list[dict[str, Any]]:
        """Return the accepted mails, in order."""
        return [msgspec.json.decode(asked.body) for asked in self.taken]

    def post(self, events: object, at_s: int) -> tuple[dict[str, str], bytes]:
        """Return headers and body of an event webhook, signed at a time (seconds since 1970)."""
        body = msgspec.json.encode(events)
        signature = self._key.sign(str(at_s).encode() + body, ECDSA(SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: str(at_s)}, body

    def _take(self, asked: Asked) -> Told:
        if asked.path != "/v3/mail/send":
            return _errors(404, ("not found", None))
        if asked.headers.get("authorization") != f"Bearer {self.api_key}":
            return _errors(401, ("The provided authorization grant is invalid, expired, or revoked", None))
        if asked.headers.get("content-type") != "application/json":
            return _errors(415, ("Content-Type should be application/json.", None))
        try:
            mail = msgspec.json.decode(asked.body, type=dict[str, Any])
        except msgspec.DecodeError:
            return _errors(400, ("Bad Request", None))
        wrong = list(_wrong(mail))
        if wrong:
            return _errors(400, *wrong)
        name = hashlib.sha256(asked.body).hexdigest()[:22]  # the same mail has the same id here
        return Told(202, b"", {"X-Message-Id": name})


def _wrong(mail: dict[str, Any]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    found += [("Unknown field", name) for name in sorted(set(mail) - _KNOWN)]
    people = mail.get("personalizations")
    if not isinstance(people, list) or not people:
        found.append(
            ("The personalizations field is required and must have at least one personalization.", "personalizations")
        )
    else:
        for index, person in enumerate(people):
            found += _addresses(person.get("to"), f"personalizations.{index}.to")
    sender = mail.get("from")
    found += _addresses([sender] if sender else None, "from")
    if not mail.get("subject"):
        found.append(("The subject is required.", "subject"))
    content = mail.get("content")
    if not isinstance(content, list) or not content:
        found.append(("Unless a valid template_id is provided, the content parameter is required.", "content"))
    else:
        kinds = [each.get("type") for each in content]
        if "text/plain" in kinds and kinds[0] != "text/plain":
            found.append(("If present, text/plain and text/html may only be provided once, in this order.", "content"))
        found += [
            ("The content value must be a string at least one character in length.", "content")
            for each in content
            if not each.get("value")
        ]
    for name, value in (mail.get("headers") or {}).items():
        if name.lower() in _RESERVED:
            found.append((f"The header {name} is reserved.", "headers"))
        if not isinstance(value, str) or "\n" in value:
            found.append(("Header values must be strings on one line.", "headers"))
    for name, value in (mail.get("custom_args") or {}).items():
        if not isinstance(value, str):
            found.append(("Custom arguments must be strings.", f"custom_args.{name}"))
    return found


def _addresses(told: Any, field: str) -> list[tuple[str, str | None]]:
    if not isinstance(told, list) or not told:
        return [("The to array is required for all personalization objects.", field)]
    found: list[tuple[str, str | None]] = []
    for each in told:
        address = each.get("email", "") if isinstance(each, dict) else ""
        if "@" not in address or any(mark in address for mark in " ,<>\r\n") or address.endswith("@blocked.example"):
            found.append(("Does not contain a valid address.", f"{field}.email"))
    return found


def _errors(status: int, *told: tuple[str, str | None]) -> Told:
    body = {"errors": [{"message": message, "field": field, "help": None} for message, field in told]}
    return Told(status, msgspec.json.encode(body), {"content-type": "application/json"})
