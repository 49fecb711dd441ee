"""Read what mail servers send back: delivery status notifications (RFC 3464) and abuse reports (RFC 5965). Pure.

The mail server posts the raw mail with a bearer token; a mail itself proves nothing about who wrote it. A report names
our message by the Message-ID in the headers it returns, or by the signed address that it was sent to (see ``verp``):
that one counts more, because many servers return no headers. A mail to such an address that is no report in the
standard's form is a bounce of the old kind, and soft, because nobody can say of what kind; an automatic answer is none.
Its time is the report's own Date.
"""

import hmac
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

import msgspec

from fieldfare.act.delivery.channels.verp import proposal_of
from fieldfare.act.delivery.model import Posted, Receipt
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, from_datetime

_ACTIONS = {
    "failed": "bounced",
    "delayed": "deferred",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
_REACHED_AT = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")


class BounceProof(msgspec.Struct, frozen=True):
    """How a report of one channel proves itself; ``domain`` is that of our Message-IDs."""

    secret: str | None
    channel: str
    domain: str
    is_shadow: bool = False


def parse_bounce(posted: Posted, proof: BounceProof) -> list[Receipt]:
    """Return the receipts of one raw mail; a mail that is no report gives none."""
    secret = proof.secret
    if secret is None:
        message = (
            f"The channel `{proof.channel}` has no `receipt_secret`, so reports cannot be told from forgeries. Set one."
        )
        raise CallerError("receipts_unsupported", message, status=404)
    shown = posted.headers.get("authorization", "")
    is_proven = hmac.compare_digest(shown.encode(), f"Bearer {secret}".encode())
    if not is_proven and not proof.is_shadow:
        message = "The report carries no valid token. Send `Authorization: Bearer` and the channel's `receipt_secret`."
        raise CallerError("receipt_unsigned", message, status=401)
    mail = message_from_bytes(posted.body, policy=policy.default)
    parts = list(_parts(mail))
    ours = proposal_of([str(value) for name in _REACHED_AT for value in mail.get_all(name, [])], secret)
    original = f"<{ours}@{proof.domain}>" if ours is not None else _original_id(parts)
    if original is None:
        return []
    return [
        Receipt(
            provider_id=original,
            status=status,
            occurred_at=_date(mail),
            proposal_id=ours,
            detail=detail,
            verified=is_proven,
        )
        for status, detail in _told(mail, parts, by_address=ours is not None)
    ]


def _told(mail: EmailMessage, parts: list[EmailMessage], *, by_address: bool) -> list[tuple[str, dict[str, object]]]:
    kinds = {part.get_content_type(): part for part in parts}
    if "message/feedback-report" in kinds:
        return [("complained", {})]
    if "message/delivery-status" in kinds:
        return list(_statuses(kinds["message/delivery-status"]))
    is_answer = str(mail.get("Auto-Submitted", "no")).strip().lower().startswith("auto-replied")
    return [("bounced", {"soft": True, "code": "unread"})] if by_address and not is_answer else []


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


def _statuses(report: EmailMessage) -> Iterator[tuple[str, dict[str, object]]]:
    blocks = report.get_payload()
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
