"""The append-only ledger of consent, and the notices that it refers to. Statements only; callers own the transaction.

The database itself forbids changing or deleting a consent record, but for one thing: when a person is erased, what they
gave as evidence, a text that may name them, is replaced by its keyed hash. It proves still that a text, once shown, is
the one that was recorded. A second delivery of the same record leaves the first one standing. Records follow a person
by profile id; refusals also by address, grants never. A notice is kept as it was shown, for as long as the ledger is.
"""

from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    DDL,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    Connection,
    Index,
    LargeBinary,
    Table,
    Text,
    bindparam,
    event,
    func,
    select,
    true,
    update,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store.read import rows_in
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import insert_ignore
from fieldfare.trust.consent.capture import Told
from fieldfare.trust.consent.model import REFUSING, STARTED, Action, ConsentPolicy, ConsentRecord
from fieldfare.trust.consent.notices import notice_hash

CHUNK = 400
MOST_KEPT = 4_096
"""Records that a :class:`LastRead` keeps."""
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
    Column("scope", Text, nullable=False, server_default="*"),
    Column("legal_basis", Text),
    Column("notice_hash", Text),
    Column("method", Text),
    Column("expires_at", BigInteger),
    Column("confirmed", Boolean, nullable=False, server_default=true()),
    Column("confirms", Text),
    Column("platform", Text),
    Column("signal", Text),
    Column("gpc", Boolean),
    Column("ip_prefix", Text),
    Column("actor", Text),
    Column("sealed", LargeBinary),
    Index("ix_consent_record_action", "action", "recorded_at"),
    Index("ix_consent_record_profile_id", "profile_id"),
    Index("ix_consent_record_address_hash", "address_hash"),
)

consent_notice = Table(
    "consent_notice",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
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


def grows_only(name: str) -> dict[str, tuple[str, ...]]:
    """Return the statements by dialect that make a table append-only, without any exception."""
    refusal = f"{name} is append-only"
    return {
        "sqlite": tuple(
            f"CREATE TRIGGER {name}_no_{act} BEFORE {act.upper()} ON {name} BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            for act in ("update", "delete")
        ),
        "postgresql": (
            (
                f"CREATE OR REPLACE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
            ),
            (
                f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}_append_only()"
            ),
            (
                f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()"
            ),
        ),
    }


def guard(table: Table, statements: dict[str, tuple[str, ...]]) -> None:
    """Run the statements of its dialect whenever the table is created."""
    for dialect, each in statements.items():
        for statement in each:
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


guard(consent_record, APPEND_ONLY)
guard(consent_notice, grows_only("consent_notice"))

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_NAMES = tuple(column.name for column in consent_record.c)
_ACTIONS = {action.value: action for action in Action}
_OWN = select(consent_record).where(consent_record.c.profile_id.in_(_MANY))
_OF_ADDRESS = (
    select(consent_record)
    .where(consent_record.c.address_hash.in_(_MANY))
    .where(consent_record.c.action.in_(sorted(REFUSING)) | (consent_record.c.method == STARTED))
)
"""A person's own records, and every refusal that was made for the addresses or START that lifts one."""
_EVIDENCE = select(consent_record.c.id, consent_record.c.evidence).where(
    consent_record.c.profile_id.in_(bindparam("people", expanding=True)),
    consent_record.c.evidence.is_not(None),
    consent_record.c.evidence.not_like(f"{VEILED}%"),
)
_VEIL = update(consent_record).where(consent_record.c.id == bindparam("which")).values(evidence=bindparam("veil"))


def insert_records(connection: Connection, records: Sequence[ConsentRecord]) -> None:
    """Append records; one whose id is there already is left alone."""
    insert_ignore(connection, consent_record, [_row_of(record) for record in records])


