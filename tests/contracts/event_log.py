"""The contract of an event log, as checks that any implementation must pass and a broken one must fail.

A check takes a :class:`Place`, where logs can be opened (again), and raises ``AssertionError`` with what went wrong.
"""

import subprocess
import sys
import threading
from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Protocol, cast

import pytest

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.ports import NORMAL, PARTITIONS, URGENT, Entry, EventLog, Record

DEADLINE_S = 30.0


class Place(Protocol):
    """Where a log lives. Opening twice gives two logs over the same records, when the place can do that."""

    @abstractmethod
    def open(self, *, busy_timeout_s: float = 10.0) -> EventLog:
        """Open a log here, whose appends wait so long for others."""
        ...

    @property
    @abstractmethod
    def address(self) -> tuple[str, str] | None:
        """Kind and path or URL by which another process opens it; ``None`` when none can, nor a second log."""
        ...

    @abstractmethod
    def stall(self, body: bytes) -> AbstractContextManager[None]:
        """Append ``body`` to NORMAL, stand still before the commit inside the block, and commit at its end."""
        ...

    @abstractmethod
    def append_unanswered(self, log: EventLog, entries: list[Entry]) -> None:
        """Append to NORMAL so that it is committed and the answer is lost. ``log`` is open here."""
        ...


Check = Callable[[Place], None]


def entry(number: int, body: bytes | None = None) -> Entry:
    """Return an entry whose body names its number."""
    return Entry(received_at=1_000_000 + number, body=b"body-%d" % number if body is None else body)


def entries(count: int) -> list[Entry]:
    """Return entries 0 … count - 1."""
    return [entry(number) for number in range(count)]


def offsets_of(records: list[Record]) -> list[int]:
    """Return the offsets of records."""
    return [record.offset for record in records]


def begins_empty(place: Place) -> None:
    """Nothing is there at first."""
    log = place.open()
    for partition in PARTITIONS:
        assert log.head(partition) == 0
        assert log.read(partition, 0, 10) == []
        assert log.trim(partition, 10) == 0
    log.close()


def gives_back_in_order(place: Place) -> None:
    """Offsets start at 1, have no gaps, and each partition counts for itself; records come back as they went in."""
    log = place.open()
    assert log.append(NORMAL, entries(3)) == [1, 2, 3]
    assert log.append(URGENT, [entry(9)]) == [1]
    assert log.append(NORMAL, entries(2)) == [4, 5]
    assert log.head(NORMAL) == 5
    assert log.head(URGENT) == 1
    expected = [Record(NORMAL, n + 1, e.received_at, e.body) for n, e in enumerate([*entries(3), *entries(2)])]
    assert log.read(NORMAL, 0, 100) == expected
    assert log.read(URGENT, 0, 100) == [Record(URGENT, 1, entry(9).received_at, b"body-9")]
    log.close()


def reads_after_and_up_to(place: Place) -> None:
    """``after`` is excluded, ``limit`` is kept, beyond the head there is nothing."""
    log = place.open()
    log.append(NORMAL, entries(10))
    assert offsets_of(log.read(NORMAL, 4, 3)) == [5, 6, 7]
    assert offsets_of(log.read(NORMAL, 8, 100)) == [9, 10]
    assert log.read(NORMAL, 10, 5) == []
    assert log.read(NORMAL, 99, 5) == []
    assert log.read(NORMAL, 0, 0) == []
    log.close()


def appends_nothing(place: Place) -> None:
    """An empty append is allowed and takes no offset."""
    log = place.open()
    assert log.append(NORMAL, []) == []
    assert log.head(NORMAL) == 0
    assert log.append(NORMAL, entries(1)) == [1]
    log.close()


def keeps_any_body(place: Place) -> None:
    """Empty, binary and huge bodies come back byte for byte."""
    bodies = [b"", bytes(range(256)), b"\\x00'\"{}", b"\x00" * 10, b"x" * (4 << 20)]
    log = place.open()
    log.append(NORMAL, [entry(number, body) for number, body in enumerate(bodies)])
    assert [record.body for record in log.read(NORMAL, 0, 10)] == bodies
    log.close()


