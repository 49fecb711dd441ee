"""Read what mail servers send back: delivery status notifications (RFC 3464) and abuse reports (RFC 5965). Pure.

The mail server posts the raw mail with a bearer token; a mail itself proves nothing about who wrote it. A report names
our message by the Message-ID in the headers it returns. Its time is the report's own Date.
"""

import hmac
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

from fieldfare.act.delivery.model import Receipt
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, from_datetime

_ACTIONS = {"failed": "bounced", "delivered": "delivered", "relayed": "delivered", "expanded": "delivered"}


def parse_bounce(headers: Mapping[str, str], body: bytes, secret: str | None, channel: str) -> list[Receipt]:
    """Return the receipts of one raw mail; a mail that is no report gives none."""
    if secret is None:
        message = f"The channel `{channel}` has no `receipt_secret`, so reports cannot be told from forgeries. Set one."
        raise CallerError("receipts_unsupported", message, status=404)
    shown = headers.get("authorization", "")
    if not hmac.compare_digest(shown.encode(), f"Bearer {secret}".encode()):
        message = "The report carries no valid token. Send `Authorization: Bearer` and the channel's `receipt_secret`."
        raise CallerError("receipt_unsigned", message, status=401)
    mail = message_from_bytes(body, policy=policy.default)
    parts = list(_parts(mail))
    original = _original_id(parts)
    if original is None:
        return []
    at = _date(mail)
    kinds = {part.get_content_type(): part for part in parts}
    if "message/feedback-report" in kinds:
        return [Receipt(provider_id=original, status="complained", occurred_at=at)]
    return [
        Receipt(provider_id=original, status=status, occurred_at=at, detail=detail)
        for status, detail in _statuses(kinds.get("message/delivery-status"))
    ]


def _parts(mail: EmailMessage) -> Iterator[EmailMessage]:
    for part in mail.walk():
        if isinstance(part, EmailMessage):
            yield part


def _original_id(parts: list[EmailMessage]) -> str | None:
    """Return the Message-ID of the mail that is reported about: of the last part that has one, besides the report."""
    for part in parts[1:]:
        if part.get_content_type() == "text/rfc822-headers":
            inner = _headers_in(part)
            if inner["Message-ID"]:
                return str(inner["Message-ID"]).strip()
        elif part["Message-ID"]:
            return str(part["Message-ID"]).strip()
    return None


def _headers_in(part: EmailMessage) -> EmailMessage:
    payload = part.get_payload(decode=True)
    return message_from_bytes(payload if isinstance(payload, bytes) else b"", policy=policy.default)


def _statuses(report: EmailMessage | None) -> Iterator[tuple[str, dict[str, object]]]:
    blocks = report.get_payload() if report is not None else []
    for block in blocks if isinstance(blocks, list) else []:
        assert isinstance(block, Message), "a delivery-status part holds header blocks"
        action = str(block.get("Action", "")).strip().lower()
        code = str(block.get("Status", "")).strip()[:12]
        if action in _ACTIONS:
            soft = {"soft": True} if action == "failed" and not code.startswith("5.1.") else {}
            yield _ACTIONS[action], {"code": code, **soft}


def _date(mail: EmailMessage) -> Instant:
    try:
        return from_datetime(parsedate_to_datetime(str(mail["Date"])))
    except (TypeError, ValueError) as error:
        message = "The report has no readable Date header, so its time is unknown. Post the mail as it was received."
        raise CallerError("receipt_invalid", message, field="Date") from error
