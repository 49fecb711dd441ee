"""The Twilio channel: one text message, one call; receipts and answers of people by signed webhook.

Twilio has no idempotency key for messages, so a call without a whole answer is ``UNKNOWN``. The address of its status
callback carries our id: a message whose answer was lost is found by its first receipt, or in Twilio's list of messages
to the number (see ``twilio_list``). Callbacks repeat and come in any order, and carry no time: each (message, status)
is one event, at the time of its arrival.

A text is sent as it was written: nothing is shortened or replaced to save segments. One that is too long is refused.
"""

from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
import msgspec

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.channels.call import Answer, Caller
from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.channels.twilio_errors import MEANINGS, meaning_of
from fieldfare.act.delivery.channels.twilio_list import PAGE_SIZE, MessageList, find_lost
from fieldfare.act.delivery.channels.twilio_signature import form_of, is_signed
from fieldfare.act.delivery.model import (
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
from fieldfare.act.delivery.replies import keyword_of
from fieldfare.act.delivery.segments import segments_of
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.errors import CallerError
from fieldfare.know.identity.normal import normal_phone

_STATUSES = {
    "delivered": "delivered",
    "read": "opened",
    "undelivered": "failed",
    "failed": "failed",
}
"""Final statuses by ours; queued, sending and sent say nothing that is not known."""


class _Answer(msgspec.Struct):
    sid: str | None = None
    code: int | None = None


class TwilioChannel:
    """``Channel`` over Twilio's Messages resource."""

    def __init__(self, spec: ChannelSpec, *, transport: httpx.BaseTransport | None = None) -> None:
        """Take the configuration, secrets resolved."""
        self.name = spec.name
        self.capabilities = capabilities_of(spec)
        self._spec = spec
        self._url = f"{spec.url}/2010-04-01/Accounts/{spec.account_sid}/Messages.json"
        self._caller = Caller(spec.timeout_us, transport)

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the form, or ``REJECTED``: no number, an empty text, or one of too many segments."""
        check_permit(message, permit)
        number = normal_phone(message.to)
        if number is None or number != message.to:
            return Outcome(kind=OutcomeKind.REJECTED, detail="address_unusable")
        text = message.text.strip()
        if not text:
            return Outcome(kind=OutcomeKind.REJECTED, detail="text_empty")
        if segments_of(text).count > self._spec.max_segments or len(text) > (self.capabilities.max_length or len(text)):
            return Outcome(kind=OutcomeKind.REJECTED, detail="text_too_long")
        form = {"To": number, "Body": text}
        if self._spec.messaging_service is not None:
            form["MessagingServiceSid"] = self._spec.messaging_service
        else:
            form["From"] = self._spec.from_number or ""
        if self._spec.receipts_url:
            form["StatusCallback"] = f"{self._spec.receipts_url}?proposal={quote(message.proposal_id)}"
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=number,
            address_hash=permit.address_hash,
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            body=urlencode(form).encode(),
            at=permit.granted_at,
        )

    def send(self, request: Request) -> Outcome:
        """Post the form once."""
        auth = (self._spec.account_sid, self._spec.auth_token or "")
        answer = self._caller.post(self._url, request.body, request.headers, auth)
        if isinstance(answer, Outcome):
            return answer
        told = _read(answer)
        if answer.is_success:
            # Taken, whatever the body says; without an id its receipts are found by ours.
            sid = (told.sid or "").replace("\0", "")[:200]
            return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=sid or request.proposal_id)
        meaning = meaning_of(told.code, answer.status)
        return Outcome(
            kind=meaning.outcome,
            detail=f"twilio_{told.code}_{meaning.word}" if told.code in MEANINGS else meaning.word,
            suppress=meaning.suppress,
            opted_out=meaning.opted_out,
            retry_after_us=answer.retry_after_us,
        )

    def look_up(self, lost: LostCall) -> Outcome:
        """Ask for the messages to the number, the newest first; only the one that fits says something."""
        if lost.to is None:
            return Outcome(kind=OutcomeKind.UNKNOWN, detail="looked_up_without_address")
        query = urlencode({"To": lost.to, "PageSize": PAGE_SIZE})
        auth = (self._spec.account_sid, self._spec.auth_token or "")
        answer = self._caller.get(f"{self._url}?{query}", {"accept": "application/json"}, auth)
        if isinstance(answer, Outcome):
            return Outcome(kind=OutcomeKind.UNKNOWN, detail="looked_up_nobody")
        unknown = Outcome(kind=OutcomeKind.UNKNOWN, detail=f"looked_up_{answer.status}")
        if not answer.is_success:
            return unknown
        try:
            return find_lost(msgspec.json.decode(answer.body, type=MessageList), lost, self._spec)
        except (msgspec.DecodeError, ValueError):
            return unknown

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        """Return what a status callback says of a message, or the message that a person wrote."""
        spec = self._spec
        url = f"{_origin(spec.receipts_url)}{posted.target}" if posted.target else spec.receipts_url
        token, shared = spec.auth_token or "", spec.webhook_secret
        is_proven = is_signed(url, posted.headers, posted.body, token=token, shared_key=shared)
        if not is_proven and not spec.is_shadow:
            text = (
                "The signature of Twilio does not fit. It covers the address as Twilio knows it; ours is "
                f"{spec.receipts_url}: correct `public_url`, the proxy in front, or `auth_token`."
            )
            raise CallerError("receipt_unsigned", text, status=401)
        told = _fields(posted)
        sid = told.get("MessageSid") or told.get("SmsSid") or ""
        if not sid:
            text = "The callback names no message. Twilio sends `MessageSid`; point only its message webhooks here."
            raise CallerError("receipt_invalid", text, field="MessageSid")
        status = (told.get("MessageStatus") or told.get("SmsStatus") or "").lower()
        if status in {"received", "receiving"} or ("Body" in told and "MessageStatus" not in told):
            return [_inbound(sid, told, is_proven=is_proven)]
        return _receipts(sid, status, told, posted, is_proven=is_proven)

    def close(self) -> None:
        """Release the client."""
        self._caller.close()


def _receipts(
    sid: str, status: str, told: dict[str, str], posted: Posted, *, is_proven: bool
) -> list[Receipt | Inbound]:
    ours = _STATUSES.get(status)
    if ours is None:
        return []
    code = told.get("ErrorCode", "")
    meaning = MEANINGS.get(int(code)) if code.isdecimal() and len(code) < 7 else None  # noqa: PLR2004 - codes have five
    detail: dict[str, Any] = {"code": code, "provider_status": status} if code else {"provider_status": status}
    if meaning is not None:
        detail["meaning"] = meaning.word
        if not meaning.soft:
            ours = "unsubscribed" if meaning.opted_out else "bounced"
    receipt = Receipt(
        provider_id=sid,
        status=ours,
        occurred_at=posted.at,
        id=f"{sid}.{status}",
        proposal_id=next(iter(parse_qs(urlsplit(posted.target).query).get("proposal", ())), None),
        detail=detail,
        verified=is_proven,
    )
    return [receipt]


def _inbound(sid: str, told: dict[str, str], *, is_proven: bool) -> Inbound:
    """Return the person's message. Where Twilio itself says what it is (Advanced Opt-Out), its word counts."""
    text = told.get("Body", "")
    official = told.get("OptOutType", "")
    return Inbound(
        id=sid, sender=told.get("From", ""), text=text, keyword=keyword_of(official or text), verified=is_proven
    )


def _fields(posted: Posted) -> dict[str, str]:
    if "json" in posted.headers.get("content-type", ""):
        try:
            told = msgspec.json.decode(posted.body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            text = "The callback is not JSON although it says so. Point only Twilio's message webhooks here."
            raise CallerError("receipt_invalid", text) from error
        return {name: str(value) for name, value in told.items() if value is not None}
    return dict(form_of(posted.body))


def _read(answer: Answer) -> _Answer:
    try:
        return msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.DecodeError, ValueError):
        return _Answer()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