def keeps_all_or_nothing(place: Place) -> None:
    """An append that fails in its middle leaves neither records nor a gap."""
    log = place.open()
    log.append(NORMAL, entries(2))
    bad = cast("Entry", object())
    with pytest.raises(AttributeError):
        log.append(NORMAL, [entry(7), bad, entry(8)])
    assert log.head(NORMAL) == 2
    assert log.append(NORMAL, entries(1)) == [3]
    assert offsets_of(log.read(NORMAL, 0, 10)) == [1, 2, 3]
    log.close()


def trims_without_reuse(place: Place) -> None:
    """Trimming counts what went, leaves the rest, and never gives an offset again, even when all is gone."""
    log = place.open()
    log.append(NORMAL, entries(2500))
    log.append(URGENT, entries(1))
    assert log.trim(NORMAL, 2100) == 2100
    assert log.trim(NORMAL, 2100) == 0
    assert offsets_of(log.read(NORMAL, 0, 2)) == [2101, 2102]
    assert log.trim(NORMAL, 1 << 40) == 400
    assert log.read(NORMAL, 0, 10) == []
    assert log.head(NORMAL) == 2500
    assert log.append(NORMAL, entries(1)) == [2501]
    assert log.head(URGENT) == 1
    log.close()


def reopens_with_everything(place: Place) -> None:
    """What one log appended another one finds, heads after a trim included."""
    if place.address is None:
        pytest.skip("this place lives as long as its log")
    first = place.open()
    first.append(NORMAL, entries(5))
    first.trim(NORMAL, 2)
    first.append(URGENT, entries(1))
    first.trim(URGENT, 1)
    first.close()
    again = place.open()
    assert offsets_of(again.read(NORMAL, 0, 10)) == [3, 4, 5]
    assert again.append(URGENT, entries(1)) == [2]
    again.close()


def closes_twice(place: Place) -> None:
    """Closing again is harmless."""
    log = place.open()
    log.append(NORMAL, entries(1))
    log.close()
    log.close()


def serves_threads(place: Place) -> None:
    """Threads append while one reads by watermark: the reader meets every record once, in order, without a gap."""
    log = place.open()
    threads, each = 4, 40
    seen: list[Record] = []

    def produce(name: int) -> list[int]:
        given: list[int] = []
        for number in range(each):
            given += log.append(NORMAL, [entry(name * each + number)])
        return given

    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(produce, name) for name in range(threads)]
        for _ in range(int(DEADLINE_S / 0.001)):
            watermark = seen[-1].offset if seen else 0
            seen += log.read(NORMAL, watermark, 7)
            if len(seen) == threads * each or (all(job.done() for job in jobs) and not log.read(NORMAL, watermark, 1)):
                break
            threading.Event().wait(0.001)
        given = [offset for job in jobs for offset in job.result(DEADLINE_S)]
    log.close()
    assert offsets_of(seen) == list(range(1, threads * each + 1)), "the reader passed a record that came later"
    assert sorted(given) == offsets_of(seen), "callers were told other offsets than those in the log"
    assert {record.body for record in seen} == {b"body-%d" % number for number in range(threads * each)}


