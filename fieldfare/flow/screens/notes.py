"""Notes that people write about a person: who wrote what, when. Sealed, told with the person, gone with an erasure.

A note is never changed. It stays with the profile id that it was written under; readers ask for all ids of a person, so
a merge brings notes together and a split takes them apart again.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, LargeBinary, Table, Text, delete, insert, select

from fieldfare.flow.look import Look
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import random_bytes
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State, metadata
from fieldfare.trust.keys.seal import Keys

MOST_TEXT = 4_000
MOST_SHOWN = 200

profile_note = Table(
    "profile_note",
    metadata,
    Column("id", Text, primary_key=True),
    Column("profile_id", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_profile_note_profile_id", "profile_id", "at"),
)


class Notes:
    """Writes and reads notes."""

    def __init__(self, state: State, keys: Keys, look: Look, clock: Clock) -> None:
        """Seal with these keys."""
        self._state, self._keys, self._look, self._clock = state, keys, look, clock

    def write(self, who: str, actor: str, text: str) -> dict[str, Any]:
        """Write a note about a person. Raises ``CallerError``: ``note_empty``, ``profile_unknown``."""
        told = text.strip()
        if not told or len(told) > MOST_TEXT:
            message = f"The note has {len(told):,} characters. Write 1 to {MOST_TEXT:,}."
            raise CallerError("note_empty", message, field="text")
        profile_id, _ = self._look.person(who)
        row = {
            "id": f"not_{random_bytes(9).hex()}",
            "profile_id": profile_id,
            "at": self._clock.now(),
            "actor": actor,
            "sealed": self._keys.seal_token(told.encode()),
        }
        with self._state.write() as tx:
            tx.execute(insert(profile_note).values(**row))
        return self._told(row)

    def of(self, who: str) -> dict[str, Any]:
        """Return the notes about a person, the newest first."""
        profile_id, family = self._look.person(who)
        wanted = select(profile_note).where(profile_note.c.profile_id.in_(sorted(family)))
        with self._state.read() as tx:
            rows = tx.execute(wanted.order_by(profile_note.c.at.desc()).limit(MOST_SHOWN)).mappings().all()
        return {"profile_id": profile_id, "notes": [self._told(dict(row)) for row in rows]}

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        text = self._keys.open_token(row["sealed"]).decode()
        return {"id": row["id"], "at": to_iso(row["at"]), "actor": row["actor"], "text": text}


def erase_notes(connection: Connection, profile_ids: Collection[int]) -> int:
    """Delete the notes about profiles; return how many there were."""
    return connection.execute(delete(profile_note).where(profile_note.c.profile_id.in_(sorted(profile_ids)))).rowcount
