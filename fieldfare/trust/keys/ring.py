"""The ring: wrapped data keys and tombstones in a store of their own, apart from the data, and backed up apart.

By default an SQLite file (``keys.sqlite``, mode 0600, overwritten where something is deleted); with PostgreSQL, tables
of the state database, which its dump can leave out. Every call is one durable transaction of its own. Commits of two
databases are not one, so the order does it: keys are put before the data they seal is committed, and destroyed after
the data is deleted. Opens nothing: it never sees a data key in clear.

Whatever destroys keys or buries somebody raises the *epoch* in the same transaction, so that other processes learn of
it from one small read (:meth:`fieldfare.trust.keys.seal.Keys.heed`).
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    inspect,
    select,
    update,
)

from fieldfare.ground.errors import ConfigError
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, insert_ignore, open_state, rows_in, rows_of, upsert
from fieldfare.trust.keys.model import DataKey, KeyOwner, Tombstone
from fieldfare.trust.keys.seal import EPOCH, VERSION, ring_missing

FILE = "keys.sqlite"
LAYOUT = "1"
_LAYOUT = "layout"

ring = MetaData()
data_key = Table(
    "data_key",
    ring,
    Column("owner", LargeBinary, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    sqlite_with_rowid=False,
)
key_fact = Table("key_fact", ring, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
tombstone = Table(
    "tombstone",
    ring,
    Column("hash", LargeBinary, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("through", BigInteger, nullable=False),
    Column("through_urgent", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_KEYS = select(data_key.c.owner, data_key.c.wrapped, data_key.c.version).where(data_key.c.owner.in_(_MANY))
_FACT = select(key_fact.c.value).where(key_fact.c.name == bindparam("which"))
_HELD_FACT = _FACT.with_for_update(read=True)
_PAGE = (
    select(data_key.c.owner, data_key.c.wrapped, data_key.c.version)
    .where(data_key.c.owner > bindparam("after"))
    .order_by(data_key.c.owner)
    .limit(bindparam("most"))
)
_REPLACE = (
    update(data_key)
    .where(data_key.c.owner == bindparam("which"), data_key.c.wrapped == bindparam("was"))
    .values(wrapped=bindparam("now"), version=bindparam("by"))
)
_NEXT_EPOCH = (
    update(key_fact).where(key_fact.c.name == EPOCH).values(value=cast(cast(key_fact.c.value, BigInteger) + 1, Text))
)
_DESTROY = delete(data_key).where(data_key.c.owner == bindparam("gone"))
_BURIED = select(*tombstone.columns).where(tombstone.c.hash.in_(_MANY))


class SqlRing:
    """``KeyRing`` and ``Tombstones`` in a database."""

    def __init__(self, state: State, *, create: bool) -> None:
        """Use the database, making its tables when ``create``.

        Raises ``ConfigError``: ``ring_missing``, ``ring_newer``.
        """
        self._state = state
        if create:
            self._begin()
        elif not self._is_begun():
            raise ring_missing()
        layout = self.fact(_LAYOUT)
        if layout != LAYOUT:
            text = (
                f"The data keys are laid out as version {layout}, and this program knows version {LAYOUT}. Run the "
                "program that made them; nothing was changed."
            )
            raise ConfigError("ring_newer", text)

    def get(self, owners: Collection[KeyOwner]) -> dict[KeyOwner, DataKey]:
        """Return the keys that stand."""
        with self._state.read() as connection:
            return _among(connection, owners)

    def put(self, keys: Sequence[DataKey]) -> dict[KeyOwner, DataKey] | None:
        """Keep the keys of owners that have none; return those that stood before, ``None`` for an old version."""
        with self._state.write() as connection:
            held = rows_of(connection, _HELD_FACT, which=VERSION)
            if not held or {key.version for key in keys} - {int(held[0][0])}:
                return None
            insert_ignore(connection, data_key, [_row(key) for key in keys])
            standing = _among(connection, [key.owner for key in keys])
        return {key.owner: standing[key.owner] for key in keys if standing[key.owner].wrapped != key.wrapped}

    def replace(self, keys: Mapping[bytes, DataKey]) -> int:
        """Put each key in place of the wrapped one it is listed under; one that was destroyed stays so."""
        if not keys:
            return 0
        rows = [{"which": key.owner, "was": was, "now": key.wrapped, "by": key.version} for was, key in keys.items()]
        with self._state.write() as connection:
            return connection.execute(_REPLACE, rows).rowcount

    def destroy(self, owners: Collection[KeyOwner]) -> int:
        """Destroy the keys for good; return how many there were."""
        if not owners:
            return 0
        with self._state.write() as connection:
            found = len(_among(connection, owners))
            connection.execute(_DESTROY, [{"gone": owner} for owner in sorted(owners)])
            connection.execute(_NEXT_EPOCH)
        self._state.scrub()
        return found

    def page(self, after: KeyOwner, limit: int) -> list[DataKey]:
        """Return the next keys in the order of their owners."""
        with self._state.read() as connection:
            return [DataKey(bytes(o), bytes(w), v) for o, w, v in rows_of(connection, _PAGE, after=after, most=limit)]

    def counts(self) -> dict[int, int]:
        """Return how many keys each version wraps."""
        wanted = select(data_key.c.version, func.count()).group_by(data_key.c.version).order_by(data_key.c.version)
        with self._state.read() as connection:
            return {row[0]: row[1] for row in connection.execute(wanted)}

    def fact(self, name: str) -> str | None:
        """Return a fact about the ring."""
        with self._state.read() as connection:
            found = rows_of(connection, _FACT, which=name)
        return str(found[0][0]) if found else None

    def set_fact(self, name: str, value: str) -> None:
        """Set a fact."""
        with self._state.write() as connection:
            upsert(connection, key_fact, [{"name": name, "value": value}])

    def bury(self, stones: Iterable[Tombstone]) -> None:
        """Keep tombstones durably; two of one identifier become one."""
        rows = {stone.hash: stone for stone in stones}
        with self._state.write() as connection:
            for known in _stones(connection, rows):
                rows[known.hash] = rows[known.hash].later(known)
            upsert(connection, tombstone, [msgspec.structs.asdict(stone) for stone in rows.values()])
            connection.execute(_NEXT_EPOCH)

    def buried(self, hashes: Collection[bytes]) -> dict[bytes, Tombstone]:
        """Return the tombstones of these identifiers."""
        with self._state.read() as connection:
            return {stone.hash: stone for stone in _stones(connection, hashes)}

    def since(self, at: Instant) -> list[Tombstone]:
        """Return the tombstones of an erasure at or after the instant."""
        wanted = select(tombstone).where(tombstone.c.at >= at).order_by(tombstone.c.at, tombstone.c.hash)
        with self._state.read() as connection:
            return [_stone(row) for row in connection.execute(wanted)]

    def copy_to(self, target: Path) -> None:
        """Write a copy of the file, as of one moment, to a path that does not exist yet. SQLite only."""
        assert self._state.is_sqlite, "the tables of PostgreSQL are dumped with its own tools"
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        connection = self._state.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM INTO ?", (str(target),))
        finally:
            connection.close()

    def lasting(self) -> AbstractContextManager[None]:
        """Let this thread's calls be committed together, where the file is not durable anyway; see ``State``."""
        return self._state.lasting()

    def close(self) -> None:
        """Close the database."""
        self._state.close()

    def _is_begun(self) -> bool:
        with self._state.read() as connection:
            return inspect(connection).has_table(key_fact.name)

    def _begin(self) -> None:
        with self._state.write() as connection:
            ring.create_all(connection)
            insert_ignore(connection, key_fact, [{"name": _LAYOUT, "value": LAYOUT}, {"name": EPOCH, "value": "0"}])


def open_ring_file(folder: Path, *, create: bool, durable: bool = True) -> SqlRing:
    """Return the ring in a data folder. Raises ``ConfigError``: ``ring_missing``, ``key_exposed``, ``ring_newer``."""
    path = folder / FILE
    if create and not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    if not path.exists():
        raise ring_missing()
    if path.stat().st_mode & 0o077:
        text = f"The data keys in {FILE} can be read by others. Run `chmod 600` on it."
        raise ConfigError("key_exposed", text)
    return SqlRing(open_state(f"sqlite:///{path}", durable=durable), create=create)


def _among(connection: Connection, owners: Iterable[KeyOwner]) -> dict[KeyOwner, DataKey]:
    return {bytes(o): DataKey(bytes(o), bytes(w), v) for o, w, v in rows_in(connection, _KEYS, owners)}


def _row(key: DataKey) -> dict[str, bytes | int]:
    return {"owner": key.owner, "wrapped": key.wrapped, "version": key.version}


def _stones(connection: Connection, hashes: Iterable[bytes]) -> list[Tombstone]:
    return [_stone(row) for row in rows_in(connection, _BURIED, hashes)]


def _stone(row: Sequence[Any]) -> Tombstone:
    return Tombstone(bytes(row[0]), *row[1:])
