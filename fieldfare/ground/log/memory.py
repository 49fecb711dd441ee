"""An event log in memory: for tests, rehearsals and the simulated year. It keeps nothing when the process ends.

A lock stands for the transaction: an append happens whole under it, and so does a read.
"""

import threading
from bisect import bisect_right
from collections.abc import Sequence

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.ports import PARTITIONS, Entry, Record


class MemoryLog:
    """An ``EventLog`` that lives as long as the object."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._records: dict[int, list[Record]] = {partition: [] for partition in PARTITIONS}
        self._heads: dict[int, int] = dict.fromkeys(PARTITIONS, 0)
        self._closed = False

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        """Append all entries; return their offsets."""
        with self._lock:
            self._check_open()
            first = self._heads[partition] + 1
            offsets = list(range(first, first + len(entries)))
            # Made whole before it is kept: a bad entry in the middle leaves nothing.
            records = [
                Record(partition, offset, entry.received_at, entry.body)
                for offset, entry in zip(offsets, entries, strict=True)
            ]
            self._records[partition] += records
            self._heads[partition] += len(entries)
            return offsets

    def read(self, partition: int, after: int, limit: int) -> list[Record]:
        """Return at most ``limit`` records with offset > ``after``, in order."""
        with self._lock:
            self._check_open()
            records = self._records[partition]
            start = bisect_right(records, after, key=_offset)
            return records[start : start + limit]

    def head(self, partition: int) -> int:
        """Return the highest offset ever given in the partition, 0 when none."""
        with self._lock:
            self._check_open()
            return self._heads[partition]

    def trim(self, partition: int, through: int) -> int:
        """Remove records with offset <= ``through``; return how many went."""
        with self._lock:
            self._check_open()
            records = self._records[partition]
            gone = bisect_right(records, through, key=_offset)
            del records[:gone]
            return gone

    def check(self) -> None:
        """Raise what an append would raise when none can be made now."""
        with self._lock:
            self._check_open()

    def close(self) -> None:
        """Refuse further calls. Calling it twice is harmless."""
        with self._lock:
            self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise TransientError("log_unavailable", "The memory log is closed. Open another one.")


def _offset(record: Record) -> int:
    return record.offset
