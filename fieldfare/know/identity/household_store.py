"""Reads who is related as a household from the stored links. Statements only; nothing is written here."""

from collections.abc import Iterable

from sqlalchemy import Connection, or_, select

from fieldfare.know.identity.model import LinkKind
from fieldfare.know.identity.store import chunks, link

MOST_LINKS = 2_000
"""So many links of some identifiers are read; a household has fewer."""


def household_ends(connection: Connection, hashes: Iterable[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """Return (id, one end, other end) of the household links that stand and touch any of the identifiers."""
    found: list[tuple[bytes, bytes, bytes]] = []
    for chunk in chunks(hashes):
        touching = or_(link.c.a.in_(chunk), link.c.b.in_(chunk))
        wanted = select(link.c.id, link.c.a, link.c.b).where(
            touching, link.c.kind == LinkKind.HOUSEHOLD.value, link.c.retracted_at.is_(None)
        )
        rows = connection.execute(wanted.limit(MOST_LINKS))
        found += [(bytes(row.id), bytes(row.a), bytes(row.b)) for row in rows]
    return found
