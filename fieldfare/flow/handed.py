"""What the pipeline has applied and the lake loader may have without reading and parsing it again.

In memory only, for two threads of one process, and bounded in events and in bytes of their records: the oldest goes
first. Whatever is not in it is read from the log, so nothing depends on it. It decides nothing.
"""

import threading
from collections import OrderedDict

from fieldfare.collect.model import DeadLetter, Event

MOST_EVENTS = 20_000
MOST_BYTES = 32 << 20
"""Of records as the log has them; opened, they take some times that."""

Items = list[Event | DeadLetter]


class HandedOver:
    """Items of applied records, by place, until the lake has them."""

    def __init__(self, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        """Begin empty."""
        self._most_events, self._most_bytes = most_events, most_bytes
        self._kept: OrderedDict[tuple[int, int], tuple[Items, int]] = OrderedDict()
        self._events = self._bytes = 0
        self._lock = threading.Lock()

    @property
    def waiting(self) -> tuple[int, int, int]:
        """Return how many records, events and bytes of records wait."""
        return len(self._kept), self._events, self._bytes

    def add(self, partition: int, offset: int, items: Items, size: int) -> None:
        """Keep the items of a record of ``size`` bytes; the oldest go when there is too much."""
        with self._lock:
            self._drop((partition, offset))
            self._kept[partition, offset] = items, size
            self._events, self._bytes = self._events + len(items), self._bytes + size
            while self._events > self._most_events or self._bytes > self._most_bytes:
                self._drop(next(iter(self._kept)))

    def take(self, partition: int, offset: int) -> Items | None:
        """Return the items of a record, once."""
        with self._lock:
            return self._drop((partition, offset))

    def loaded(self, partition: int, through: int) -> None:
        """Let go of what the lake has."""
        with self._lock:
            for place in [each for each in self._kept if each[0] == partition and each[1] <= through]:
                self._drop(place)

    def _drop(self, place: tuple[int, int]) -> Items | None:
        items, size = self._kept.pop(place, (None, 0))
        if items is not None:
            self._events, self._bytes = self._events - len(items), self._bytes - size
        return items