def serves_processes(place: Place) -> None:
    """Two processes append at once: nothing is lost, nothing doubled, no gap."""
    if place.address is None:
        pytest.skip("only one process can reach this place")
    place.open().close()
    each = 60
    command = [sys.executable, "-m", "tests.contracts.append_worker", *place.address, str(each)]
    workers = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in ("a", "b")]
    outputs = [worker.communicate(timeout=2 * DEADLINE_S)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    log = place.open()
    records = log.read(NORMAL, 0, 1000)
    log.close()
    assert offsets_of(records) == list(range(1, 2 * each + 1))
    told = {int(offset) for output in outputs for offset in output.split()}
    assert told == set(offsets_of(records))
    assert {record.body.decode() for record in records} == {f"{name}-{n}" for name in "ab" for n in range(each)}


def waits_for_the_earlier(place: Place) -> None:
    """An append that began earlier and commits late holds up the later one; no reader sees the later first."""
    if place.address is None:
        pytest.skip("an append here cannot be held up")
    log = place.open()
    reader = place.open()
    with ThreadPoolExecutor(1) as pool:
        with place.stall(b"early"):
            late = pool.submit(log.append, NORMAL, [entry(1, b"late")])
            threading.Event().wait(0.3)
            assert reader.read(NORMAL, 0, 10) == [], "a reader sees past an append that is not committed"
            assert not late.done(), "the later append committed before the earlier one"
        assert late.result(DEADLINE_S) == [2]
    assert [record.body for record in reader.read(NORMAL, 0, 10)] == [b"early", b"late"]
    log.close()
    reader.close()


def gives_up_waiting(place: Place) -> None:
    """An append that waits too long for another one is refused as transient, leaves nothing, and can be made again."""
    if place.address is None:
        pytest.skip("an append here cannot be held up")
    log = place.open(busy_timeout_s=0.2)
    with place.stall(b"early"):
        with pytest.raises(TransientError) as caught:
            log.append(NORMAL, [entry(1), entry(2)])
        assert caught.value.code == "log_unavailable"
        assert caught.value.retry_after_s
    log.check()
    assert log.append(NORMAL, [entry(1), entry(2)]) == [2, 3]
    assert [record.body for record in log.read(NORMAL, 0, 10)] == [b"early", b"body-1", b"body-2"]
    log.close()


def takes_the_same_twice(place: Place) -> None:
    """A log does not know what it holds: the same entry twice is two records, in one append and in two."""
    log = place.open()
    assert log.append(NORMAL, [entry(1), entry(1)]) == [1, 2]
    assert log.append(NORMAL, [entry(1)]) == [3]
    assert {record.body for record in log.read(NORMAL, 0, 10)} == {b"body-1"}
    log.close()


def keeps_what_was_not_answered(place: Place) -> None:
    """A crash between commit and answer leaves the whole append, once; made again, it comes after, without a gap."""
    log = place.open()
    log.append(NORMAL, entries(1))
    place.append_unanswered(log, entries(3))
    assert offsets_of(log.read(NORMAL, 0, 10)) == [1, 2, 3, 4], "an append was committed and is not whole"
    assert log.append(NORMAL, entries(3)) == [5, 6, 7]
    bodies = [record.body for record in log.read(NORMAL, 1, 10)]
    assert bodies == [each.body for each in entries(3)] * 2
    log.close()


def leaves_no_half_of_a_killed_append(place: Place) -> None:
    """An appender is killed at work: each of its appends is there whole or not at all, and what it told is there."""
    if place.address is None:
        pytest.skip("only one process can reach this place")
    log, size = place.open(), 7
    command = [sys.executable, "-m", "tests.contracts.append_worker", *place.address, "100000", "w", str(size)]
    for lines in (3, 20, 61):
        before = log.head(NORMAL)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            told = [worker.stdout.readline() for _ in range(lines)]
            worker.kill()
            told += [line for line in worker.stdout if line.endswith("\n")]
        log.append(NORMAL, entries(1))  # waits for what the killed one left to be rolled back
        records = log.read(NORMAL, before, 1_000_000)[:-1]
        assert offsets_of(records) == list(range(before + 1, before + len(records) + 1))
        assert [record.body for record in records] == [b"w-%d" % (n // size) for n in range(len(records))]
        assert len(records) % size == 0, "half an append is there"
        assert {int(offset) for line in told for offset in line.split()} <= set(offsets_of(records))
    log.close()


CHECKS: tuple[Check, ...] = (
    begins_empty,
    gives_back_in_order,
    reads_after_and_up_to,
    appends_nothing,
    keeps_any_body,
    keeps_all_or_nothing,
    trims_without_reuse,
    reopens_with_everything,
    closes_twice,
    serves_threads,
    serves_processes,
    waits_for_the_earlier,
    gives_up_waiting,
    takes_the_same_twice,
    keeps_what_was_not_answered,
    leaves_no_half_of_a_killed_append,
)
