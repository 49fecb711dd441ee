"""Tables of profiles: documents, wake-ups, reveals, changes for the lake, words to search by. Statements only.

Documents and wake-ups are written by the pipeline's transaction alone; a reveal by whoever shows what is sealed.
Whoever changes a document notes it in the same transaction: ``profile_change`` says which profiles the lake has not got
as they stand. What stood at the end of a minute is the document itself until a later minute changes it; if the lake has
not got it by then, it is kept as a ``profile_version``. Rows go once the lake has them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, insert_new, metadata, rows_in, rows_of, run_each, upsert

_Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite clusters a table by its key only when that is declared ``INTEGER``."""

document = Table(
    "document",
    metadata,
    Column("profile_id", _Id, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
Index("ix_document_profile_id", document.c.profile_id).ddl_if(dialect="sqlite")
"""For counting: SQLite keeps the bodies in the key's own tree, which takes a second to go through."""
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
profile_change = Table(
    "profile_change",
    metadata,
    Column("profile_id", _Id, primary_key=True, autoincrement=False),
    Column("minute", BigInteger, nullable=False),
    Column("stamp", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""Profiles that the lake has not got as they stand; one without a document is gone.

``minute``: minutes since 1970, of the last change. ``stamp`` grows from one transaction to the next, so that a row that
changed while it was loaded is not taken for it.
"""
profile_version = Table(
    "profile_version",
    metadata,
    Column("seq", _Id, primary_key=True, autoincrement=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("minute", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Documents as they stood at the end of a minute, where a later one changed them before the lake had them."""
search_token = Table(
    "search_token",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("profile_id", _Id, primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)
"""Keyed hashes of words and addresses of the personal traits of each profile."""
_LOAD = (
    select(document.c.profile_id, document.c.body, wake.c.due_at)
    .select_from(document.outerjoin(wake, wake.c.profile_id == document.c.profile_id))
    .where(document.c.profile_id.in_(bindparam("many", expanding=True)))
)
_WAITING = select(profile_change.c.profile_id, profile_change.c.minute).where(
    profile_change.c.profile_id.in_(bindparam("many", expanding=True))
)
_DUE = (
    select(wake.c.profile_id)
    .where(wake.c.due_at <= bindparam("now"))
    .order_by(wake.c.due_at, wake.c.profile_id)
    .limit(bindparam("most"))
)
_DUE_AT = (
    select(wake.c.profile_id, wake.c.due_at)
    .where(wake.c.due_at <= bindparam("now"))
    .order_by(wake.c.due_at, wake.c.profile_id)
    .limit(bindparam("most"))
)
_NEXT = select(func.min(wake.c.due_at))
_WORDS = (
    select(search_token.c.profile_id, func.count())
    .where(search_token.c.profile_id.in_(bindparam("many", expanding=True)))
    .group_by(search_token.c.profile_id)
)
_HAVING = select(search_token.c.hash, search_token.c.profile_id).where(
    search_token.c.hash.in_(bindparam("many", expanding=True))
)
_LOADED = delete(profile_change).where(
    profile_change.c.profile_id == bindparam("which"),
    profile_change.c.stamp == bindparam("as_of"),
)
_UNSEARCHED = delete(search_token).where(search_token.c.profile_id == bindparam("gone"))
_GONE = delete(document).where(document.c.profile_id == bindparam("gone"))
_ASLEEP = delete(wake).where(wake.c.profile_id == bindparam("gone"))


def load(connection: Connection, profile_ids: Iterable[int]) -> list[tuple[int, bytes, Instant | None]]:
    """Return (profile id, body, wake-up) of the documents there are."""
    return list(rows_in(connection, _LOAD, profile_ids))


def load_after(connection: Connection, profile_id: int, limit: int) -> list[int]:
    """Return the next profile ids above ``profile_id``, for walking all of them in pages."""
    wanted = select(document.c.profile_id).where(document.c.profile_id > profile_id)
    return list(connection.execute(wanted.order_by(document.c.profile_id).limit(limit)).scalars())


def ids() -> Select[tuple[int]]:
    """Return the statement that selects every profile there is."""
    return select(document.c.profile_id)


def save(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write documents: rows of ``profile_id`` and ``body``."""
    upsert(connection, document, rows)


def remove(connection: Connection, profile_ids: Sequence[int]) -> None:
    """Remove the documents and wake-ups of profiles that were merged away."""
    if profile_ids:
        rows = [{"gone": profile_id} for profile_id in profile_ids]
        run_each(connection, _GONE, rows)
        run_each(connection, _UNSEARCHED, rows)
        run_each(connection, _ASLEEP, rows)


def set_wakes(connection: Connection, wakes: dict[int, Instant | None]) -> None:
    """Set or clear the next wake-up of profiles."""
    upsert(connection, wake, [{"profile_id": key, "due_at": at} for key, at in wakes.items() if at is not None])
    run_each(connection, _ASLEEP, [{"gone": key} for key, at in wakes.items() if at is None])


def due(connection: Connection, now: Instant, limit: int) -> list[int]:
    """Return at most ``limit`` profiles whose wake-up is due, the longest waiting first."""
    return [row[0] for row in rows_of(connection, _DUE, now=now, most=limit)]


def due_by(connection: Connection, until: Instant, limit: int) -> list[tuple[Instant, int]]:
    """Return at most ``limit`` wake-ups that are due by then, and whose, the earliest first."""
    return [(row[1], row[0]) for row in rows_of(connection, _DUE_AT, now=until, most=limit)]


def next_due_at(connection: Connection) -> Instant | None:
    """Return the earliest wake-up of all."""
    found: Instant | None = rows_of(connection, _NEXT)[0][0]
    return found


def count(connection: Connection) -> int:
    """Return the number of profiles."""
    return connection.execute(select(func.count()).select_from(document)).scalar_one()


def reveals(
    connection: Connection, before: int | None, most: int, actor: str | None, profile_ids: Collection[int]
) -> list[Any]:
    """Return who was shown what of whom, the newest first: of an actor, of some profiles; ``before`` a number."""
    wanted = select(reveal).order_by(reveal.c.seq.desc()).limit(most)
    if before is not None:
        wanted = wanted.where(reveal.c.seq < before)
    if actor is not None:
        wanted = wanted.where(reveal.c.actor == actor)
    if profile_ids:
        wanted = wanted.where(reveal.c.profile_id.in_(sorted(profile_ids)))
    return list(connection.execute(wanted).all())


def silence_reveals(connection: Connection, profile_ids: Collection[int]) -> int:
    """Empty the reasons, free texts, for which somebody was shown what is sealed of the profiles; return how many."""
    meant = update(reveal).where(reveal.c.profile_id.in_(sorted(profile_ids)), reveal.c.reason != "")
    return connection.execute(meant.values(reason="")).rowcount


def insert_reveal(connection: Connection, profile_id: int, what: str, actor: str, reason: str, at: Instant) -> None:
    """Record that somebody is about to be shown what is sealed."""
    insert_reveals(connection, [{"profile_id": profile_id, "what": what, "actor": actor, "reason": reason, "at": at}])


def insert_reveals(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Record reveals: rows of ``profile_id``, ``what``, ``actor``, ``reason``, ``at``."""
    if rows:
        connection.execute(insert(reveal), list(rows))


def waiting_minutes(connection: Connection, profile_ids: Iterable[int]) -> dict[int, int]:
    """Return, of the profiles whose last changes the lake has not got, the minute of the last one."""
    return dict(rows_in(connection, _WAITING, profile_ids))


def note_changes(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note changes for the lake: rows of ``profile_id``, ``minute``, ``stamp``; a later one replaces."""
    upsert(connection, profile_change, rows)


def last_stamp(connection: Connection) -> int:
    """Return the stamp of the newest change that waits for the lake, 0 when none waits."""
    return connection.execute(select(func.max(profile_change.c.stamp))).scalar_one() or 0


def changes(connection: Connection, stamp: int, limit: int) -> list[tuple[int, int, int]]:
    """Return (profile id, minute, stamp) of the oldest changes, those of ``stamp`` included."""
    columns = profile_change.c
    wanted = select(columns.profile_id, columns.minute, columns.stamp).where(columns.stamp <= stamp)
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted.order_by(columns.stamp).limit(limit))]


def forget_changes(connection: Connection, rows: Sequence[tuple[int, int, int]]) -> None:
    """Forget changes that the lake has, but for those that changed again meanwhile."""
    run_each(connection, _LOADED, [{"which": row[0], "as_of": row[2]} for row in rows])


def insert_versions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep documents as they stood at the end of a minute: rows of ``profile_id``, ``minute``, ``body``."""
    insert_new(connection, profile_version, rows)


def last_version(connection: Connection) -> int:
    """Return the number of the newest version that waits for the lake, 0 when none waits."""
    return connection.execute(select(func.max(profile_version.c.seq))).scalar_one() or 0


def versions(connection: Connection, through: int, limit: int) -> list[tuple[int, int, int, bytes]]:
    """Return (number, profile id, minute, body) of the oldest versions, that numbered ``through`` included."""
    columns = profile_version.c
    wanted = select(columns.seq, columns.profile_id, columns.minute, columns.body).where(columns.seq <= through)
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(wanted.order_by(columns.seq).limit(limit))]


def forget_versions(connection: Connection, through: int) -> None:
    """Forget versions that the lake has."""
    connection.execute(delete(profile_version).where(profile_version.c.seq <= through))


def set_search_words(connection: Connection, hashes: Mapping[int, Iterable[bytes]]) -> None:
    """Replace the hashes by which profiles are found."""
    run_each(connection, _UNSEARCHED, [{"gone": profile_id} for profile_id in hashes])
    rows = [{"hash": each, "profile_id": profile_id} for profile_id, found in hashes.items() for each in found]
    insert_ignore(connection, search_token, rows)


def found_by(connection: Connection, hashes: Sequence[bytes], limit: int) -> list[int]:
    """Return profiles that have all these hashes, the oldest first."""
    columns, several = search_token.c, len(hashes) > 1
    wanted = select(columns.profile_id).where(columns.hash.in_(list(hashes)))
    if several:
        wanted = wanted.group_by(columns.profile_id).having(func.count() == len(hashes))
    return list(connection.execute(wanted.order_by(columns.profile_id).limit(limit)).scalars())


def having(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, set[int]]:
    """Return the profiles that are found by each hash; those that find nobody are left out."""
    found: dict[bytes, set[int]] = {}
    for each, profile_id in rows_in(connection, _HAVING, hashes):
        found.setdefault(bytes(each), set()).add(profile_id)
    return found


def count_search_words(connection: Connection, profile_ids: Iterable[int]) -> dict[int, int]:
    """Return how many hashes each profile is found by."""
    return dict(rows_in(connection, _WORDS, profile_ids))


def forget_versions_of(connection: Connection, profile_ids: Iterable[int]) -> None:
    """Forget what waits for the lake of people who were erased."""
    connection.execute(delete(profile_version).where(profile_version.c.profile_id.in_(list(profile_ids))))
