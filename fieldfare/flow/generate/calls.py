"""Segment-style calls as the generators make them: plain dictionaries, each labelled as generated."""

from typing import Any

from fieldfare.ground.instants import Instant, to_iso

Call = dict[str, Any]
Timed = tuple[Instant, Call]

CONSENT_EVENT = "Consent Updated"
NOTICE_VERSION = "2025-01"
_CONTEXT = {"generated": True, "library": {"name": "fieldfare-generate", "version": "1"}}


def track(event: str, user_id: str, message_id: str, at: Instant, properties: dict[str, Any]) -> Call:
    """Return a ``track`` call."""
    return {
        "type": "track",
        "event": event,
        "userId": user_id,
        "messageId": message_id,
        "timestamp": to_iso(at),
        "properties": properties,
        "context": _CONTEXT,
    }


def identify(
    user_id: str, message_id: str, at: Instant, traits: dict[str, Any], anonymous_id: str | None = None
) -> Call:
    """Return an ``identify`` call; ``anonymous_id`` joins what happened before the person was known."""
    call: Call = {
        "type": "identify",
        "userId": user_id,
        "messageId": message_id,
        "timestamp": to_iso(at),
        "traits": traits,
        "context": _CONTEXT,
    }
    if anonymous_id is not None:
        call["anonymousId"] = anonymous_id
    return call


def page(anonymous_id: str, message_id: str, at: Instant, name: str) -> Call:
    """Return a ``page`` call of a visitor who is not known yet."""
    return {
        "type": "page",
        "name": name,
        "anonymousId": anonymous_id,
        "messageId": message_id,
        "timestamp": to_iso(at),
        "properties": {"path": f"/{name}"},
        "context": _CONTEXT,
    }


def consent(channel: str, action: str, evidence: str) -> dict[str, Any]:
    """Return the properties of a ``Consent Updated`` event for marketing."""
    return {
        "purpose": "marketing",
        "channel": channel,
        "action": action,
        "notice_version": NOTICE_VERSION,
        "evidence": evidence,
    }
