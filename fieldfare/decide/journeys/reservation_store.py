"""The places that walks keep for a while. Statements only; callers own the transaction and decide nothing here."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, bindparam, delete, select

from fieldfare.ground.instants import Instant
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.write import upsert

reservation = Table(
    "reservation",
    metadata,
    Column("what", Text, primary_key=True),
    Column("of", Text, primary_key=True),
    Column("enrollment_id", Text, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("ix_reservation_profile_id", "profile_id"),
    Index("ix_reservation_until", "until"),
)


def reservations_of(connection: Connection, what: str, of: str) -> dict[str, Instant]:
    """Return who keeps places of this: walk -> until when; some of it may be over."""
    statement = select(reservation.c.enrollment_id, reservation.c.until).where(
        reservation.c.what == what, reservation.c.of == of
    )
    return {row.enrollment_id: row.until for row in connection.execute(statement)}


def keep_reservations(
    connection: Connection, kept: Sequence[dict[str, Any]], given_back: Collection[tuple[str, str, str]]
) -> None:
    """Write reservations, and remove those (what, of, walk) that were given back."""
    if given_back:
        gone = delete(reservation).where(
            reservation.c.what == bindparam("which"),
            reservation.c.of == bindparam("whose"),
            reservation.c.enrollment_id == bindparam("walk"),
        )
        rows = [{"which": what, "whose": of, "walk": walk} for what, of, walk in sorted(given_back)]
        connection.execute(gone, rows)
    if kept:
        upsert(connection, reservation, kept)


def forget_reservations(connection: Connection, before: Instant) -> int:
    """Remove reservations that were over by then; return how many."""
    return connection.execute(delete(reservation).where(reservation.c.until <= before)).rowcount
