"""The table of profile health: one row per day, metric and source. Statements only."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from fieldfare.ground.instants import Day
from fieldfare.ground.store import metadata
from fieldfare.know.profiles.health import Finding

profile_health = Table(
    "profile_health",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("day", Integer, nullable=False, index=True),
    Column("metric", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("threshold", Float),
    Column("ok", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
_MINE = ("metric", "source", "value", "threshold", "ok")


def keep(connection: Connection, day: Day, findings: Sequence[Finding]) -> None:
    """Keep the findings of a day; those of an earlier run of the day give way."""
    connection.execute(delete(profile_health).where(profile_health.c.day == day))
    rows = [{"day": day, **{name: getattr(each, name) for name in _MINE}} for each in findings]
    if rows:
        connection.execute(insert(profile_health), rows)


def of_day(connection: Connection, day: Day) -> list[Finding]:
    """Return the findings of a day, in the order in which they were kept."""
    wanted = select(*(profile_health.c[name] for name in _MINE)).where(profile_health.c.day == day)
    return [Finding(*row) for row in connection.execute(wanted.order_by(profile_health.c.seq))]


def last_day(connection: Connection) -> Day | None:
    """Return the newest day there are findings of."""
    found: Any = connection.execute(select(func.max(profile_health.c.day))).scalar_one()
    return found if found is None else int(found)
