"""What the consent API is asked to record, as values, and the event that it becomes. Pure.

The person is a known profile, told by its id or one of its identifiers; or somebody new, told by identifiers, of whom a
source of the workspace tells. An e-mail address or number that the API gives counts as verified: whoever may call it
answers for it.
"""

from typing import Any

import msgspec

from fieldfare.act.delivery.events import CONSENT_UPDATED
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso

_PERSON = ("user_id", "anonymous_id", "email", "phone")
_CAPTURE = frozenset(
    {"evidence", "ip", "user_agent", "url", "reference", "tc_string", "gpp_string", "notice_text", "actor"}
)
"""What the lake must not keep in clear."""


class ConsentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One act of consent; see docs/reference/consent.md."""

    profile: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    source: str | None = None
    message_id: str | None = None
    occurred_at: str | None = None
    action: str = ""
    purpose: str | None = None
    channel: str | None = None
    scope: str | None = None
    legal_basis: str | None = None
    notice_version: str | None = None
    notice_language: str | None = None
    notice_text: str | None = None
    notice_hash: str | None = None
    evidence: str | None = None
    method: str | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    platform: str | None = None
    platform_purpose: str | None = None
    reference: str | None = None
    tc_string: str | None = None
    gpp_string: str | None = None
    gpc: bool | None = None
    expires_at: str | None = None
    confirmed: bool | None = None
    actor: str | None = None


_NOT_TOLD = frozenset({"profile", "source", "message_id", "occurred_at", *_PERSON})


def names_person(asked: ConsentRequest) -> bool:
    """Return whether the request tells identifiers of the person."""
    return any(getattr(asked, name) for name in _PERSON)


def told_of(asked: ConsentRequest) -> dict[str, Any]:
    """Return the properties of the consent event that a request stands for."""
    values = msgspec.structs.asdict(asked).items()
    return {name: value for name, value in values if name not in _NOT_TOLD and value is not None}


def parted(asked: ConsentRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the properties for an event of Fieldfare's own: those that the lake may keep, and the others."""
    told = told_of(asked)
    shown = {name: value for name, value in told.items() if name not in _CAPTURE}
    return shown, {name: value for name, value in told.items() if name in _CAPTURE}


def vouched_event(asked: ConsentRequest, now: Instant) -> dict[str, Any]:
    """Return the event by which a source tells of somebody."""
    when = asked.occurred_at or to_iso(now)
    parts = (str(msgspec.structs.asdict(asked)), when)
    event: dict[str, Any] = {
        "type": "track",
        "event": CONSENT_UPDATED,
        "messageId": asked.message_id or derived_id("api", *parts),
        "timestamp": when,
        "properties": told_of(asked),
    }
    if asked.user_id:
        event["userId"] = asked.user_id
    if asked.anonymous_id:
        event["anonymousId"] = asked.anonymous_id
    reached = {name: getattr(asked, name) for name in ("email", "phone") if getattr(asked, name)}
    if reached:
        event["context"] = {"traits": reached | {f"{name}_verified": True for name in reached}}
    return event
