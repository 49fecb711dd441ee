"""Where ``fieldfare load`` notes how far it came: a table of the state database. Decides nothing.

A note is a transaction of its own, durable when it returns. It may be lost or stand before what was appended; then the
same rows are appended again and dropped as seen.
"""

import msgspec

from fieldfare.collect.load import LoadNote
from fieldfare.collect.store import find_load, keep_load
from fieldfare.ground.store import State


class StateLoadNotes:
    """``LoadNotes`` in the state database."""

    def __init__(self, state: State) -> None:
        """Keep the database; the caller closes it."""
        self._state = state

    def find(self, load_id: str) -> LoadNote | None:
        """Return the note of a load, ``None`` when it was never begun."""
        with self._state.read() as connection:
            row = find_load(connection, load_id)
        return None if row is None else LoadNote(**row)

    def keep(self, note: LoadNote) -> None:
        """Keep the note durably, in place of an earlier one of the same load."""
        with self._state.write() as connection:
            keep_load(connection, msgspec.structs.asdict(note))
