"""Tables of collect: message ids seen, dead letters. Statements only; written by the pipeline's transaction alone."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    bindparam,
    func,
    select,
)

from fieldfare.ground.store import insert_ignore, metadata, rows_in

seen_file = Table(
    "seen_file",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)
dead_letter = Table(
    "dead_letter",
    metadata,
    Column("partition", SmallInteger, primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("index", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("name", Text),
    Column("received_at", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("contract_version", Integer),
    Column("state", Text, nullable=False, server_default="open"),
    Column("closed_at", BigInteger),
    Column("closed_why", Text),
    Index("ix_dead_letter_state", "state", "received_at"),
)
source_tally = Table(
    "source_tally",
    metadata,
    Column("source", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("events", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("dead_letters", BigInteger, nullable=False),
    Column("unverified", BigInteger, nullable=False),
    Column("last_received_at", BigInteger, nullable=False),
)
removed_field = Table(
    "removed_field",
    metadata,
    Column("source", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
)
file_load = Table(
    "file_load",
    metadata,
    Column("id", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("appended", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)
contract_version = Table(
    "contract_version",
    metadata,
    Column("event", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

_SEEN = select(seen_file.c.id).where(seen_file.c.id.in_(bindparam("many", expanding=True)))


def seen_among(connection: Connection, ids: Iterable[bytes]) -> set[bytes]:
    """Return those of the message-id digests that were applied before."""
    return {row[0] for row in rows_in(connection, _SEEN, ids)}


def insert_seen(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Remember message ids: rows of ``id`` (digest)."""
    insert_ignore(connection, seen_file, rows)


def insert_dead_letters(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep dead letters, one per place."""
    insert_ignore(connection, dead_letter, rows)


def count_dead_letters(connection: Connection) -> dict[str, int]:
    """Return the number of dead letters by reason."""
    counted = select(dead_letter.c.reason, func.count()).group_by(dead_letter.c.reason).order_by(dead_letter.c.reason)
    return {row[0]: row[1] for row in connection.execute(counted)}
