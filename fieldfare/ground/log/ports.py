"""What the rooms above need from a log: append durably, read in order, trim.

An append is durable when the call returns. Offsets of a partition start at 1, have no gaps, and are given under a lock
that is held to commit, so a reader that has seen offset n has seen everything before it. Bodies are opaque, sealed.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from fieldfare.ground.instants import Instant

URGENT = 0
"""Partition of records that bear consent; always read first."""
NORMAL = 1
"""Partition of everything else."""
PARTITIONS = (URGENT, NORMAL)


class Entry(msgspec.Struct, frozen=True):
    """What is to be appended: the accept time and the sealed body."""

    received_at: Instant
    body: bytes


class Record(msgspec.Struct, frozen=True):
    """One appended entry with its place."""

    partition: int
    offset: int
    received_at: Instant
    body: bytes


class EventLog(Protocol):
    """An append-only log of partitions."""

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        """Append all entries or none, durably; return their offsets.

        Raises ``TransientError`` (``log_full``, ``log_unavailable``) when the log is full or out of reach.
        """
        ...

    def read(self, partition: int, after: int, limit: int) -> list[Record]:
        """Return at most ``limit`` records with offset > ``after``, in order."""
        ...

    def head(self, partition: int) -> int:
        """Return the highest offset ever given in the partition, 0 when none."""
        ...

    def trim(self, partition: int, through: int) -> int:
        """Remove records with offset <= ``through``; return how many went. Offsets are never reused."""
        ...

    def check(self) -> None:
        """Write nothing that counts, durably: raise what an append would raise when none can be made now."""
        ...

    def close(self) -> None:
        """Release files and connections. Calling it twice is harmless."""
        ...
