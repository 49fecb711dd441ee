"""The webhook channel: posts each message as JSON, signed as Standard Webhooks say, and reads signed receipts.

``webhook-id`` is the proposal's id, so a receiver that keeps ids delivers once whatever happens in between. What the
answer means: 2xx handed over (and its ``traits`` are set, where the step allows them); 408, 425, 429 and 503 failed
(not taken, try later); other 4xx and every redirect rejected; other 5xx and silence after the body was sent unknown.
Redirects are never followed. No connection is reused, because one that dies in the pool cannot tell whether the request
was read.

A receipt is a POST signed with the receipt secret. Its age is not checked (nothing here reads a clock): harmless,
because an event's id is made from the receipt, so an old one posted again is dropped.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.channels.call import Caller, kind_of
from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.events import RECEIPT_EVENTS
from fieldfare.act.delivery.model import (
    Answer,
    ChannelSpec,
    Inbound,
    LostCall,
    Message,
    Outcome,
    OutcomeKind,
    Posted,
    Receipt,
    Request,
)
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.instants import SECOND, Instant, parse_iso

_PREFIX = "whsec_"
_TAKEN, _NOT_TAKEN = 200, 404
_LONGEST_VALUE = 1_000


class _Answer(msgspec.Struct):
    id: str | None = None


class _Told(msgspec.Struct):
    traits: dict[str, Any] = {}


class _ReceiptFile(msgspec.Struct):
    provider_id: str
    status: str
    occurred_at: str
    soft: bool = False
    id: str | None = None


class _ReceiptsFile(msgspec.Struct):
    receipts: list[_ReceiptFile]


class WebhookChannel:
    """``Channel`` over signed HTTP."""

    def __init__(
        self,
        spec: ChannelSpec,
        *,
        now: Callable[[], Instant] = lambda: 0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the configuration, secrets resolved. Raises ``ConfigError`` ``channel_secret_invalid``."""
        self.name = spec.name
        self.capabilities = capabilities_of(spec)
        self._url, self._is_shadow = spec.url, spec.is_shadow
        self._key = _key(spec.secret or "", spec.name)
        self._receipt_key = _key(spec.receipt_secret, spec.name) if spec.receipt_secret else self._key
        self._caller = Caller(spec.timeout_us, transport)
        self._lookup_url, self._now = spec.lookup_url, now

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the signed body."""
        check_permit(message, permit)
        content = {
            "type": "message.send",
            "timestamp": permit.granted_at // SECOND,
            "data": {
                "id": message.proposal_id,
                "channel": message.channel,
                "template": message.template,
                "to": message.to,
                "subject": message.subject,
                "text": message.text,
                "html": message.html,
                "unsubscribe_url": message.unsubscribe_url,
            },
        }
        body = msgspec.json.encode(content)
        at = str(permit.granted_at // SECOND)
        headers = {
            "content-type": "application/json",
            "webhook-id": message.proposal_id,
            "webhook-timestamp": at,
            "webhook-signature": sign(self._key, message.proposal_id, at, body),
        }
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=message.to,
            address_hash=permit.address_hash,
            headers=headers,
            body=body,
            at=permit.granted_at,
            answers=message.answers,
            hops=message.hops,
        )

    def send(self, request: Request) -> Outcome:
        """Post the body once."""
        answer = self._caller.post(self._url, request.body, request.headers)
        if isinstance(answer, Outcome):
            return answer
        if answer.is_success:
            return Outcome(
                kind=OutcomeKind.HANDED_OVER,
                provider_id=_answer_id(answer.body) or request.proposal_id,
                answer=answer_of(answer.body, request.answers, request.hops),
            )
        kind, wait = kind_of(answer.status), answer.retry_after_us
        return Outcome(kind=kind, detail=f"http_{answer.status}", retry_after_us=wait)

    def look_up(self, lost: LostCall) -> Outcome:
        """Ask the receiver whether it took the message: 200 or 404, signed like a message without a body."""
        at = str(self._now() // SECOND)
        headers = {
            "webhook-id": lost.proposal_id,
            "webhook-timestamp": at,
            "webhook-signature": sign(self._key, lost.proposal_id, at, b""),
        }
        answer = self._caller.get(f"{self._lookup_url}/{lost.proposal_id}", headers)
        status = 0 if isinstance(answer, Outcome) else answer.status
        if status == _TAKEN:
            return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=lost.proposal_id, detail="looked_up")
        kind = OutcomeKind.FAILED if status == _NOT_TAKEN else OutcomeKind.UNKNOWN
        return Outcome(kind=kind, detail=f"looked_up_{status}" if status else "looked_up_nobody")

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        """Return the receipts of ``{"receipts": [{provider_id, status, occurred_at, soft?}]}``."""
        headers, body = posted.headers, posted.body
        signed = (headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""))
        wanted = sign(self._receipt_key, *signed, body).encode()
        shown = headers.get("webhook-signature", "").encode().split()
        is_proven = all(signed) and any([hmac.compare_digest(wanted, one) for one in shown])  # noqa: C419 - same time for all
        if not is_proven and not self._is_shadow:
            message = (
                "The receipt's signature does not fit. Sign the raw body as Standard Webhooks say, with our secret."
            )
            raise CallerError("receipt_unsigned", message, status=401)
        try:
            told = msgspec.json.decode(body, type=_ReceiptsFile)
            return [_receipt(one, verified=is_proven) for one in told.receipts]
        except (msgspec.DecodeError, ValueError) as error:
            message = (
                "The receipts cannot be read. Send "
                '{"receipts": [{"provider_id": …, "status": …, "occurred_at": ISO time}]} '
                f"with a status of {', '.join(RECEIPT_EVENTS)}."
            )
            raise CallerError("receipt_invalid", message) from error

    def close(self) -> None:
        """Release the client. Calling it twice is harmless."""
        self._caller.close()


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the Standard Webhooks signature ``v1,…`` of a body (timestamp in seconds)."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str, channel: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 16:  # noqa: PLR2004 - 128 bits
        message = (
            f"The secret of the channel `{channel}` is no Standard Webhooks secret: whsec_ and at least 16 bytes in "
            "base64. Receivers could not check our calls. Take the one that the receiver shows."
        )
        raise ConfigError("channel_secret_invalid", message)
    return key


def _answer_id(body: bytes) -> str | None:
    """Return the provider's id from a small JSON answer. The message is taken already: nothing here may change that."""
    try:
        told = msgspec.json.decode(body, type=_Answer).id
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return (told or "").replace("\0", "")[:200] or None


def answer_of(body: bytes, allowed: frozenset[str], hops: int) -> Answer | None:
    """Return what an answer sets: its ``traits``, those that the step allows, and of them plain values alone.

    The call is done whatever stands there, so what cannot be read or is not allowed is left out in silence.
    """
    if not allowed:
        return None
    try:
        told = msgspec.json.decode(body, type=_Told).traits
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    traits = {name: value for name, value in sorted(told.items()) if name in allowed and _is_plain(value)}
    return Answer(traits, hops) if traits else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_VALUE
    return value is None or isinstance(value, bool | int | float)


def _receipt(one: _ReceiptFile, *, verified: bool) -> Receipt:
    if one.status not in RECEIPT_EVENTS:
        text = f"unknown status {one.status[:40]!r}"
        raise ValueError(text)
    return Receipt(
        provider_id=one.provider_id,
        status=one.status,
        occurred_at=parse_iso(one.occurred_at),
        id=one.id,
        detail={"soft": True} if one.soft else {},
        verified=verified,
    )
