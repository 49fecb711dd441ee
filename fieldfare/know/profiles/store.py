"""Tables of profiles: documents, wake-ups, reveals. Statements only.

Documents and wake-ups are written by the pipeline's transaction alone; a reveal by whoever shows what is sealed.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import metadata, rows_in, rows_of, upsert

_Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite clusters a table by its key only when that is declared ``INTEGER``."""

document = Table(
    "document",
    metadata,
    Column("profile_id", _Id, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
wake = Table(
    "wake",
    metadata,
    Column("profile_id", _Id, primary_key=True, autoincrement=False),
    Column("due_at", BigInteger, nullable=False),
    Index("ix_wake_due_at", "due_at", "profile_id"),
)
reveal = Table(
    "reveal",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Index("ix_reveal_profile_id", "profile_id", "seq"),
)
"""Who was shown which sealed values of whom, when and why; no value. Append-only."""
_LOAD = (
    select(document.c.profile_id, document.c.body, wake.c.due_at)
    .select_from(document.outerjoin(wake, wake.c.profile_id == document.c.profile_id))
    .where(document.c.profile_id.in_(bindparam("many", expanding=True)))
)
_DUE = (
    select(wake.c.profile_id)
    .where(wake.c.due_at <= bindparam("now"))
    .order_by(wake.c.due_at, wake.c.profile_id)
    .limit(bindparam("most"))
)
_NEXT = select(func.min(wake.c.due_at))
_GONE = delete(document).where(document.c.profile_id == bindparam("gone"))
_ASLEEP = delete(wake).where(wake.c.profile_id == bindparam("gone"))


def load(connection: Connection, profile_ids: Iterable[int]) -> list[tuple[int, bytes, Instant | None]]:
    """Return (profile id, body, wake-up) of the documents there are."""
    return list(rows_in(connection, _LOAD, profile_ids))


def load_after(connection: Connection, profile_id: int, limit: int) -> list[int]:
    """Return the next profile ids above ``profile_id``, for walking all of them in pages."""
    wanted = select(document.c.profile_id).where(document.c.profile_id > profile_id)
    return list(connection.execute(wanted.order_by(document.c.profile_id).limit(limit)).scalars())


def save(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write documents: rows of ``profile_id`` and ``body``."""
    upsert(connection, document, rows)


def remove(connection: Connection, profile_ids: Sequence[int]) -> None:
    """Remove the documents and wake-ups of profiles that were merged away."""
    if profile_ids:
        rows = [{"gone": profile_id} for profile_id in profile_ids]
        connection.execute(_GONE, rows)
        connection.execute(_ASLEEP, rows)


def set_wakes(connection: Connection, wakes: dict[int, Instant | None]) -> None:
    """Set or clear the next wake-up of profiles."""
    upsert(connection, wake, [{"profile_id": key, "due_at": at} for key, at in wakes.items() if at is not None])
    asleep = [{"gone": key} for key, at in wakes.items() if at is None]
    if asleep:
        connection.execute(_ASLEEP, asleep)


def due(connection: Connection, now: Instant, limit: int) -> list[int]:
    """Return at most ``limit`` profiles whose wake-up is due, the longest waiting first."""
    return [row[0] for row in rows_of(connection, _DUE, now=now, most=limit)]


def next_due_at(connection: Connection) -> Instant | None:
    """Return the earliest wake-up of all."""
    found: Instant | None = rows_of(connection, _NEXT)[0][0]
    return found


def count(connection: Connection) -> int:
    """Return the number of profiles."""
    return connection.execute(select(func.count()).select_from(document)).scalar_one()


def insert_reveal(connection: Connection, profile_id: int, what: str, actor: str, reason: str, at: Instant) -> None:
    """Record that somebody is about to be shown what is sealed."""
    row = {"profile_id": profile_id, "what": what, "actor": actor, "reason": reason, "at": at}
    connection.execute(insert(reveal), row)
