"""Consent records and a policy, made short for tests."""

from typing import Any

from fieldfare.trust.consent.model import Action, ConsentPolicy, ConsentRecord, Purpose

POLICY = ConsentPolicy(
    {
        "marketing": Purpose("marketing", channels=("email", "sms")),
        "research": Purpose("research"),
        "transactional": Purpose("transactional", required=False),
    }
)


def record(
    action: str,
    occurred_at: int,
    *,
    recorded_at: int | None = None,
    received_at: int | None = None,
    purpose: str = "marketing",
    channel: str = "email",
    evidence: str | None = "form",
    profile_id: int = 1,
    address_hash: bytes | None = None,
    name: str = "",
    **more: Any,
) -> ConsentRecord:
    received = occurred_at if received_at is None else received_at
    recorded = received if recorded_at is None else recorded_at
    return ConsentRecord(
        id=name or f"{action}-{occurred_at}-{recorded}-{purpose}-{channel}",
        profile_id=profile_id,
        address_hash=address_hash,
        purpose=purpose,
        channel=channel,
        action=Action(action),
        notice_version="1",
        evidence=evidence,
        source="app",
        occurred_at=occurred_at,
        received_at=received,
        recorded_at=recorded,
        **more,
    )
