"""The events that delivery writes: what became of a message, what a provider reported, and a withdrawal. Pure.

They are Segment-style track calls with deterministic message ids, so a second append is dropped as a duplicate. They
name the profile and the address only by ``context.fieldfare`` (profile id, keyed hash), which the front door must not
accept from outside. Nothing personal is in them.
"""

from typing import Any

from fieldfare.act.delivery.fates import Kept, Report
from fieldfare.act.delivery.model import Answer, Attempt, Inbound, OutcomeKind, Receipt, TrackedLink
from fieldfare.decide.journeys.model import MOST_HOPS
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import MINUTE, SECOND, Instant, to_iso
from fieldfare.trust.consent.capture import CAPTURE

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
    "deferred": "Message Deferred",
}
"""Event name for each status of a receipt."""
MACHINE_EVENTS = {"opened": "Message Opened by Machine", "clicked": "Message Clicked by Machine"}
"""What scanners, previews and picture proxies do has names of its own: no decision that listens to people hears it."""
MESSAGE_RECEIVED = "Message Received"

OWN_EVENTS = frozenset(
    {
        MESSAGE_SENT,
        MESSAGE_FAILED,
        MESSAGE_UNKNOWN,
        MESSAGE_RECEIVED,
        *RECEIPT_EVENTS.values(),
        *MACHINE_EVENTS.values(),
    }
)
"""Names that definitions may use without a contract: delivery itself writes these events."""

_OF_OUTCOME = {
    OutcomeKind.HANDED_OVER.value: MESSAGE_SENT,
    OutcomeKind.REJECTED.value: MESSAGE_FAILED,
    OutcomeKind.FAILED.value: MESSAGE_FAILED,
    OutcomeKind.UNKNOWN.value: MESSAGE_UNKNOWN,
}


def outcome_event(
    attempt: Attempt, outcome: str, at: Instant, *, detail: str | None, suppress: bool, looked_up: int = 0
) -> dict[str, Any]:
    """Return the event of an attempt's final outcome; ``looked_up``: how often the provider was asked for it."""
    properties = {**_about(attempt), "outcome": outcome, "detail": detail, "suppress": suppress}
    if looked_up:
        properties["looked_up"] = looked_up
    return _event(_OF_OUTCOME[outcome], f"out_{attempt.id}", at, properties, _subject(attempt))


def receipt_event(attempt: Attempt, receipt: Receipt) -> dict[str, Any]:
    """Return the event of one receipt. A hard bounce and a complaint carry ``suppress``; a machine its own name.

    The same report twice is one event: by the provider's id of it, or by message, status and time.
    """
    told = (receipt.id,) if receipt.id is not None else (receipt.provider_id, receipt.status, receipt.occurred_at)
    message_id = derived_id("rcp", attempt.channel, *told)
    properties = {**_about(attempt), **receipt.detail, "suppress": suppresses(receipt)}
    if not receipt.verified:
        properties["verified"] = False
    name = RECEIPT_EVENTS[receipt.status]
    if receipt.detail.get("machine") is True:
        name = MACHINE_EVENTS.get(receipt.status, name)
    return _event(name, message_id, receipt.occurred_at, properties, _subject(attempt))


