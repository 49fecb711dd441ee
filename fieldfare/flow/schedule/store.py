"""The journal of scheduled work: one row per run. Statements only."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, insert, select, update

from fieldfare.flow.schedule.model import Outcome, Ran
from fieldfare.ground.instants import Day, Instant
from fieldfare.ground.store import metadata

scheduled_run = Table(
    "scheduled_run",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("work", Text, nullable=False),
    Column("day", Integer, nullable=False, index=True),
    Column("phase", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("outcome", Text),
    Column("told", Text, nullable=False),
    sqlite_autoincrement=True,
)
_C = scheduled_run.c


def begin(connection: Connection, run: Ran) -> int:
    """Note that a run begins; return its number."""
    row = {"work": run.work, "day": run.day, "phase": run.phase, "began_at": run.began_at, "told": "{}"}
    made = connection.execute(insert(scheduled_run).values(row)).inserted_primary_key
    assert made is not None, "a row has its number"
    return int(made[0])


def end(connection: Connection, seq: int, at: Instant, outcome: Outcome, told: dict[str, Any]) -> None:
    """Note how a run ended."""
    said = msgspec.json.encode(told).decode()
    connection.execute(update(scheduled_run).where(_C.seq == seq).values(ended_at=at, outcome=outcome.value, told=said))


def cut_off(connection: Connection, at: Instant) -> int:
    """Note of every run that did not end that it was cut off; whoever calls is the only one who runs any."""
    open_ones = update(scheduled_run).where(_C.ended_at.is_(None))
    return connection.execute(open_ones.values(ended_at=at, outcome=Outcome.CUT_OFF.value)).rowcount


def since(connection: Connection, day: Day) -> list[Ran]:
    """Return the runs due on a day or later, the oldest first."""
    return _read(connection.execute(select(scheduled_run).where(_C.day >= day).order_by(_C.seq)).mappings().all())


def newest(connection: Connection, most: int) -> list[Ran]:
    """Return the newest runs, the newest first."""
    wanted = select(scheduled_run).order_by(_C.seq.desc()).limit(most)
    return _read(connection.execute(wanted).mappings().all())


def _read(rows: Sequence[Any]) -> list[Ran]:
    names = ("work", "day", "phase", "began_at", "ended_at", "outcome")
    return [Ran(**{name: row[name] for name in names}, told=msgspec.json.decode(row["told"])) for row in rows]
