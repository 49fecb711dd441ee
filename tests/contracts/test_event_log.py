"""Every event log passes the same contract, and logs that are broken in one way fail it."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import Entry, Record
from fieldfare.ground.log.postgres import PostgresLog
from tests.contracts import event_log as contract
from tests.contracts.log_places import MemoryPlace, PostgresPlace, SqlitePlace


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> contract.Place:
    """Return each place in turn."""
    if request.param == "memory":
        return MemoryPlace()
    if request.param == "sqlite":
        return SqlitePlace(tmp_path / "log.sqlite")
    return PostgresPlace(request.getfixturevalue("postgres_database"))


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_event_log_keeps_its_contract(place: contract.Place, check: contract.Check) -> None:
    check(place)


class _EarlyOffsets(MemoryLog):
    """Gives the offset before it takes the lock, and lets the second append overtake the first."""

    def __init__(self) -> None:
        super().__init__()
        self._counter = 0
        self._second = threading.Event()

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        self._counter += len(entries)
        last = self._counter
        offsets = list(range(last - len(entries) + 1, last + 1))
        if last > 1:
            self._second.set()
        else:
            self._second.wait(5)
            threading.Event().wait(0.05)
        with self._lock:
            new = [Record(partition, o, e.received_at, e.body) for o, e in zip(offsets, entries, strict=True)]
            self._records[partition] = sorted([*self._records[partition], *new], key=lambda record: record.offset)
            self._heads[partition] = max(self._heads[partition], last)
        return offsets


class _ReusesTrimmed(MemoryLog):
    """Takes the head from what is left."""

    def trim(self, partition: int, through: int) -> int:
        gone = super().trim(partition, through)
        left = self._records[partition]
        self._heads[partition] = left[-1].offset if left else 0
        return gone


class _ReadsInclusive(MemoryLog):
    """Returns the record at ``after`` again."""

    def read(self, partition: int, after: int, limit: int) -> list[Record]:
        return super().read(partition, max(0, after - 1), limit)


class _HalfBatch(MemoryLog):
    """Appends one by one, so a failure leaves the first half."""

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        offsets = []
        for entry in entries:
            offsets += super().append(partition, [entry])
        return offsets


class _TriesAgain(MemoryLog):
    """Makes every append twice, as one does that takes a lost answer for a lost append."""

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        super().append(partition, entries)
        return super().append(partition, entries)


class _BrokenPlace(MemoryPlace):
    def __init__(self, kind: type[MemoryLog]) -> None:
        self._kind = kind

    def open(self, *, busy_timeout_s: float = 10.0) -> MemoryLog:
        assert busy_timeout_s
        return self._kind()


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (_EarlyOffsets, contract.serves_threads),
        (_ReusesTrimmed, contract.trims_without_reuse),
        (_ReadsInclusive, contract.reads_after_and_up_to),
        (_HalfBatch, contract.keeps_all_or_nothing),
        (_TriesAgain, contract.takes_the_same_twice),
        (_TriesAgain, contract.keeps_what_was_not_answered),
    ],
)
def test_a_broken_log_fails_the_contract(broken: type[MemoryLog], check: contract.Check) -> None:
    with pytest.raises(AssertionError):
        check(_BrokenPlace(broken))


class _NoRowLock(PostgresLog):
    """Commits its record without having waited at the head row."""

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        with self._engine.begin() as connection:
            row = (partition, 2, 1, entries[0].body)
            connection.exec_driver_sql("INSERT INTO log_record VALUES (%s, %s, %s, %s)", row)
        return [2]


class _NoRowLockPlace(PostgresPlace):
    def open(self, *, busy_timeout_s: float = 10.0) -> PostgresLog:
        return _NoRowLock(self.address[1], busy_timeout_s=busy_timeout_s)


def test_a_postgres_log_without_the_row_lock_fails_the_contract(postgres_database: str) -> None:
    with pytest.raises(AssertionError, match=r"past an append|before the earlier"):
        contract.waits_for_the_earlier(_NoRowLockPlace(postgres_database))
