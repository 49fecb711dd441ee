"""Tables of collect: message ids of files, dead letters, counts by source, loads, contracts. Statements only.

Message ids, dead letters and counts are written by the pipeline's transaction alone, but for the closing of dead
letters, which their repair and their retention do. The tables of message ids by day are made as days come; see
``seen``.
"""

from collections.abc import Sequence
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
    func,
    select,
    tuple_,
    update,
)

from fieldfare.collect.model import Place
from fieldfare.collect.repair import Letter, LetterFilter, State
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import add_counts, insert_ignore, metadata, upsert

seen_file = Table(
    "seen_file",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)
unsorted_ids = Table(
    "unsorted_ids",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("day", BigInteger, nullable=False),
    Column("digests", LargeBinary, nullable=False),
)
"""Message ids of the latest batches, 16 bytes each, on their way into the tables of their days; see ``seen``."""
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
TALLIED = ("events", "duplicates", "dead_letters", "unverified", "erased")
"""What is counted of a source by hour; the last: events that came before the erasure of whom they name."""
source_tally = Table(
    "source_tally",
    metadata,
    Column("source", Text, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("events", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("dead_letters", BigInteger, nullable=False),
    Column("unverified", BigInteger, nullable=False),
    Column("erased", BigInteger, nullable=False, server_default="0"),
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


def add_tallies(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add to the counts of sources by hour: rows with all columns of ``source_tally``."""
    add_counts(connection, source_tally, rows, TALLIED, latest="last_received_at")


def add_removed(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add to the counts of forbidden values that were removed: rows of ``source``, ``field``, ``day``, ``count``."""
    add_counts(connection, removed_field, rows, ("count",))


def tallies_since(connection: Connection, hour: int) -> list[dict[str, Any]]:
    """Return the counts of every source by hour, from an hour (since 1970, UTC) on, oldest first."""
    wanted = (
        select(source_tally).where(source_tally.c.hour >= hour).order_by(source_tally.c.hour, source_tally.c.source)
    )
    return [dict(row._mapping) for row in connection.execute(wanted)]  # noqa: SLF001 - SQLAlchemy's public way


def removed_since(connection: Connection, day: int) -> list[tuple[str, str, int]]:
    """Return (source, field, count) of forbidden values removed since a UTC day."""
    total = func.sum(removed_field.c.count)
    wanted = select(removed_field.c.source, removed_field.c.field, total).where(removed_field.c.day >= day)
    grouped = wanted.group_by(removed_field.c.source, removed_field.c.field)
    rows = connection.execute(grouped.order_by(removed_field.c.source, removed_field.c.field))
    return [(row[0], row[1], int(row[2])) for row in rows]


def insert_dead_letters(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep dead letters, one per place."""
    insert_ignore(connection, dead_letter, rows)


def expire_dead_letters(connection: Connection, source: str, before: Instant, now: Instant) -> int:
    """Empty what is left of the dead letters of a source that were accepted before an instant; return how many."""
    old = (dead_letter.c.state == State.OPEN.value, dead_letter.c.source == source, dead_letter.c.received_at < before)
    closed = {"state": State.EXPIRED.value, "sealed": b"", "closed_at": now, "closed_why": "its retention ended"}
    return connection.execute(update(dead_letter).where(*old).values(**closed)).rowcount


def dead_letter_sources(connection: Connection) -> list[str]:
    """Return the sources that have open dead letters."""
    wanted = select(dead_letter.c.source).where(dead_letter.c.state == State.OPEN.value).distinct()
    return sorted(row[0] for row in connection.execute(wanted))


def count_dead_letters(connection: Connection) -> dict[str, int]:
    """Return the number of open dead letters by reason."""
    is_open = dead_letter.c.state == State.OPEN.value
    counted = select(dead_letter.c.reason, func.count()).where(is_open).group_by(dead_letter.c.reason)
    return {row[0]: row[1] for row in connection.execute(counted.order_by(dead_letter.c.reason))}


def note_contracts(connection: Connection, rows: Sequence[dict[str, Any]], at: Instant) -> None:
    """Record that these contracts are in force at ``at``: rows of ``event``, ``digest``, ``version``, ``body``."""
    insert_ignore(connection, contract_version, [{**row, "first_at": at, "last_at": at} for row in rows])
    table = contract_version.c
    for row in rows:
        is_it = (table.event == row["event"]) & (table.digest == row["digest"])
        connection.execute(contract_version.update().where(is_it).values(last_at=at))


def contracts_in_force(connection: Connection) -> list[str]:
    """Return the bodies of the contracts that were recorded last."""
    table = contract_version.c
    last = select(func.max(table.last_at)).scalar_subquery()
    found = select(table.body).where(table.last_at == last).order_by(table.event, table.version)
    return [row[0] for row in connection.execute(found)]


def contract_history(connection: Connection, event: str) -> list[tuple[int, Instant, Instant]]:
    """Return (version, first, last instant in force) of every contract that an event ever had, the newest first."""
    table = contract_version.c
    wanted = select(table.version, table.first_at, table.last_at).where(table.event == event)
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted.order_by(table.last_at.desc()))]


def find_load(connection: Connection, load_id: str) -> dict[str, Any] | None:
    """Return the row of a load by its column names, ``None`` when there is none."""
    row = connection.execute(select(file_load).where(file_load.c.id == load_id)).mappings().first()
    return dict(row) if row is not None else None


def keep_load(connection: Connection, row: dict[str, Any]) -> None:
    """Keep how far a load has come."""
    upsert(connection, file_load, [row])


_PLACE = (dead_letter.c.partition, dead_letter.c.offset, dead_letter.c.index)
_LETTER = (
    *_PLACE,
    dead_letter.c.reason,
    dead_letter.c.detail,
    dead_letter.c.source,
    dead_letter.c.name,
    dead_letter.c.received_at,
    dead_letter.c.contract_version,
    dead_letter.c.state,
    dead_letter.c.closed_at,
    dead_letter.c.closed_why,
    func.length(dead_letter.c.sealed).label("bytes"),
)


def letters_after(connection: Connection, wanted: LetterFilter, after: Place | None, limit: int) -> list[Letter]:
    """Return the next dead letters in the order of their places."""
    query = select(*_LETTER).where(*_conditions(wanted)).order_by(*_PLACE).limit(limit)
    if after is not None:
        query = query.where(tuple_(*_PLACE) > tuple_(after.partition, after.offset, after.index))
    return [_letter(row) for row in connection.execute(query)]


def newest_letters(connection: Connection, wanted: LetterFilter, limit: int) -> list[Letter]:
    """Return the dead letters that were accepted last, the last one first."""
    order = (dead_letter.c.received_at.desc(), *(column.desc() for column in _PLACE))
    query = select(*_LETTER).where(*_conditions(wanted)).order_by(*order).limit(limit)
    return [_letter(row) for row in connection.execute(query)]


def count_letters(connection: Connection, wanted: LetterFilter) -> list[tuple[str, str, str | None, str, int]]:
    """Return (reason, source, event, state, count) of the dead letters."""
    by = (dead_letter.c.reason, dead_letter.c.source, dead_letter.c.name, dead_letter.c.state)
    query = select(*by, func.count()).where(*_conditions(wanted)).group_by(*by)
    found = [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query)]
    return sorted(found, key=lambda row: (-row[4], row[0], row[1], row[2] or "", row[3]))


def sealed_letters(connection: Connection, places: Sequence[Place]) -> dict[Place, bytes]:
    """Return what was sent, sealed, of the dead letters."""
    query = select(*_PLACE, dead_letter.c.sealed).where(_among(places))
    return {Place(row[0], row[1], row[2]): bytes(row[3]) for row in connection.execute(query)}


def close_letters(connection: Connection, places: Sequence[Place], state: State, at: Instant, why: str) -> int:
    """Close open dead letters and empty what was sealed; return how many. Closed ones are left alone."""
    closed = {"state": state.value, "closed_at": at, "closed_why": why, "sealed": b""}
    changed = update(dead_letter).where(_among(places), dead_letter.c.state == State.OPEN.value).values(closed)
    return connection.execute(changed).rowcount


def _among(places: Sequence[Place]) -> Any:
    return tuple_(*_PLACE).in_([(place.partition, place.offset, place.index) for place in places])


def _conditions(wanted: LetterFilter) -> list[Any]:
    columns = {"reason": dead_letter.c.reason, "source": dead_letter.c.source, "event": dead_letter.c.name}
    found = [column == value for name, column in columns.items() if (value := getattr(wanted, name)) is not None]
    if wanted.state is not None:
        found.append(dead_letter.c.state == wanted.state.value)
    if wanted.from_at is not None:
        found.append(dead_letter.c.received_at >= wanted.from_at)
    if wanted.to_at is not None:
        found.append(dead_letter.c.received_at < wanted.to_at)
    if wanted.place is not None:
        found.append(_among([wanted.place]))
    return found


def _letter(row: Any) -> Letter:
    return Letter(
        place=Place(row.partition, row.offset, row[2]),
        reason=row.reason,
        detail=row.detail,
        source=row.source,
        event=row.name,
        received_at=row.received_at,
        contract_version=row.contract_version,
        state=State(row.state),
        closed_at=row.closed_at,
        closed_why=row.closed_why,
        bytes=row.bytes,
    )
