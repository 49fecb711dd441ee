"""The table of membership changes: who joined and left which audience, when and why. Append-only.

Rows are written in the pipeline's transaction together with the documents that they follow from, so a crash leaves both
or neither; a second delivery is dropped before it gets here. Memberships as they are now live in the documents.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, Table, Text, insert

from fieldfare.ground.store.schema import metadata

membership_change = Table(
    "membership_change",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("audience", Text, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("joined", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("event_id", Text, nullable=True),
    Index("membership_change_profile", "profile_id", "at"),
)
"""``at`` is the instant of the edge; ``cause`` is event, time, cut, definition, merge, split, backfill or erasure."""


def insert_changes(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows with the keys audience, profile_id, joined, at, cause, event_id; ``seq`` follows their order."""
    if rows:
        connection.execute(insert(membership_change), list(rows))
