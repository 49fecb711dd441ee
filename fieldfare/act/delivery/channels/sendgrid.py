"""The SendGrid channel: one e-mail, one call to v3 mail/send; receipts by its signed event webhook.

SendGrid has no idempotency key, so a call without a whole answer is ``UNKNOWN`` and never repeated; ``custom_args``
carry our id, which comes back in each event, so such a message is found by its first receipt, or in
the activity feed. Its own tracking and its
own unsubscribe footer are switched off: links and the way out are ours, and so is what counts as a click.
"""

from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.channels.call import Caller, kind_of
from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.channels.sendgrid_events import is_fresh, is_signed, open_key, read_events
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
from fieldfare.act.delivery.parse_channels import is_mail_address
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.errors import CallerError

_REFUSED_AUTH = frozenset({401, 403})
_MOST_CUSTOM = 1_000
"""Characters of a custom argument; SendGrid takes 10,000 bytes for all of them."""


class _Message(msgspec.Struct):
    msg_id: str = ""


class _Activity(msgspec.Struct):
    messages: list[_Message] = []


class SendgridChannel:
    """``Channel`` over SendGrid's v3 API."""

    def __init__(
        self, spec: ChannelSpec, *, from_email: str, from_name: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Take the configuration, secrets resolved. Raises ``ConfigError`` ``verification_key_invalid``."""
        self.name = spec.name
        self.capabilities = capabilities_of(spec)
        self._spec = spec
        self._from = {"email": from_email, "name": " ".join(from_name.split())}
        self._key = open_key(spec.verification_key, spec.name) if spec.verification_key is not None else None
        self._caller = Caller(spec.timeout_us, transport)

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the JSON, or ``REJECTED`` for an address that is none."""
        check_permit(message, permit)
        if not is_mail_address(message.to):
            return Outcome(kind=OutcomeKind.REJECTED, detail="address_unusable")
        content = [{"type": "text/plain", "value": message.text}]
        if message.html is not None:
            content.append({"type": "text/html", "value": message.html})
        mail: dict[str, Any] = {
            "personalizations": [{"to": [{"email": message.to}]}],
            "from": self._from,
            "subject": " ".join((message.subject or "").split()),
            "content": content,
            "headers": {name: " ".join(value.split()) for name, value in sorted(message.headers.items())},
            "custom_args": {"proposal_id": message.proposal_id[:_MOST_CUSTOM]},
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
            },
        }
        if self._spec.reply_to:
            mail["reply_to"] = {"email": self._spec.reply_to}
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=message.to,
            address_hash=permit.address_hash,
            headers={"content-type": "application/json"},
            body=msgspec.json.encode(mail),
            at=permit.granted_at,
        )

    def send(self, request: Request) -> Outcome:
        """Post the JSON once."""
        headers = {**request.headers, "authorization": f"Bearer {self._spec.api_key}"}
        answer = self._caller.post(f"{self._spec.url}/v3/mail/send", request.body, headers)
        if isinstance(answer, Outcome):
            return answer
        if answer.is_success:
            told = answer.headers.get("x-message-id", "")
            return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=told[:200] or request.proposal_id)
        # A key that is refused is ours to mend: the message was not taken and may go once it is.
        kind = OutcomeKind.FAILED if answer.status in _REFUSED_AUTH else kind_of(answer.status)
        return Outcome(kind=kind, detail=f"http_{answer.status}", retry_after_us=answer.retry_after_us)

    def look_up(self, lost: LostCall) -> Outcome:
        """Ask the activity feed, which is an add-on of SendGrid's and lags behind: only what it has says something.

        What it does not have may still come, so that is never taken for a failure.
        """
        query = urlencode({"limit": 1, "query": f"(unique_args['proposal_id']=\"{lost.proposal_id}\")"})
        headers = {"authorization": f"Bearer {self._spec.api_key}"}
        answer = self._caller.get(f"{self._spec.url}/v3/messages?{query}", headers)
        if isinstance(answer, Outcome):
            return Outcome(kind=OutcomeKind.UNKNOWN, detail="looked_up_nobody")
        unknown = Outcome(kind=OutcomeKind.UNKNOWN, detail=f"looked_up_{answer.status}")
        if not answer.is_success:
            return unknown
        try:
            found = msgspec.json.decode(answer.body, type=_Activity).messages
        except (msgspec.DecodeError, ValueError):
            return unknown
        if not found:
            return unknown
        name = found[0].msg_id.split(".")[0]
        return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=name[:200] or lost.proposal_id, detail="looked_up")

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        """Return what the event webhook says."""
        if not self.capabilities.receipts:
            text = (
                f"The channel `{self.name}` has no `verification_key`, so events cannot be told from forgeries. Set it."
            )
            raise CallerError("receipts_unsupported", text, status=404)
        is_proven = (
            self._key is not None
            and is_signed(self._key, posted.headers, posted.body)
            and is_fresh(posted.headers, posted.at)
        )
        if not is_proven and not self._spec.is_shadow:
            text = (
                "The signature of SendGrid does not fit the raw body and its time, or is older than five minutes. Let "
                "no proxy rewrite the body, and compare `verification_key` with the one of the event webhook."
            )
            raise CallerError("receipt_unsigned", text, status=401)
        return read_events(posted.body, verified=is_proven)

    def close(self) -> None:
        """Release the client."""
        self._caller.close()
