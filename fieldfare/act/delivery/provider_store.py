"""Tables of providers: breakers, and what is left of rate limits. Statements only; callers own the transaction."""

from collections.abc import Collection, Mapping

from sqlalchemy import BigInteger, Column, Connection, Table, Text, bindparam, func, select

from fieldfare.act.delivery.breaker import Breaker
from fieldfare.act.delivery.limits import Bucket
from fieldfare.ground.ids import text_digest
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import insert_ignore, metadata, rows_in
from fieldfare.ground.store.write import upsert

provider = Table(
    "provider",
    metadata,
    Column("name", Text, primary_key=True),
    Column("bad", BigInteger, nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("since", BigInteger),
    Column("until", BigInteger),
    Column("probe_until", BigInteger),
    Column("detail", Text),
    Column("changed_at", BigInteger, nullable=False),
)

rate_bucket = Table(
    "rate_bucket",
    metadata,
    Column("key", Text, primary_key=True),
    Column("level", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)


_FIELDS = Breaker.__struct_fields__
_BREAKERS = (
    select(provider.c.name, *(provider.c[name] for name in _FIELDS))
    .where(provider.c.name.in_(bindparam("many", expanding=True)))
    .order_by(provider.c.name)
)
_LOCKED = _BREAKERS.with_for_update()


class SqlProviders:
    """``Providers`` in the state database. Rows are locked in the order of their names, so nobody waits in a circle."""

    def breakers(self, tx: Connection, names: Collection[str], *, lock: bool) -> dict[str, Breaker]:
        """Return the breakers; one never written is closed. To be locked it must be there, so it is made."""
        if lock:
            closed = {"bad": 0, "opened": 0, "since": None, "until": None, "probe_until": None, "detail": None}
            insert_ignore(tx, provider, [{"name": name, **closed, "changed_at": 0} for name in sorted(names)])
        found = dict.fromkeys(sorted(names), Breaker())
        for name, *told in rows_in(tx, _LOCKED if lock else _BREAKERS, names):
            found[name] = Breaker(**dict(zip(_FIELDS, told, strict=True)))
        return found

    def keep_breakers(self, tx: Connection, breakers: Mapping[str, Breaker], now: Instant) -> None:
        """Write breakers."""
        rows = [
            {"name": name, **{field: getattr(each, field) for field in each.__struct_fields__}, "changed_at": now}
            for name, each in sorted(breakers.items())
        ]
        upsert(tx, provider, rows)

    def buckets(self, tx: Connection, keys: Collection[str]) -> dict[str, Bucket]:
        """Return the buckets that were written, locked."""
        if tx.dialect.name == "postgresql":  # a row that is not there yet cannot be locked itself
            for number in sorted({int.from_bytes(text_digest(key)[:8], "big", signed=True) for key in keys}):
                tx.execute(select(func.pg_advisory_xact_lock(number)))
        wanted = select(rate_bucket).where(rate_bucket.c.key.in_(sorted(keys)))
        return {row.key: Bucket(row.level, row.at) for row in tx.execute(wanted)}

    def keep_buckets(self, tx: Connection, buckets: Mapping[str, Bucket]) -> None:
        """Write buckets."""
        upsert(tx, rate_bucket, [{"key": key, "level": each.level, "at": each.at} for key, each in buckets.items()])


def all_breakers(connection: Connection) -> dict[str, Breaker]:
    """Return every breaker that ever moved. For status."""
    names = list(connection.execute(select(provider.c.name)).scalars())
    return SqlProviders().breakers(connection, names, lock=False)
