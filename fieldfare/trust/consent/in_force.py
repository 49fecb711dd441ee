"""What is in force for a purpose and a channel, by the ledger. Pure: records in, one answer out.

The act that happened last counts. Of acts at the same instant a refusal wins, then the one recorded later. An act
cannot have happened after we received it, so a client's clock that runs ahead gains nothing. Whatever is unknown is
``missing``: a purpose or channel that is not declared, a grant without evidence.
"""

from collections.abc import Collection, Iterable

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import EVERY, Action, ConsentPolicy, ConsentRecord, InForce, Purpose

_ANSWER = {Action.GRANT: InForce.GRANTED, Action.DENY: InForce.DENIED, Action.WITHDRAW: InForce.WITHDRAWN}


def rank(record: ConsentRecord) -> tuple[Instant, bool, Instant, str]:
    """Return the place of a record in the order of acts; the greatest is in force."""
    happened_at = min(record.occurred_at, record.received_at)
    return happened_at, record.action is not Action.GRANT, record.recorded_at, record.id


def speaking(
    records: Iterable[ConsentRecord], profile_ids: Collection[int], address_hash: bytes | None
) -> list[ConsentRecord]:
    """Return what speaks for one person at one address: the person's own records, and refusals made for the address.

    A grant never follows an address: of two people who share one, the consent of the other is not theirs.
    """
    return [
        record
        for record in records
        if record.profile_id in profile_ids
        or (address_hash is not None and record.address_hash == address_hash and record.action is not Action.GRANT)
    ]


def _speaks(record: ConsentRecord, purpose: Purpose, channel: str, now: Instant) -> bool:
    """Return whether the record says something about the purpose and channel, as far as it was known at ``now``."""
    if record.recorded_at > now or record.channel not in (channel, EVERY):
        return False
    if record.action is Action.GRANT:
        return record.purpose == purpose.name and bool(record.evidence)
    return record.purpose == purpose.name or (record.purpose == EVERY and purpose.required)


def in_force(
    records: Iterable[ConsentRecord], purpose: str, channel: str, now: Instant, policy: ConsentPolicy
) -> InForce:
    """Return what held at ``now`` by what was recorded at or before it. ``records``: those of one person, any order."""
    declared = policy.purposes.get(purpose)
    if declared is None or (declared.channels and channel not in declared.channels):
        return InForce.MISSING
    last = max((record for record in records if _speaks(record, declared, channel, now)), key=rank, default=None)
    if last is not None and last.action is not Action.GRANT:
        return _ANSWER[last.action]
    if not declared.required:
        return InForce.NOT_REQUIRED
    return InForce.MISSING if last is None else InForce.GRANTED
