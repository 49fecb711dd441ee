"""A consent receipt: what a person agreed to, refused and was told, as JSON shaped after ISO/IEC TS 27560:2023. Pure.

It has the record's header, what processing it is about, the parties, and the events in their order. What names the
person is left out but for what whoever asks for it gives: the receipt names a profile by a pseudonym. Numbers are texts
where other readers could lose digits. It is signed elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.trust.consent.in_force import Answer, rank
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, Witness

SCHEMA = "https://www.iso.org/standard/80392.html#ts-27560-2023"
_STATES = {
    "grant": "consent given",
    "refresh": "consent renewed",
    "deny": "consent refused",
    "withdraw": "consent withdrawn",
    "object": "objection raised",
    "expire": "consent expired",
}


def receipt_of(
    subject: str,
    brand: str,
    records: Sequence[ConsentRecord],
    standing: Mapping[tuple[str, str], Answer],
    notices: Mapping[str, Mapping[str, Any]],
    witnesses: Mapping[str, Witness],
    policy: ConsentPolicy,
    now: Instant,
) -> dict[str, Any]:
    """Return the receipt. ``notices``: by hash; ``witnesses``: by record, of those that can still be opened."""
    ordered = sorted(records, key=rank)
    events = [_event(each, witnesses.get(each.id)) for each in ordered]
    return {
        "schema_version": SCHEMA,
        "receipt_id": derived_id("rct", subject, now, *(each.id for each in ordered)),
        "receipt_made_at": to_iso(now),
        "record": {
            "pii_principal_id": subject,
            "pii_controllers": [{"name": brand, "role": "controller"}],
            "pii_processing": [_purpose(name, policy) for name in sorted({each.purpose for each in ordered})],
            "notices": [_notice(notices[each]) for each in sorted(notices)],
            "events": events,
        },
        "in_force": [
            {
                "purpose": purpose,
                "channel": channel,
                "state": told.state.value,
                "by_event": None if told.record is None else told.record.id,
                "until": None if told.until is None else to_iso(told.until),
            }
            for (purpose, channel), told in sorted(standing.items())
        ],
    }


def _purpose(name: str, policy: ConsentPolicy) -> dict[str, Any]:
    declared = policy.purposes.get(name)
    if declared is None:
        return {"purpose": name, "description": None, "lawful_basis": None, "is_declared": False}
    return {
        "purpose": name,
        "description": declared.description,
        "lawful_basis": declared.basis.value,
        "is_declared": True,
    }


def _notice(notice: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "notice_hash": notice["hash"],
        "version": notice["version"],
        "language": notice["language"],
        "text": notice["text"],
    }


def _event(record: ConsentRecord, witness: Witness | None) -> dict[str, Any]:
    found = {
        "event_id": record.id,
        "event_state": _STATES[record.action.value],
        "action": record.action.value,
        "purpose": record.purpose,
        "channel": record.channel,
        "scope": record.scope,
        "lawful_basis": record.legal_basis,
        "occurred_at": to_iso(record.occurred_at),
        "received_at": to_iso(record.received_at),
        "recorded_at": to_iso(record.recorded_at),
        "expires_at": None if record.expires_at is None else to_iso(record.expires_at),
        "is_confirmed": record.confirmed,
        "confirms": record.confirms,
        "evidence": record.evidence,
        "method": record.method,
        "source": record.source,
        "notice_version": record.notice_version,
        "notice_hash": record.notice_hash,
        "platform": record.platform,
        "signal_kind": record.signal,
        "gpc": record.gpc,
        "ip_network": record.ip_prefix,
        "actor": record.actor,
        "address": None if record.address_hash is None else f"hmac:{record.address_hash.hex()}",
    }
    if witness is not None:
        found |= {
            "ip": witness.ip,
            "user_agent": witness.user_agent,
            "url": witness.url,
            "platform_reference": witness.reference,
            "signal": witness.signal,
        }
    return {name: value for name, value in found.items() if value is not None}