class LastRead:
    """Makes records of rows, and keeps those it made last: who is judged is asked about again before the call.

    A row that is not as it was is another record. Any number of threads may ask.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._made: dict[str, tuple[Sequence[Any], ConsentRecord]] = {}

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._made)

    def of(self, row: Sequence[Any]) -> ConsentRecord:
        """Return the record of a row."""
        known = self._made.get(row[0])
        if known is not None and known[0] == row:
            return known[1]
        made = _record_of(row)
        if len(self._made) >= MOST_KEPT:
            self._made = {}
        self._made[row[0]] = row, made
        return made


def load_records(
    connection: Connection,
    profile_ids: Collection[int],
    address_hashes: Collection[bytes] = (),
    last: LastRead | None = None,
) -> list[ConsentRecord]:
    """Return what speaks for the profiles: their own records, and every refusal that was made for the addresses."""
    rows = {row[0]: row for row in rows_in(connection, _OWN, profile_ids)}
    rows |= {row[0]: row for row in rows_in(connection, _OF_ADDRESS, address_hashes)}
    found = list(map(_record_of if last is None else last.of, rows.values()))
    return sorted(found, key=attrgetter("recorded_at", "id"))


def own_records(connection: Connection, profile_ids: Collection[int]) -> list[ConsentRecord]:
    """Return the own records of profiles, in any order."""
    return list(map(_record_of, rows_in(connection, _OWN, profile_ids)))


def refusals_for(connection: Connection, address_hashes: Collection[bytes]) -> list[ConsentRecord]:
    """Return every refusal that was made for the addresses, and every START that lifts one, in any order."""
    return list(map(_record_of, rows_in(connection, _OF_ADDRESS, address_hashes)))


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


class Refused(NamedTuple):
    """When a record that refuses was accepted and recorded, and for which channel."""

    received_at: Instant
    recorded_at: Instant
    channel: str


def refused_since(connection: Connection, recorded_from: Instant, most: int) -> list[Refused]:
    """Return the latest records that refuse, recorded at or after an instant, the newest first."""
    table = consent_record.c
    statement = (
        select(table.received_at, table.recorded_at, table.channel)
        .where(table.recorded_at >= recorded_from, table.action.in_(sorted(REFUSING)))
        .order_by(table.recorded_at.desc(), table.id)
        .limit(most)
    )
    return [Refused(*row) for row in connection.execute(statement)]


def count_records(connection: Connection) -> dict[str, int]:
    """Return how many records there are, by action, as of the connection's snapshot.

    Nearly all are of one action: it is what the others leave of all, which a database counts many times as fast.
    """
    others = [each.value for each in Action if each is not Action.GRANT]
    action = consent_record.c.action
    counted = select(action, func.count()).where(action.in_(others)).group_by(action)
    found = {row[0]: row[1] for row in connection.execute(counted)}
    total = connection.execute(select(func.count()).select_from(consent_record)).scalar_one()
    granted = total - sum(found.values())
    return dict(sorted((found | {Action.GRANT.value: granted}).items())) if granted else dict(sorted(found.items()))


def keep_notices(connection: Connection, policy: ConsentPolicy, now: Instant) -> None:
    """Keep the texts of all notices of a policy; one that is kept already stays as it is."""
    told = [
        Told(purpose=name, version=notice.version, language=notice.language, text=notice.text)
        for name, purpose in sorted(policy.purposes.items())
        for notice in purpose.notices
    ]
    keep_told(connection, told, now)


def keep_told(connection: Connection, notices: Sequence[Told], now: Instant) -> None:
    """Keep the texts of notices that came along with acts of consent."""
    rows = [
        {
            "hash": notice_hash(notice.text),
            "purpose": notice.purpose,
            "version": notice.version,
            "language": notice.language,
            "text": notice.text,
            "since": now,
        }
        for notice in notices
    ]
    if rows:
        insert_ignore(connection, consent_notice, rows)


def load_notices(connection: Connection, hashes: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the notices of these hashes, each with its version, language and text."""
    found = {}
    ordered = sorted(hashes)
    for start in range(0, len(ordered), CHUNK):
        some = ordered[start : start + CHUNK]
        for row in connection.execute(select(consent_notice).where(consent_notice.c.hash.in_(some))):
            found[row.hash] = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a row as a mapping
    return found


def _row_of(record: ConsentRecord) -> dict[str, Any]:
    row = {column.name: getattr(record, column.name) for column in consent_record.c}
    row["action"] = record.action.value
    return row


def _record_of(row: Sequence[Any]) -> ConsentRecord:
    values = dict(zip(_NAMES, row, strict=True))
    values["confirmed"], gpc = bool(values["confirmed"]), values["gpc"]
    values["gpc"] = None if gpc is None else bool(gpc)
    values["action"] = _ACTIONS[values["action"]]
    if values["address_hash"] is not None:
        values["address_hash"] = bytes(values["address_hash"])
    return ConsentRecord(**values)
