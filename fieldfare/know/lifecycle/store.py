"""The table of stage changes: who went from which stage to which, when and why. Append-only.

Rows are written in the pipeline's transaction together with the documents that they follow from, as membership changes
are. The stage as it is now lives in the document.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text, select

from fieldfare.ground.instants import Instant
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import insert_new

stage_change = Table(
    "stage_change",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("from_stage", Text),
    Column("to_stage", Text),
    Column("at", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Index("ix_stage_change_profile_id", "profile_id", "seq"),
)
"""``cause`` is that of a membership change: event, time, definition, merge …"""


def insert_changes(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows with the columns of the table, ``seq`` excepted; ``seq`` follows their order."""
    insert_new(connection, stage_change, rows)


def left_by_merge(connection: Connection, profile_ids: Iterable[int]) -> dict[int, tuple[str, Instant]]:
    """Return the stage, and since when it stood, in which each of these profiles was when it was merged away."""
    found: dict[int, tuple[str, Instant]] = {}
    for profile_id in sorted(profile_ids):
        wanted = select(stage_change).where(stage_change.c.profile_id == profile_id)
        rows = connection.execute(wanted.order_by(stage_change.c.seq.desc()).limit(2)).all()
        if len(rows) > 1 and rows[0].cause == "merge" and rows[0].to_stage is None and rows[0].from_stage is not None:
            found[profile_id] = (rows[0].from_stage, rows[1].at)
    return found
