"""Group commit: one append for many callers, bounds, failures that reach everybody, a shutdown that drains."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry


class _GatedLog(MemoryLog):
    """Counts appends and lets them through only while the gate is open; fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.appends: list[tuple[int, int]] = []
        self.failure: Exception | None = None

    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        self.entered.set()
        assert self.gate.wait(30)
        self.appends.append((partition, len(entries)))
        if self.failure is not None:
            raise self.failure
        return super().append(partition, entries)


def _entry(body: bytes = b"x") -> Entry:
    return Entry(1, body)


def test_a_lone_caller_is_answered() -> None:
    log = MemoryLog()
    commit = GroupCommit(log)
    assert commit.submit(NORMAL, _entry()).result(30) == 1
    assert asyncio.run(commit.append(NORMAL, _entry())) == 2
    assert commit.submit(URGENT, _entry()).result(30) == 1
    commit.close()


def test_callers_that_come_during_a_sync_share_the_next_one_and_urgent_goes_first() -> None:
    log = _GatedLog()
    commit = GroupCommit(log)
    first = commit.submit(NORMAL, _entry(b"0"))
    assert log.entered.wait(30)
    rest = [commit.submit(NORMAL, _entry(b"%d" % number)) for number in range(1, 50)]
    urgent = [commit.submit(URGENT, _entry()) for _ in range(3)]
    log.gate.set()
    assert [future.result(30) for future in [first, *rest]] == list(range(1, 51))
    assert [future.result(30) for future in urgent] == [1, 2, 3]
    assert log.appends == [(NORMAL, 1), (URGENT, 3), (NORMAL, 49)]
    assert [record.body for record in log.read(NORMAL, 0, 100)] == [b"%d" % number for number in range(50)]
    commit.close()


def test_a_group_is_bounded() -> None:
    log = _GatedLog()
    commit = GroupCommit(log, group_entries=10, group_bytes=100)
    first = commit.submit(NORMAL, _entry())
    assert log.entered.wait(30)
    futures = [commit.submit(NORMAL, _entry()) for _ in range(25)]
    futures += [commit.submit(NORMAL, _entry(b"y" * 60)) for _ in range(4)]
    log.gate.set()
    for future in [first, *futures]:
        future.result(30)
    assert log.appends == [(NORMAL, 1), (NORMAL, 10), (NORMAL, 10), (NORMAL, 7), (NORMAL, 2)]
    commit.close()


def test_one_call_into_the_loop_answers_the_whole_group() -> None:
    log = _GatedLog()
    commit = GroupCommit(log)

    async def run() -> int:
        loop = asyncio.get_running_loop()
        calls = []
        direct = loop.call_soon_threadsafe

        def counting(callback: object, *arguments: object, **keywords: object) -> object:
            calls.append(callback)
            return direct(callback, *arguments, **keywords)  # type: ignore[arg-type]

        loop.call_soon_threadsafe = counting  # type: ignore[method-assign, assignment]
        first = asyncio.ensure_future(commit.append(NORMAL, _entry()))
        await asyncio.sleep(0)
        assert log.entered.wait(30)
        rest = [asyncio.ensure_future(commit.append(NORMAL, _entry())) for _ in range(100)]
        await asyncio.sleep(0)
        log.gate.set()
        assert await asyncio.gather(first, *rest) == list(range(1, 102))
        return len(calls)

    assert asyncio.run(run()) == 2
    commit.close()


def test_a_failed_append_reaches_every_caller_and_the_thread_goes_on() -> None:
    log = _GatedLog()
    log.failure = TransientError("log_full", "The disk is full.", retry_after_s=5)
    commit = GroupCommit(log)
    futures = [commit.submit(NORMAL, _entry()) for _ in range(5)]
    log.gate.set()
    errors = [future.exception(30) for future in futures]
    assert [(error.code, error.retry_after_s) for error in errors if isinstance(error, TransientError)] == [
        ("log_full", 5)
    ] * 5
    assert len(set(map(id, errors))) == 5
    log.failure = None
    assert commit.submit(NORMAL, _entry()).result(30) == 1
    commit.close()


def test_a_bug_in_the_log_reaches_the_callers_too() -> None:
    class _Miscounts(MemoryLog):
        def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
            return [*super().append(partition, entries), 99]

    commit = GroupCommit(_Miscounts())
    with pytest.raises(AssertionError, match="another number of offsets"):
        commit.submit(NORMAL, _entry()).result(30)
    with pytest.raises(AssertionError, match="another number of offsets"):
        asyncio.run(commit.append(NORMAL, _entry()))
    commit.close()


@pytest.mark.parametrize(
    ("bounds", "body", "fits"), [({"max_entries": 3}, b"x", 3), ({"max_bytes": 100}, b"y" * 30, 3)]
)
def test_over_the_bound_a_caller_is_told_at_once(bounds: dict[str, int], body: bytes, fits: int) -> None:
    log = _GatedLog()
    commit = GroupCommit(log, **bounds)
    futures = [commit.submit(NORMAL, _entry(body)) for _ in range(fits)]
    assert log.entered.wait(30)
    with pytest.raises(TransientError) as caught:
        commit.submit(URGENT, _entry(body))
    assert (caught.value.code, caught.value.retry_after_s) == ("log_busy", 1)
    log.gate.set()
    for future in futures:
        future.result(30)
    commit.close()
    assert log.head(NORMAL) == fits
    assert log.head(URGENT) == 0


def test_room_comes_back_and_an_entry_above_the_bound_passes_alone() -> None:
    commit = GroupCommit(MemoryLog(), max_entries=1, max_bytes=10)
    for expected in range(1, 20):
        future = commit.submit(NORMAL, _entry(b"z" * 50))
        assert future.result(30) == expected
        _until_free(commit)
    commit.close()


def test_close_drains_and_then_refuses() -> None:
    log = _GatedLog()
    commit = GroupCommit(log, group_entries=2)
    futures = [commit.submit(NORMAL, _entry()) for _ in range(9)]
    closer = threading.Thread(target=commit.close)
    closer.start()
    log.gate.set()
    closer.join(30)
    assert not closer.is_alive()
    assert [future.result(0) for future in futures] == list(range(1, 10))
    with pytest.raises(TransientError) as caught:
        commit.submit(NORMAL, _entry())
    assert caught.value.code == "log_closed"
    commit.close()


def test_a_cancelled_future_takes_its_entry_back_but_a_cancelled_wait_does_not() -> None:
    log = _GatedLog()
    commit = GroupCommit(log)
    first = commit.submit(NORMAL, _entry(b"first"))
    assert log.entered.wait(30)
    second = commit.submit(NORMAL, _entry(b"second"))
    assert second.cancel()

    async def give_up() -> None:
        waiting = asyncio.ensure_future(commit.append(NORMAL, _entry(b"third")))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(give_up())
    log.gate.set()
    first.result(30)
    commit.close()
    assert [record.body for record in log.read(NORMAL, 0, 10)] == [b"first", b"third"]


def _until_free(commit: GroupCommit) -> None:
    for _ in range(3000):
        if commit._entries == 0:
            return
        threading.Event().wait(0.01)
    pytest.fail("the room of an answered entry did not come back")