def visit_event(attempt: Attempt, link: TrackedLink, at: Instant, *, is_machine: bool) -> dict[str, Any]:
    """Return the event of a followed link or a fetched picture. A person's second visit within a minute is the same."""
    status = "opened" if link.kind == "open" else "clicked"
    name = MACHINE_EVENTS[status] if is_machine else RECEIPT_EVENTS[status]
    message_id = derived_id("vis", link.id, name, at // MINUTE)
    properties = {**_about(attempt), "link_id": link.id, "link_place": link.place, "machine": is_machine}
    return _event(name, message_id, at, properties, _subject(attempt))


def inbound_event(inbound: Inbound, channel: str, subject: tuple[int, bytes], at: Instant) -> dict[str, Any]:
    """Return the event of an answer: what it asks for, not what it says."""
    properties = {"channel": channel, "keyword": inbound.keyword.value, "characters": len(inbound.text)}
    if not inbound.verified:
        properties["verified"] = False
    return _event(MESSAGE_RECEIVED, derived_id("inb", channel, inbound.id), at, properties, subject)


def stop_event(
    inbound_id: str, channel: str, subject: tuple[int, bytes], at: Instant, purpose: str | None = None
) -> dict[str, Any]:
    """Return the withdrawal that STOP is: of everything that needs consent, or of one purpose, on a channel."""
    properties = {"channel": channel, "action": "withdraw", "evidence": "answered STOP", "method": "stop_word"}
    if purpose is not None:
        properties["purpose"] = purpose
    return _event(CONSENT_UPDATED, derived_id("stp", channel, inbound_id), at, properties, subject)


def start_event(inbound_id: str, subject: tuple[int, bytes], at: Instant) -> dict[str, Any]:
    """Return what START does: it lifts every STOP from the same number, and grants nothing."""
    properties = {
        "channel": "*",
        "action": "refresh",
        "evidence": "answered START",
        "method": "start_word",
        "lift": True,
    }
    return _event(CONSENT_UPDATED, derived_id("stt", inbound_id), at, properties, subject)


def reviewed_event(review: str, channel: str, subject: tuple[int, bytes], at: Instant, actor: str) -> dict[str, Any]:
    """Return the withdrawal that an answer is, as a person has read it."""
    properties = {
        "channel": channel,
        "action": "withdraw",
        "evidence": f"answer {review} read as an opt-out",
        "method": "review",
        "actor": actor,
    }
    return _event(CONSENT_UPDATED, derived_id("rvw", channel, review), at, properties, subject)


def opt_out_event(attempt: Attempt, at: Instant) -> dict[str, Any]:
    """Return the withdrawal that the provider told of when it refused a message."""
    properties = {
        "channel": attempt.channel,
        "action": "withdraw",
        "evidence": "opted out at the provider",
        "method": "provider_opt_out",
        "proposal_id": attempt.proposal_id,
    }
    return _event(CONSENT_UPDATED, derived_id("opt", attempt.id), at, properties, _subject(attempt))


def answer_event(attempt: Attempt, answer: Answer, at: Instant) -> dict[str, Any] | None:
    """Return the traits that another system answered, ``None`` where too many journeys started one another before.

    There is one for each proposal, so an answer that is given twice counts once.
    """
    if answer.hops >= MOST_HOPS:
        return None
    return {
        "type": "identify",
        "traits": answer.traits,
        "messageId": derived_id("ans", attempt.proposal_id),
        "timestamp": to_iso(at),
        "context": {"fieldfare": {"profile_id": attempt.profile_id, "hop": answer.hops + 1}},
    }


def person_event(
    prefix: str, properties: dict[str, Any], capture: dict[str, Any], subject: tuple[int, bytes | None], at: Instant
) -> dict[str, Any]:
    """Return an act of consent by or for a known profile; ``capture``: what of it the lake must not keep.

    Its id holds the second: a double click is one event. Without an address it speaks for all the person has.
    """
    told = (properties.get("purpose"), properties.get("channel"), properties.get("action"))
    message_id = derived_id(prefix, subject[0], *map(str, told), at // SECOND)
    made = _event(CONSENT_UPDATED, message_id, at, properties, subject)
    made["context"][CAPTURE] = {name: value for name, value in capture.items() if value is not None}
    return made


def kept_receipt(attempt: Attempt, receipt: Receipt, message_id: str) -> Kept:
    """Return what is kept of a receipt, beside its event of this id."""
    told = receipt.detail
    code = told.get("code") or told.get("provider_status")
    report = Report(
        status=receipt.status,
        at=receipt.occurred_at,
        code=str(code)[:60] if code else None,
        is_soft=told.get("soft") is True,
        is_machine=told.get("machine") is True,
    )
    return _kept(attempt, message_id, report, is_verified=receipt.verified)


def kept_visit(attempt: Attempt, event: dict[str, Any], at: Instant, *, is_machine: bool) -> Kept:
    """Return what is kept of a followed link or a fetched picture, beside its event."""
    opened = event["event"] in {RECEIPT_EVENTS["opened"], MACHINE_EVENTS["opened"]}
    report = Report(status="opened" if opened else "clicked", at=at, is_machine=is_machine)
    return _kept(attempt, event["messageId"], report)


def kept_reply(attempt: Attempt, event: dict[str, Any], at: Instant) -> Kept:
    """Return what is kept of an answer: to the last message that went to the address, as far as can be known."""
    return _kept(attempt, event["messageId"], Report(status="replied", at=at))


def _kept(attempt: Attempt, message_id: str, report: Report, *, is_verified: bool = True) -> Kept:
    return Kept(
        id=message_id,
        attempt_id=attempt.id,
        proposal_id=attempt.proposal_id,
        channel=attempt.channel,
        report=report,
        is_verified=is_verified,
    )


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
        "method": "unsubscribe_link",
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
    name: str, message_id: str, at: Instant, properties: dict[str, Any], subject: tuple[int, bytes | None]
) -> dict[str, Any]:
    profile_id, address_hash = subject
    told: dict[str, Any] = {"profile_id": profile_id, "hop": 1}
    if address_hash is not None:
        told["address_hash"] = address_hash.hex()
    return {
        "type": "track",
        "event": name,
        "messageId": message_id,
        "timestamp": to_iso(at),
        "properties": properties,
        "context": {"fieldfare": told},
    }
