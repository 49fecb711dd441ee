"""Tables of the flow itself: watermarks, what was applied, the outbox, facts of the installation. Statements only."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, metadata, rows_of, upsert

watermark = Table(
    "watermark",
    metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
)
applied = Table(
    "applied",
    metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("verdicts", LargeBinary, nullable=False),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

_WATERMARK = select(watermark.c.offset).where(watermark.c.partition == bindparam("which"))
_FACT = select(installation.c.value).where(installation.c.name == bindparam("which"))
_OUTBOX = select(outbox.c.id, outbox.c.at, outbox.c.sealed).order_by(outbox.c.at, outbox.c.id).limit(bindparam("most"))


def _first(rows: Sequence[tuple[Any, ...]]) -> Any:
    return rows[0][0] if rows else None


def watermark_of(connection: Connection, partition: int) -> int:
    """Return the offset through which the partition is applied, 0 at the start."""
    return _first(rows_of(connection, _WATERMARK, which=partition)) or 0


def set_watermark(connection: Connection, partition: int, offset: int) -> None:
    """Move the watermark; in the transaction of the effects."""
    upsert(connection, watermark, [{"partition": partition, "offset": offset}])


def insert_applied(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Record what became of each record's events, for the lake."""
    upsert(connection, applied, rows)


def applied_after(connection: Connection, partition: int, offset: int, limit: int) -> list[tuple[int, bytes]]:
    """Return (offset, verdicts) of applied records after ``offset``, in order."""
    wanted = select(applied.c.offset, applied.c.verdicts).where(
        applied.c.partition == partition, applied.c.offset > offset
    )
    return [(row[0], row[1]) for row in connection.execute(wanted.order_by(applied.c.offset).limit(limit))]


def trim_applied(connection: Connection, partition: int, through: int) -> None:
    """Forget what the lake has loaded."""
    connection.execute(delete(applied).where(applied.c.partition == partition, applied.c.offset <= through))


def insert_outbox(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Queue events that the relay appends to the log: rows of ``id``, ``at``, ``sealed``; one id is queued once."""
    insert_ignore(connection, outbox, rows)


def outbox_rows(connection: Connection, limit: int) -> list[tuple[str, Instant, bytes]]:
    """Return the oldest queued events."""
    return [(row[0], row[1], row[2]) for row in rows_of(connection, _OUTBOX, most=limit)]


def delete_outbox(connection: Connection, ids: Sequence[str]) -> None:
    """Remove events that are in the log now."""
    connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))


def count_outbox(connection: Connection) -> int:
    """Return how many events wait for the relay."""
    return connection.execute(select(func.count()).select_from(outbox)).scalar_one()


def fact(connection: Connection, name: str) -> str | None:
    """Return a fact about the installation, such as the digest of the applied definitions."""
    found: str | None = _first(rows_of(connection, _FACT, which=name))
    return found


def set_fact(connection: Connection, name: str, value: str) -> None:
    """Set a fact about the installation."""
    upsert(connection, installation, [{"name": name, "value": value}])
