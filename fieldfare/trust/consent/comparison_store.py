"""Table of the latest comparison with each consent platform, by purpose and channel. Callers own the transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Table, Text, select

from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import upsert

consent_comparison = Table(
    "consent_comparison",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("compared", BigInteger, nullable=False),
    Column("granted_here", BigInteger, nullable=False),
    Column("granted_there", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
    Column("is_flagged", Boolean, nullable=False),
)


def keep_comparisons(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what a comparison found, in place of the one before."""
    upsert(connection, consent_comparison, rows)


def comparisons(connection: Connection) -> list[dict[str, Any]]:
    """Return the latest comparisons."""
    ordered = select(consent_comparison).order_by(
        consent_comparison.c.platform, consent_comparison.c.purpose, consent_comparison.c.channel
    )
    return [dict(row._mapping) for row in connection.execute(ordered)]  # noqa: SLF001 - SQLAlchemy's public way
