"""Tables of consent: the append-only ledger and the suppressed addresses. Statements only; callers own the transaction.

The database itself forbids changing or deleting a consent record, but for one thing: when a person is erased, what they
gave as evidence, a text that may name them, is replaced by its keyed hash. It proves still that a text, once shown, is
the one that was recorded. A second delivery of the same record or suppression
leaves the first one standing. Records follow a person by profile id; refusals also by address, grants never.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
    event,
    or_,
    select,
    update,
)

from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import insert_ignore
from fieldfare.trust.consent.model import Action, ConsentRecord, Suppression

CHUNK = 400
VEILED = "hmac:"
"""How evidence begins that is a keyed hash only."""

consent_record = Table(
    "consent_record",
    metadata,
    Column("id", Text, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("address_hash", LargeBinary),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("notice_version", Text),
    Column("evidence", Text),
    Column("source", Text, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Index("ix_consent_record_profile_id", "profile_id"),
    Index("ix_consent_record_address_hash", "address_hash"),
)

suppression = Table(
    "suppression",
    metadata,
    Column("address_hash", LargeBinary, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
)

_SAME = " AND ".join(f"NEW.{each.name} IS OLD.{each.name}" for each in consent_record.c if each.name != "evidence")
APPEND_ONLY = {
    "sqlite": (
        (
            "CREATE TRIGGER consent_record_no_update BEFORE UPDATE ON consent_record "
            f"WHEN NOT ({_SAME} AND substr(coalesce(NEW.evidence, ''), 1, 5) = '{VEILED}' "
            f"AND substr(coalesce(OLD.evidence, '{VEILED}'), 1, 5) <> '{VEILED}') "
            "BEGIN SELECT RAISE(ABORT, 'consent_record is append-only'); END"
        ),
        (
            "CREATE TRIGGER consent_record_no_delete BEFORE DELETE ON consent_record "
            "BEGIN SELECT RAISE(ABORT, 'consent_record is append-only'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE OR REPLACE FUNCTION consent_record_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF TG_OP = 'UPDATE' THEN "
            f"IF substr(NEW.evidence, 1, 5) = '{VEILED}' AND substr(OLD.evidence, 1, 5) <> '{VEILED}' "
            "AND to_jsonb(NEW) - 'evidence' = to_jsonb(OLD) - 'evidence' THEN RETURN NEW; END IF; END IF; "
            "RAISE EXCEPTION 'consent_record is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER consent_record_no_change BEFORE UPDATE OR DELETE ON consent_record "
            "FOR EACH ROW EXECUTE FUNCTION consent_record_append_only()"
        ),
        (
            "CREATE TRIGGER consent_record_no_truncate BEFORE TRUNCATE ON consent_record "
            "FOR EACH STATEMENT EXECUTE FUNCTION consent_record_append_only()"
        ),
    ),
}
"""Statements by dialect that make the ledger append-only; run with the table's creation, and by its migration."""

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(consent_record, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]

_SUPPRESSED = select(suppression).where(suppression.c.address_hash.in_(bindparam("many", expanding=True)))
_SPEAKING = select(consent_record).where(
    or_(
        consent_record.c.profile_id.in_(bindparam("people", expanding=True)),
        consent_record.c.address_hash.in_(bindparam("addresses", expanding=True))
        & (consent_record.c.action != Action.GRANT.value),
    )
)
"""A person's own records, and every refusal that was made for the addresses."""
_EVIDENCE = select(consent_record.c.id, consent_record.c.evidence).where(
    consent_record.c.profile_id.in_(bindparam("people", expanding=True)),
    consent_record.c.evidence.is_not(None),
    consent_record.c.evidence.not_like(f"{VEILED}%"),
)
_VEIL = update(consent_record).where(consent_record.c.id == bindparam("which")).values(evidence=bindparam("veil"))


def insert_records(connection: Connection, records: Sequence[ConsentRecord]) -> None:
    """Append records; one whose id is there already is left alone."""
    insert_ignore(connection, consent_record, [_row_of(record) for record in records])


def load_records(
    connection: Connection, profile_ids: Collection[int], address_hashes: Collection[bytes] = ()
) -> list[ConsentRecord]:
    """Return what speaks for the profiles: their own records, and every refusal that was made for the addresses."""
    found: dict[str, ConsentRecord] = {}
    people, addresses = sorted(profile_ids), sorted(address_hashes)
    for start in range(0, max(len(people), len(addresses)), CHUNK):
        some = {"people": people[start : start + CHUNK], "addresses": addresses[start : start + CHUNK]}
        for row in connection.execute(_SPEAKING, some):
            found[row.id] = _record_of(row)
    return sorted(found.values(), key=lambda record: (record.recorded_at, record.id))


def veil_evidence(connection: Connection, profile_ids: Collection[int], hash_of: Callable[[str], bytes]) -> int:
    """Replace the evidence of the profiles' records by its keyed hash; return how many there were."""
    rows: list[dict[str, str]] = []
    people = sorted(profile_ids)
    for start in range(0, len(people), CHUNK):
        found = connection.execute(_EVIDENCE, {"people": people[start : start + CHUNK]})
        rows += [{"which": row.id, "veil": VEILED + hash_of(row.evidence).hex()} for row in found]
    if rows:
        connection.execute(_VEIL, rows)
    return len(rows)


def all_records(connection: Connection) -> list[ConsentRecord]:
    """Return the whole ledger in the order of recording, for the oracle that replays it."""
    statement = select(consent_record).order_by(consent_record.c.recorded_at, consent_record.c.id)
    return [_record_of(row) for row in connection.execute(statement)]


def insert_suppressions(connection: Connection, suppressions: Sequence[Suppression]) -> None:
    """Suppress addresses; one that is suppressed already keeps its first reason and instant."""
    rows = [
        {"address_hash": each.address_hash, "reason": each.reason, "since": each.since_at, "source": each.source}
        for each in suppressions
    ]
    insert_ignore(connection, suppression, rows)


def load_suppressions(connection: Connection, address_hashes: Collection[bytes]) -> dict[bytes, Suppression]:
    """Return the suppressions of those addresses that are suppressed."""
    found: dict[bytes, Suppression] = {}
    ordered = sorted(address_hashes)
    for start in range(0, len(ordered), CHUNK):
        for row in connection.execute(_SUPPRESSED, {"many": ordered[start : start + CHUNK]}):
            each = _suppression_of(row)
            found[each.address_hash] = each
    return found


def all_suppressions(connection: Connection) -> list[Suppression]:
    """Return every suppression, oldest first, for the oracle."""
    statement = select(suppression).order_by(suppression.c.since, suppression.c.address_hash)
    return [_suppression_of(row) for row in connection.execute(statement)]


def _row_of(record: ConsentRecord) -> dict[str, Any]:
    row = {column.name: getattr(record, column.name) for column in consent_record.c}
    row["action"] = record.action.value
    return row


def _record_of(row: Row[Any]) -> ConsentRecord:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row as a mapping
    values["action"] = Action(values["action"])
    if values["address_hash"] is not None:
        values["address_hash"] = bytes(values["address_hash"])
    return ConsentRecord(**values)


def _suppression_of(row: Row[Any]) -> Suppression:
    return Suppression(address_hash=bytes(row.address_hash), reason=row.reason, since_at=row.since, source=row.source)
