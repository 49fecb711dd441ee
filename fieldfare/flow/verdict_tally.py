"""All verdicts by outcome and first rule, counted as they come: each look counts what was appended since the last one.

The log of verdicts is only appended to, so earlier counts stay right and the sum is exact. Kept in memory: the first
look after a start counts all, by an index.
"""

import threading
from collections import Counter

from sqlalchemy import Connection

from fieldfare.decide.gate import search_store
from fieldfare.decide.gate.store import count_decisions


class VerdictTally:
    """Counts the verdicts of one state database."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._upto = 0

    def look(self, connection: Connection) -> dict[tuple[str, str], int]:
        """Return the counts as of the connection's snapshot."""
        with self._lock:
            newest = search_store.newest(connection)
            if newest < self._upto:  # an older snapshot, or a database that was restored
                self._counts, self._upto = Counter(), 0
            if newest > self._upto:
                self._counts.update(count_decisions(connection, self._upto or None))
                self._upto = newest
            return dict(self._counts)
