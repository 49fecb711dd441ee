"""Tables of collect: message ids seen, dead letters. Statements only; written by the pipeline's transaction alone."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
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

seen = Table(
    "seen",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("received_day", Integer, nullable=False),
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
)

_SEEN = select(seen.c.id).where(seen.c.id.in_(bindparam("many", expanding=True)))


def seen_among(connection: Connection, ids: Iterable[bytes]) -> set[bytes]:
    """Return those of the message-id digests that were applied before."""
    return {row[0] for row in rows_in(connection, _SEEN, ids)}


def insert_seen(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Remember message ids: rows of ``id`` (digest) and ``received_day``."""
    insert_ignore(connection, seen, rows)


def insert_dead_letters(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep dead letters, one per place."""
    insert_ignore(connection, dead_letter, rows)


def count_dead_letters(connection: Connection) -> dict[str, int]:
    """Return the number of dead letters by reason."""
    counted = select(dead_letter.c.reason, func.count()).group_by(dead_letter.c.reason).order_by(dead_letter.c.reason)
    return {row[0]: row[1] for row in connection.execute(counted)}
