"""Writes what a batch recorded of consent: records with their sealed witnesses, notices, suppressions. No rule is here.

All of it belongs to the batch's transaction. The keys that it seals under are durable before: a crash in between
leaves a key without data.
"""

from collections.abc import Iterator, Mapping

import msgspec
from sqlalchemy import Connection

from fieldfare.flow.work import Batch
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, Witness
from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.model import KeyOwner, profile_owner, sealed_as
from fieldfare.trust.keys.seal import Keys

WITNESS = "consent"
"""What a witness is sealed as."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Witness).decode


def witness_owners(batch: Batch) -> Iterator[KeyOwner]:
    """Yield the owners under whose keys witnesses will be sealed."""
    for record in batch.consent:
        if record.id in batch.witnesses:
            yield profile_owner(record.profile_id)


def save_consent(connection: Connection, batch: Batch, sealers: Mapping[KeyOwner, Sealer]) -> None:
    """Write the batch's records, notices, suppressions and what lifts them."""
    consent_store.insert_records(connection, [_sealed(record, batch, sealers) for record in batch.consent])
    consent_store.keep_told(connection, batch.notices, batch.opened_at)
    suppression_store.insert_suppressions(connection, batch.suppressions)
    for address_hash, at, source in batch.lifts:
        suppression_store.lift_stop(connection, address_hash, at, source)


def _sealed(record: ConsentRecord, batch: Batch, sealers: Mapping[KeyOwner, Sealer]) -> ConsentRecord:
    witness = batch.witnesses.get(record.id)
    if witness is None:
        return record
    owner = profile_owner(record.profile_id)
    return msgspec.structs.replace(record, sealed=sealers[owner].seal(_encode(witness), sealed_as(owner, WITNESS)))


def open_witness(keys: Keys, record: ConsentRecord) -> Witness | None:
    """Return what was sealed with a record, ``None`` where nothing was, or its key is destroyed."""
    if record.sealed is None:
        return None
    owner = profile_owner(record.profile_id)
    sealer = keys.sealers([owner]).get(owner)
    return None if sealer is None else _decode(sealer.open(record.sealed, sealed_as(owner, WITNESS)))


def record_notices(state: State, policy: ConsentPolicy, now: Instant) -> None:
    """Keep the texts of all declared notices, so that they outlive the file that declares them."""
    with state.write() as connection:
        consent_store.keep_notices(connection, policy, now)
