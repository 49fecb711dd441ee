"""Tables of identity: identifiers by keyed hash, links, redirects, holds. Statements only.

Written by the pipeline's transaction alone. Reads take sorted chunks, which is fastest on a clustered key.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    bindparam,
    or_,
    select,
    update,
)

from fieldfare.ground.store import insert_ignore, metadata, rows_in, upsert
from fieldfare.know.identity.model import Link, LinkKind

CHUNK = 900
NO_PROFILE = 0
"""Owner of an identifier that was met while no profiles were assembled."""

identifier = Table(
    "identifier",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("profile_id", BigInteger, nullable=False, index=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
link = Table(
    "link",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("a", LargeBinary, nullable=False),
    Column("b", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("confidence", SmallInteger, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("retracted_at", BigInteger),
    Column("retracted_because", Text),
    Index("ix_link_a", "a"),
    Index("ix_link_b", "b"),
    sqlite_with_rowid=False,
)
redirect = Table(
    "redirect",
    metadata,
    Column("profile_id", BigInteger, primary_key=True, autoincrement=False),
    Column("into_id", BigInteger, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("message_id", Text, nullable=False),
)
hold = Table(
    "identity_hold",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("candidates", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_OWNERS = select(identifier.c.hash, identifier.c.profile_id).where(identifier.c.hash.in_(_MANY))
_WRAPPED = select(identifier.c.hash, identifier.c.wrapped_key).where(identifier.c.hash.in_(_MANY))
_OF_PROFILE = select(identifier).where(identifier.c.profile_id == bindparam("profile"))
_ONWARD = select(redirect.c.profile_id, redirect.c.into_id).where(redirect.c.profile_id.in_(_MANY))
_BACKWARD = select(redirect.c.profile_id, redirect.c.into_id).where(redirect.c.into_id.in_(_MANY))


_TAKE = (
    update(identifier)
    .where(identifier.c.hash == bindparam("which"), identifier.c.profile_id == NO_PROFILE)
    .values(profile_id=bindparam("owner"))
)


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield sorted chunks small enough for one statement."""
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def owners(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, int]:
    """Return the profile of each identifier hash that belongs to one."""
    return {row[0]: row[1] for row in rows_in(connection, _OWNERS, hashes) if row[1] != NO_PROFILE}


def links_among(connection: Connection, hashes: Iterable[bytes]) -> list[Link]:
    """Return all live links that touch any of the hashes."""
    found: dict[bytes, Link] = {}
    for chunk in chunks(hashes):
        wanted = select(link).where(or_(link.c.a.in_(chunk), link.c.b.in_(chunk)), link.c.retracted_at.is_(None))
        for row in connection.execute(wanted):
            found[bytes(row.id)] = _link(row)
    return list(found.values())


def _link(row: Any) -> Link:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public mapping view
    values.update(id=bytes(row.id), a=bytes(row.a), b=bytes(row.b), kind=LinkKind(row.kind))
    return Link(**values)


def redirects(connection: Connection) -> dict[int, int]:
    """Return all redirects, each to its final profile."""
    direct: dict[int, int] = {
        row[0]: row[1] for row in connection.execute(select(redirect.c.profile_id, redirect.c.into_id))
    }
    return {source: _final(source, direct) for source in direct}


def _final(profile_id: int, direct: dict[int, int]) -> int:
    while profile_id in direct:
        profile_id = direct[profile_id]
    return profile_id


def insert_identifiers(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert identifiers; a hash has one row, and one key, for ever. One that belonged to nobody takes its owner."""
    insert_ignore(connection, identifier, rows)
    owned = [{"which": row["hash"], "owner": row["profile_id"]} for row in rows if row["profile_id"] != NO_PROFILE]
    if owned:
        connection.execute(_TAKE, owned)


def insert_links(connection: Connection, links: Sequence[Link]) -> None:
    """Insert links; the same assertion twice is one row."""
    insert_ignore(connection, link, [msgspec.structs.asdict(each) for each in links])


def insert_holds(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert holds, one per event."""
    insert_ignore(connection, hold, rows)


def move_identifiers(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Redirect profiles: rows of ``profile_id``, ``into_id``, ``at``, ``message_id``; their identifiers move along."""
    if not rows:
        return
    upsert(connection, redirect, rows)
    moved = update(identifier).where(identifier.c.profile_id == bindparam("gone")).values(profile_id=bindparam("stays"))
    connection.execute(moved, [{"gone": row["profile_id"], "stays": row["into_id"]} for row in rows])


def identifiers_of(connection: Connection, profile_id: int) -> list[Any]:
    """Return the identifier rows of a profile."""
    return list(connection.execute(_OF_PROFILE, {"profile": profile_id}))


def wrapped_keys(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return the wrapped key of each known identifier."""
    return {row[0]: row[1] for row in rows_in(connection, _WRAPPED, hashes)}


def standing_ids(connection: Connection, profile_ids: Iterable[int]) -> dict[int, int]:
    """Return, for each profile id, the profile that stands for it now (itself, when it was not merged away)."""
    wanted = set(profile_ids)
    standing = {profile_id: profile_id for profile_id in wanted}
    while wanted:
        found = {row[0]: row[1] for row in rows_in(connection, _ONWARD, wanted)}
        for profile_id, target in standing.items():
            standing[profile_id] = found.get(target, target)
        wanted = set(found.values())
    return standing


def families(connection: Connection, profile_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return, for each profile id, all ids of the same person: the one that stands and those merged."""
    standing = standing_ids(connection, profile_ids)
    members = {target: {target} for target in standing.values()}
    wanted = {target: target for target in members}
    while wanted:
        found = {row[0]: wanted[row[1]] for row in rows_in(connection, _BACKWARD, wanted)}
        for profile_id, target in found.items():
            members[target].add(profile_id)
        wanted = found
    return {profile_id: frozenset(members[target]) for profile_id, target in standing.items()}
