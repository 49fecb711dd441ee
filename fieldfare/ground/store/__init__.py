"""The state database: one schema for SQLite and PostgreSQL, one way to open, write and read it.

Rooms declare their tables on :data:`metadata` in their own ``store.py``. This room knows no table.
"""

from fieldfare.ground.store.alone import Alone, held, one_at_a_time
from fieldfare.ground.store.read import rows_in, rows_of, run_in
from fieldfare.ground.store.schema import metadata
from fieldfare.ground.store.state import State, open_state
from fieldfare.ground.store.write import add_counts, change, insert_ignore, insert_new, run_each, upsert

__all__ = [
    "Alone",
    "State",
    "add_counts",
    "change",
    "held",
    "insert_ignore",
    "insert_new",
    "metadata",
    "one_at_a_time",
    "open_state",
    "rows_in",
    "rows_of",
    "run_each",
    "run_in",
    "upsert",
]
