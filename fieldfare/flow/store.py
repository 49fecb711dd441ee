"""Tables of the flow itself: watermarks, what was applied, the outbox, facts of the installation. Statements only."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.log.ports import PARTITIONS
from fieldfare.ground.store import insert_ignore, metadata, rows_of, run_in, upsert

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
edition = Table(
    "edition",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("is_refold", Boolean, nullable=False),
    Column("last_profile", BigInteger, nullable=False),
    Column("profiles_done", BigInteger, nullable=False),
    Column("profiles", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=True),
)
"""``body`` is the edition as JSON. Profiles up to ``last_profile`` were brought to it; it ends when all were."""
retraction = Table(
    "retraction",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("profile_id", BigInteger, nullable=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("folded_at", BigInteger, nullable=True),
)
"""Events that were taken back. Primary: a rebuild leaves it. ``folded_at`` is when the profile was folded without."""

_verdicts = msgspec.msgpack.Decoder(list[int]).decode
_WATERMARK = select(watermark.c.offset).where(watermark.c.partition == bindparam("which"))
_FACT = select(installation.c.value).where(installation.c.name == bindparam("which"))
_DELIVERED = delete(outbox).where(outbox.c.id.in_(bindparam("many", expanding=True)))
_OUTBOX = select(outbox.c.id, outbox.c.at, outbox.c.sealed).order_by(outbox.c.at, outbox.c.id).limit(bindparam("most"))


def _first(rows: Sequence[tuple[Any, ...]]) -> Any:
    return rows[0][0] if rows else None


def watermark_of(connection: Connection, partition: int) -> int:
    """Return the offset through which the partition is applied, 0 at the start."""
    return _first(rows_of(connection, _WATERMARK, which=partition)) or 0


def watermarks(connection: Connection) -> dict[int, int]:
    """Return, by partition, the offset through which it is applied."""
    return {partition: watermark_of(connection, partition) for partition in PARTITIONS}


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


def verdicts_at(connection: Connection, partition: int, offset: int) -> list[int] | None:
    """Return what became of the events of one applied record, ``None`` when it was never applied or is in the lake."""
    found = applied_after(connection, partition, offset - 1, 1)
    return _verdicts(found[0][1]) if found and found[0][0] == offset else None


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
    run_in(connection, _DELIVERED, ids)


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


def editions(connection: Connection) -> list[dict[str, Any]]:
    """Return the rows of all editions, oldest first."""
    return [dict(row) for row in connection.execute(select(edition).order_by(edition.c.number)).mappings()]


def set_edition(connection: Connection, row: dict[str, Any]) -> None:
    """Write the row of an edition."""
    upsert(connection, edition, [row])


def insert_retractions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write retractions: rows of ``event_id``, ``profile_id``, ``at``, ``actor``, ``reason``; one event has one."""
    insert_ignore(connection, retraction, rows)


def retraction_of(connection: Connection, event_id: str) -> dict[str, Any] | None:
    """Return the retraction of an event, when there is one."""
    row = connection.execute(select(retraction).where(retraction.c.event_id == event_id)).mappings().first()
    return None if row is None else dict(row)


def silence_retractions(connection: Connection, profile_ids: Collection[int]) -> int:
    """Empty the reasons, free texts, for which events of the profiles were taken back; return how many."""
    meant = update(retraction).where(retraction.c.profile_id.in_(sorted(profile_ids)), retraction.c.reason != "")
    return connection.execute(meant.values(reason="")).rowcount


def retracted_of(connection: Connection, profile_ids: Collection[int]) -> list[str]:
    """Return the message ids of the profiles' events that were taken back."""
    wanted = select(retraction.c.event_id).where(retraction.c.profile_id.in_(sorted(profile_ids)))
    return sorted(connection.execute(wanted).scalars())


def open_retractions(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return retractions whose profiles were not folded without them yet, the oldest first."""
    wanted = select(retraction).where(retraction.c.folded_at.is_(None)).order_by(retraction.c.seq).limit(limit)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def note_folded(connection: Connection, seqs: Sequence[int], at: Instant) -> None:
    """Note that the profiles of these retractions were folded without the events."""
    connection.execute(update(retraction).where(retraction.c.seq.in_(seqs)).values(folded_at=at))
