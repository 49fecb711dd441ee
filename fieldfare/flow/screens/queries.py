"""Saved queries of the SQL page: a name, a question to the lake, who saved it, whether others see it. Runs nothing.

A query is its owner's: only they change or drop it. Others see it once it is shared; to change it they save their own.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Table, Text, delete, func, select

from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State, metadata
from fieldfare.ground.store.write import upsert

MOST_NAME, MOST_SQL, MOST_SAVED = 120, 20_000, 500

saved_query = Table(
    "saved_query",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sql", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("is_shared", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
)


class SavedQueries:
    """Keeps queries by owner and name, for everybody who may ask the lake."""

    def __init__(self, state: State, clock: Clock) -> None:
        """Keep them in the state database."""
        self._state, self._clock = state, clock

    def seen_by(self, owner: str) -> list[dict[str, Any]]:
        """Return one's own queries and those that others share, by name."""
        wanted = select(saved_query).where((saved_query.c.owner == owner) | saved_query.c.is_shared)
        with self._state.read() as tx:
            rows = tx.execute(wanted.order_by(saved_query.c.name, saved_query.c.owner)).mappings().all()
        return [_told(dict(row), owner) for row in rows]

    def save(self, owner: str, name: str, sql: str, description: str | None, *, is_shared: bool) -> dict[str, Any]:
        """Save a query in place of the owner's earlier one of its name, whose description stays where none is given.

        Raises ``CallerError`` ``query_unsaved``.
        """
        told = name.strip()
        if (
            not 1 <= len(told) <= MOST_NAME
            or not 1 <= len(sql.strip()) <= MOST_SQL
            or len(description or "") > MOST_SQL
        ):
            text = f"A saved query has a name of at most {MOST_NAME} characters and at most {MOST_SQL:,} of SQL."
            raise CallerError("query_unsaved", text, field="name")
        row: dict[str, Any] = {
            "owner": owner,
            "name": told,
            "sql": sql,
            "description": description or "",
            "is_shared": is_shared,
            "at": self._clock.now(),
        }
        others = (saved_query.c.owner == owner) & (saved_query.c.name != told)
        with self._state.write() as tx:
            count = tx.execute(select(func.count()).select_from(saved_query).where(others)).scalar_one()
            if count >= MOST_SAVED:
                text = f"You keep {count:,} queries already. Drop some of them first."
                raise CallerError("query_unsaved", text, field="name", status=409)
            if description is None:
                mine = (saved_query.c.owner == owner) & (saved_query.c.name == told)
                held = tx.execute(select(saved_query.c.description).where(mine)).scalar_one_or_none()
                row["description"] = held or ""
            upsert(tx, saved_query, [row])
        return _told(row, owner)

    def drop(self, owner: str, name: str) -> bool:
        """Drop a query of the owner; return whether there was one."""
        with self._state.write() as tx:
            theirs = (saved_query.c.owner == owner) & (saved_query.c.name == name)
            return tx.execute(delete(saved_query).where(theirs)).rowcount > 0


def _told(row: dict[str, Any], owner: str) -> dict[str, Any]:
    return {**row, "is_shared": bool(row["is_shared"]), "is_own": row["owner"] == owner, "at": to_iso(row["at"])}
