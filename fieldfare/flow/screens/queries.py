"""Saved queries of the SQL page: a name, a question to the lake, who saved it. Runs nothing."""

from typing import Any

from sqlalchemy import BigInteger, Column, Table, Text, delete, func, select

from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State, metadata
from fieldfare.ground.store.write import upsert

MOST_NAME, MOST_SQL, MOST_SAVED = 120, 20_000, 1_000

saved_query = Table(
    "saved_query",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sql", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)


class SavedQueries:
    """Keeps queries by name, for everybody who may ask the lake."""

    def __init__(self, state: State, clock: Clock) -> None:
        """Keep them in the state database."""
        self._state, self._clock = state, clock

    def all(self) -> list[dict[str, Any]]:
        """Return all saved queries by name."""
        with self._state.read() as tx:
            rows = tx.execute(select(saved_query).order_by(saved_query.c.name)).mappings().all()
        return [{**row, "at": to_iso(row["at"])} for row in rows]

    def save(self, actor: str, name: str, sql: str, description: str) -> dict[str, Any]:
        """Save a query in place of an earlier one of its name. Raises ``CallerError`` ``query_unsaved``."""
        told = name.strip()
        if not 1 <= len(told) <= MOST_NAME or not 1 <= len(sql.strip()) <= MOST_SQL or len(description) > MOST_SQL:
            text = f"A saved query has a name of at most {MOST_NAME} characters and at most {MOST_SQL:,} of SQL."
            raise CallerError("query_unsaved", text, field="name")
        row: dict[str, Any] = {
            "name": told,
            "sql": sql,
            "description": description,
            "actor": actor,
            "at": self._clock.now(),
        }
        with self._state.write() as tx:
            count = tx.execute(select(func.count()).select_from(saved_query)).scalar_one()
            if count >= MOST_SAVED:
                text = f"There are {count:,} saved queries already. Drop some of them first."
                raise CallerError("query_unsaved", text, field="name", status=409)
            upsert(tx, saved_query, [row])
        return {**row, "at": to_iso(row["at"])}

    def drop(self, name: str) -> bool:
        """Drop a saved query; return whether there was one."""
        with self._state.write() as tx:
            return tx.execute(delete(saved_query).where(saved_query.c.name == name)).rowcount > 0
