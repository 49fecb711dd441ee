"""From an event to consent records: the ``Consent Updated`` event, and the category preferences that SDKs attach.

Pure. A refusal is never lost: one without a purpose refuses all that need consent, one for an undeclared purpose is
kept and reported. A grant needs a declared purpose, a channel it is declared for, and evidence; a preference that
says *true* has none, so it grants nothing. Nothing here reads who the person is: the caller says.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import EVERY, Action, ConsentPolicy, ConsentRecord, Ignored

CONSENT_EVENTS = frozenset({"Consent Updated", "consent_updated"})
"""Names under which the event comes in; nothing else may grant."""

_TEXT_LIMIT = 2_000


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted, where and when: what the caller knows of the event."""

    message_id: str
    profile_id: int
    addresses: Mapping[str, bytes]
    """Keyed hash of the person's address by channel, so that a refusal follows the address."""
    source: str
    occurred_at: Instant
    received_at: Instant
    recorded_at: Instant


def speaks_of_consent(name: str, context: Mapping[str, Any]) -> bool:
    """Return whether an event can bear consent at all; cheap enough for every event."""
    return name in CONSENT_EVENTS or "consent" in context


def consent_records(
    name: str, payload: Mapping[str, Any], context: Mapping[str, Any], act: Act, policy: ConsentPolicy
) -> tuple[list[ConsentRecord], list[Ignored]]:
    """Return the records of one event, and what of it was ignored or doubtful and why."""
    ignored: list[Ignored] = []
    records = _updated(payload, act, policy, ignored) if name in CONSENT_EVENTS else []
    records.extend(_preferences(context, act, policy))
    return records, ignored


def _text(value: object) -> str | None:
    """Return a text without blank ends, ``None`` for anything else or an empty one."""
    return (value.replace("\0", "").strip()[:_TEXT_LIMIT] or None) if isinstance(value, str) else None


def _updated(
    payload: Mapping[str, Any], act: Act, policy: ConsentPolicy, ignored: list[Ignored]
) -> list[ConsentRecord]:
    word = (_text(payload.get("action")) or "").lower()
    if word not in set(Action):
        ignored.append(
            Ignored(
                "consent_action_unknown",
                "`action` is none of grant, deny, withdraw; nothing was recorded. Send one of them.",
            )
        )
        return []
    action = Action(word)
    purpose, channel = _text(payload.get("purpose")), _text(payload.get("channel")) or EVERY
    if action is Action.GRANT:
        code = _why_no_grant(purpose, channel, _text(payload.get("evidence")), policy)
        if code is not None:
            ignored.append(code)
            return []
    elif purpose is not None and purpose != EVERY and purpose not in policy.purposes:
        ignored.append(
            Ignored(
                "consent_purpose_unknown",
                "A refusal names a purpose that consent.yaml does not; it was recorded under that name. Declare it.",
            )
        )
    return _records(act, "payload", purpose or EVERY, channel, action, payload)


def _why_no_grant(purpose: str | None, channel: str, evidence: str | None, policy: ConsentPolicy) -> Ignored | None:
    declared = policy.purposes.get(purpose) if purpose is not None else None
    if declared is None:
        return Ignored(
            "consent_purpose_unknown",
            "A grant names no purpose of consent.yaml; it was ignored. Declare the purpose or correct its name.",
        )
    if channel != EVERY and declared.channels and channel not in declared.channels:
        return Ignored(
            "consent_channel_unknown",
            f"A grant of `{declared.name}` names a channel it is not declared for; it was ignored. "
            f"Use one of: {', '.join(declared.channels)}.",
        )
    if evidence is None:
        return Ignored(
            "consent_without_evidence",
            f"A grant of `{declared.name}` does not say how it was captured; it was ignored. "
            "Send `evidence`, such as the form and its page.",
        )
    return None


def _preferences(context: Mapping[str, Any], act: Act, policy: ConsentPolicy) -> list[ConsentRecord]:
    consent = context.get("consent")
    preferences = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if not isinstance(preferences, dict):
        return []
    refused = sorted(name for name, value in preferences.items() if value is False and name in policy.purposes)
    return [record for name in refused for record in _records(act, "preferences", name, EVERY, Action.WITHDRAW, {})]


def _records(
    act: Act, place: str, purpose: str, channel: str, action: Action, payload: Mapping[str, Any]
) -> list[ConsentRecord]:
    """Return one record per address that the act reaches: that of its channel, or for all channels each one."""
    hashes: list[bytes | None] = [act.addresses.get(channel)]
    if channel == EVERY and act.addresses:
        hashes = [*sorted(set(act.addresses.values()))]
    return [
        ConsentRecord(
            id=derived_id("cns", act.source, act.message_id, place, act.profile_id, purpose, channel, address or b""),
            profile_id=act.profile_id,
            address_hash=address,
            purpose=purpose,
            channel=channel,
            action=action,
            notice_version=_text(payload.get("notice_version")),
            evidence=_text(payload.get("evidence")),
            source=act.source,
            occurred_at=act.occurred_at,
            received_at=act.received_at,
            recorded_at=act.recorded_at,
        )
        for address in hashes
    ]
