"""The table of published cuts: versions only grow, and none is ever changed. Statements only."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Table, Text, insert, select

from fieldfare.ground.store import metadata
from fieldfare.know.computed.model import Cuts

cut = Table(
    "cut",
    metadata,
    Column("trait", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("numbers", Text, nullable=False),
    Column("profiles", BigInteger, nullable=False),
)
"""``numbers`` is a JSON list of four; ``profiles`` had a value when they were found."""


def all_cuts(connection: Connection) -> list[dict[str, Any]]:
    """Return every version of every trait's cuts, the newest of each last."""
    rows = connection.execute(select(cut).order_by(cut.c.trait, cut.c.version)).mappings()
    return [{**row, "numbers": msgspec.json.decode(row["numbers"], type=Cuts)} for row in rows]


def latest(connection: Connection) -> dict[str, tuple[int, Cuts]]:
    """Return the newest version and its cuts by trait."""
    return {row["trait"]: (row["version"], row["numbers"]) for row in all_cuts(connection)}


def insert_cuts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write new versions: rows of ``trait``, ``version``, ``at``, ``numbers``, ``profiles``."""
    written = [{**row, "numbers": msgspec.json.encode(row["numbers"]).decode()} for row in rows]
    if written:
        connection.execute(insert(cut), written)
