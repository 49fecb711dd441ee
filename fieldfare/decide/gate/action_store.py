"""The table of actions that were asked for: one row per idempotency key, with its answer and whether it was used.

Statements only; callers own the transaction. A permit is used once: the update that marks it counts.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, Table, Text, delete, select, update

from fieldfare.decide.gate.model import Sent
from fieldfare.decide.gate.orders import ACTION_CHANNEL
from fieldfare.ground.instants import Instant
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import upsert

action_request = Table(
    "action_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("profile_id", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("location", Text),
    Column("actor", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("findings", Text, nullable=False),
    Column("match_confidence", Integer, nullable=False),
    Column("permit_expires_at", BigInteger),
    Column("used_at", BigInteger),
    Column("used_by", Text),
    Index("ix_action_request_profile", "profile_id", "decided_at"),
)


def request_of(connection: Connection, request_id: str) -> dict[str, Any] | None:
    """Return a request with its answer, ``None`` for an id that nobody has."""
    row = connection.execute(select(action_request).where(action_request.c.id == request_id)).first()
    return None if row is None else dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to a mapping


def keep_request(connection: Connection, row: dict[str, Any]) -> None:
    """Write a request with its answer, in place of an earlier answer."""
    upsert(connection, action_request, [row])


def use_permit(connection: Connection, request_id: str, at: Instant, actor: str) -> bool:
    """Mark a permit as used; false when it was before."""
    unused = (action_request.c.id == request_id) & action_request.c.used_at.is_(None)
    return connection.execute(update(action_request).where(unused).values(used_at=at, used_by=actor)).rowcount == 1


def given_to(connection: Connection, profile_ids: Collection[int], since: Instant) -> list[Sent]:
    """Return the actions that people were permitted since then, ascending."""
    wanted = select(action_request).where(
        action_request.c.profile_id.in_(sorted(profile_ids)),
        action_request.c.decision == "permit",
        action_request.c.decided_at >= since,
    )
    return [
        Sent(
            at=row.decided_at,
            channel=ACTION_CHANNEL,
            purpose=row.purpose,
            tags=tuple(row.tags.split()),
            location=row.location,
        )
        for row in connection.execute(wanted.order_by(action_request.c.decided_at, action_request.c.id))
    ]


def forget_requests(connection: Connection, profile_ids: Collection[int]) -> int:
    """Delete what was asked about people; return how many there were."""
    theirs = action_request.c.profile_id.in_(sorted(profile_ids))
    return connection.execute(delete(action_request).where(theirs)).rowcount
