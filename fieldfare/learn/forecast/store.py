"""The table of proposed seasons and what people said of them. Statements only.

A proposal is never changed but for its one decision; the same proposal is not written again while it is open or once it
was rejected.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Table, Text, insert, select, update

from fieldfare.ground.instants import Instant
from fieldfare.ground.store import metadata

OPEN, ACCEPTED, REJECTED = "open", "accepted", "rejected"

season_proposal = Table(
    "season_proposal",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("place", Text),
    Column("season", Text, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("actor", Text),
    Column("note", Text),
)
"""``proposal``: JSON of the learnt season; ``reason``: the sentence that people were asked."""


def put(connection: Connection, row: dict[str, Any]) -> bool:
    """Write a proposal, unless one of this id is there; return whether it was written."""
    if connection.execute(select(season_proposal.c.id).where(season_proposal.c.id == row["id"])).first() is not None:
        return False
    connection.execute(insert(season_proposal), [row | {"status": OPEN}])
    return True


def proposals(connection: Connection, status: str | None = None) -> list[dict[str, Any]]:
    """Return the proposals, the newest first."""
    wanted = select(season_proposal).order_by(season_proposal.c.at.desc(), season_proposal.c.id)
    if status is not None:
        wanted = wanted.where(season_proposal.c.status == status)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def proposal(connection: Connection, proposal_id: str) -> dict[str, Any] | None:
    """Return one proposal."""
    row = connection.execute(select(season_proposal).where(season_proposal.c.id == proposal_id)).mappings().first()
    return None if row is None else dict(row)


def decide(connection: Connection, proposal_id: str, status: str, at: Instant, actor: str, note: str) -> bool:
    """Write the decision on an open proposal; return whether it was open."""
    changed = connection.execute(
        update(season_proposal)
        .where(season_proposal.c.id == proposal_id, season_proposal.c.status == OPEN)
        .values(status=status, decided_at=at, actor=actor, note=note)
    )
    return changed.rowcount == 1
