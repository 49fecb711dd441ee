"""Read SendGrid's event webhook: its signature, and what each event means for a message. Pure.

ECDSA P-256 with SHA-256 over the timestamp and the raw bytes as they came: parsing and writing them again would break
the proof. A timestamp more than five minutes from our clock is refused, so that an old post cannot be played again.
Events repeat (the same one came 46 times to somebody): ``sg_event_id`` makes them one. Their order does not matter.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from fieldfare.act.delivery.machines import is_proxy, is_scanner
from fieldfare.act.delivery.model import Inbound, Receipt
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.instants import MINUTE, SECOND, Instant

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
WINDOW = 5 * MINUTE
_ARMOUR = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")
_STATUSES = {
    "delivered": "delivered",
    "deferred": "deferred",
    "bounce": "bounced",
    "dropped": "failed",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
"""By SendGrid's names; ``processed`` and ``group_resubscribe`` say nothing that would change anything."""
_DROPPED = {
    "bounced address": "bounced",
    "invalid": "bounced",
    "unsubscribed address": "unsubscribed",
    "spam reporting address": "complained",
}
"""Why SendGrid itself sent nothing: what it knows of the address counts as if it had been told of this message."""


class _Event(msgspec.Struct):
    event: str
    timestamp: int
    sg_event_id: str
    sg_message_id: str = ""
    proposal_id: str | None = None
    reason: str | None = None
    status: str | None = None
    type: str | None = None
    useragent: str | None = None
    sg_machine_open: bool = False


def open_key(text: str, channel: str) -> EllipticCurvePublicKey:
    """Return the public key of the webhook. Raises ``ConfigError`` ``verification_key_invalid``."""
    bare = text
    for mark in _ARMOUR:
        bare = bare.replace(mark, "")
    try:
        key = load_der_public_key(base64.b64decode("".join(bare.split()), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, EllipticCurvePublicKey):
        return key
    message = (
        f"`verification_key` of the channel `{channel}` is no public key of SendGrid's signed event webhook (base64, "
        "begins with MFkw). No receipt could be checked. Copy it from Settings, Mail Settings, Event Webhook."
    )
    raise ConfigError("verification_key_invalid", message)


def is_signed(key: EllipticCurvePublicKey, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the signature over timestamp and raw bytes fits. Its age is another question."""
    try:
        shown = base64.b64decode(headers.get(SIGNATURE, ""), validate=True)
        key.verify(shown, headers.get(TIMESTAMP, "").encode() + body, ECDSA(SHA256()))
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def is_fresh(headers: Mapping[str, str], now: Instant) -> bool:
    """Whether the signed time lies within five minutes of ``now``."""
    told = headers.get(TIMESTAMP, "")
    return told.isdecimal() and len(told) < 12 and abs(int(told) * SECOND - now) <= WINDOW  # noqa: PLR2004 - seconds


def read_events(body: bytes, *, verified: bool) -> list[Receipt | Inbound]:
    """Return the receipts of a post; events that say nothing are left out.

    Raises ``CallerError`` ``receipt_invalid``.
    """
    try:
        told = msgspec.json.decode(body, type=list[_Event])
    except (msgspec.DecodeError, ValueError) as error:
        text = "The events cannot be read. SendGrid posts a JSON list; each has event, timestamp and sg_event_id."
        raise CallerError("receipt_invalid", text) from error
    return [receipt for one in told if (receipt := _receipt(one, verified=verified)) is not None]


def _receipt(one: _Event, *, verified: bool) -> Receipt | None:
    status = _STATUSES.get(one.event)
    if status is None:
        return None
    detail: dict[str, Any] = {"provider_status": one.event}
    if one.event == "dropped":
        status = _DROPPED.get((one.reason or "").strip().lower(), "failed")
    if one.event == "bounce":
        detail["code"] = (one.status or "")[:12]
        if one.type == "blocked" or (one.status or "").startswith("4"):
            detail["soft"] = True
    agent = one.useragent or ""
    if one.event == "open" and (one.sg_machine_open or is_proxy(agent)):
        detail["machine"] = True
    if one.event == "click" and is_scanner(agent):
        detail["machine"] = True
    return Receipt(
        provider_id=one.sg_message_id.split(".")[0],
        status=status,
        occurred_at=one.timestamp * SECOND,
        id=one.sg_event_id[:200],
        proposal_id=one.proposal_id,
        detail=detail,
        verified=verified,
    )
