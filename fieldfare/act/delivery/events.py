"""The events that delivery writes: what became of a message, what a provider reported, and a withdrawal. Pure.

They are Segment-style track calls with deterministic message ids, so a second append is dropped as a duplicate. They
name the profile and the address only by ``context.fieldfare`` (profile id, keyed hash), which the front door must not
accept from outside. Nothing personal is in them.
"""

from typing import Any

from fieldfare.act.delivery.model import Attempt, OutcomeKind, Receipt
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import SECOND, Instant, to_iso

MESSAGE_SENT = "Message Sent"
MESSAGE_FAILED = "Message Failed"
MESSAGE_UNKNOWN = "Message Outcome Unknown"
CONSENT_UPDATED = "Consent Updated"
RECEIPT_EVENTS = {
    "delivered": "Message Delivered",
    "bounced": "Message Bounced",
    "complained": "Message Complained",
    "opened": "Message Opened",
    "clicked": "Message Clicked",
    "unsubscribed": "Message Unsubscribed",
    "failed": "Message Failed",
}
"""Event name for each status of a receipt."""

_OF_OUTCOME = {
    OutcomeKind.HANDED_OVER.value: MESSAGE_SENT,
    OutcomeKind.REJECTED.value: MESSAGE_FAILED,
    OutcomeKind.FAILED.value: MESSAGE_FAILED,
    OutcomeKind.UNKNOWN.value: MESSAGE_UNKNOWN,
}


def outcome_event(attempt: Attempt, outcome: str, at: Instant, *, detail: str | None, suppress: bool) -> dict[str, Any]:
    """Return the event of an attempt's final outcome."""
    properties = {**_about(attempt), "outcome": outcome, "detail": detail, "suppress": suppress}
    return _event(_OF_OUTCOME[outcome], derived_id("out", attempt.id), at, properties, _subject(attempt))


def receipt_event(attempt: Attempt, receipt: Receipt) -> dict[str, Any]:
    """Return the event of one receipt. A hard bounce and a complaint carry ``suppress``."""
    message_id = derived_id("rcp", attempt.channel, receipt.provider_id, receipt.status, receipt.occurred_at)
    properties = {**_about(attempt), **receipt.detail, "suppress": suppresses(receipt)}
    return _event(RECEIPT_EVENTS[receipt.status], message_id, receipt.occurred_at, properties, _subject(attempt))


def suppresses(receipt: Receipt) -> bool:
    """Whether the address must not be contacted again: a complaint, or a bounce that is not marked as soft."""
    return receipt.status == "complained" or (receipt.status == "bounced" and not receipt.detail.get("soft", False))


def withdrawal_event(
    *, profile_id: int, address_hash: bytes, purpose: str, channel: str, proposal_id: str, now: Instant, evidence: str
) -> dict[str, Any]:
    """Return the withdrawal of one purpose on one channel.

    Its id holds the second in which it was made: a double click is one event, a withdrawal after a later grant another.
    """
    message_id = derived_id("uns", proposal_id, address_hash, purpose, channel, now // SECOND)
    properties = {
        "purpose": purpose,
        "channel": channel,
        "action": "withdraw",
        "evidence": evidence,
        "proposal_id": proposal_id,
    }
    return _event(CONSENT_UPDATED, message_id, now, properties, (profile_id, address_hash))


def _about(attempt: Attempt) -> dict[str, Any]:
    return {
        "proposal_id": attempt.proposal_id,
        "attempt_id": attempt.id,
        "channel": attempt.channel,
        "template": attempt.template,
        "purpose": attempt.purpose,
        "journey": attempt.journey,
    }


def _subject(attempt: Attempt) -> tuple[int, bytes]:
    return attempt.profile_id, attempt.address_hash


def _event(
    name: str, message_id: str, at: Instant, properties: dict[str, Any], subject: tuple[int, bytes]
) -> dict[str, Any]:
    profile_id, address_hash = subject
    return {
        "type": "track",
        "event": name,
        "messageId": message_id,
        "timestamp": to_iso(at),
        "properties": properties,
        "context": {"fieldfare": {"profile_id": profile_id, "address_hash": address_hash.hex(), "hop": 1}},
    }
