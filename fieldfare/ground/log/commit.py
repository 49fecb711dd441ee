"""Group commit: many callers append, one thread syncs for all of them.

The flow: callers queue an entry and wait; the thread takes everything that is queued, appends it (urgent partition
first, one append per partition), then answers all callers of that append. While it syncs, the next group gathers, so
the group grows with the load and a lone caller waits for no timer.

What is committed: one group of one partition is one append of the log, all or none. A crash before the append returns
leaves its callers unanswered: they ask again. A crash after it, before they are answered: their entries are in the log
and they ask again too, so an entry may come twice; who reads the log drops what was seen. A failed append reaches every
caller of the group; nothing is tried again here. The queue is bounded, in entries and bytes, counting what is being
synced; beyond it a caller is told at once to come back later. This module never looks into a body.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future

import msgspec

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.ports import PARTITIONS, Entry, EventLog

_Loop = asyncio.AbstractEventLoop


class _Waiting(msgspec.Struct, gc=False):
    """One queued entry and who waits for its offset: a thread's future, or a loop's future with its loop."""

    entry: Entry
    future: Future[int] | asyncio.Future[int]
    loop: _Loop | None


class GroupCommit:
    """Batches appends to a log. Owns its thread, not the log: close this first, then the log."""

    def __init__(
        self,
        log: EventLog,
        *,
        max_entries: int = 20_000,
        max_bytes: int = 64 << 20,
        group_entries: int = 2_000,
        group_bytes: int = 16 << 20,
    ) -> None:
        """Start the thread. The first two bounds are for everything that waits, the last two for one append."""
        self._log = log
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._group_entries = group_entries
        self._group_bytes = group_bytes
        self._changed = threading.Condition()
        self._queues: dict[int, deque[_Waiting]] = {partition: deque() for partition in PARTITIONS}
        self._entries = 0
        self._bytes = 0
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, partition: int, entry: Entry) -> Future[int]:
        """Queue an entry; the future gives its offset once it is durable.

        A future cancelled before its group starts takes the entry back. Raises ``TransientError`` (``log_busy``,
        ``log_closed``) at once when the queue is over its bound or closing.
        """
        future: Future[int] = Future()
        self._put(partition, _Waiting(entry, future, None))
        return future

    async def append(self, partition: int, entry: Entry) -> int:
        """Queue an entry and wait for its offset. Raises as :meth:`submit`, and what the log raises.

        Cancelling the wait does not take the entry back: it may be appended, and nobody is told.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()
        self._put(partition, _Waiting(entry, future, loop))
        return await future

    def close(self) -> None:
        """Refuse new entries, append what is queued, stop the thread. Calling it twice is harmless."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _put(self, partition: int, waiting: _Waiting) -> None:
        size = len(waiting.entry.body)
        with self._changed:
            if self._closing:
                message = "The log is being closed and takes nothing more. Send again in a moment."
                raise TransientError("log_closed", message, retry_after_s=1)
            # One entry is always let in, or an entry above the bound could never pass.
            if self._entries and (self._entries >= self._max_entries or self._bytes + size > self._max_bytes):
                message = (
                    f"{self._entries} requests ({self._bytes} bytes) already wait to be written, the bound is "
                    f"{self._max_entries} ({self._max_bytes} bytes). Send again after a second."
                )
                raise TransientError("log_busy", message, retry_after_s=1)
            self._entries += 1
            self._bytes += size
            self._queues[partition].append(waiting)
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not any(self._queues.values()) and not self._closing:
                    self._changed.wait()
                groups = [(partition, self._take(queue)) for partition, queue in sorted(self._queues.items()) if queue]
            if not groups:
                return
            for partition, group in groups:
                self._append(partition, group)

    def _take(self, queue: deque[_Waiting]) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while queue and len(group) < self._group_entries and (not group or size < self._group_bytes):
            waiting = queue.popleft()
            size += len(waiting.entry.body)
            group.append(waiting)
        return group

    def _append(self, partition: int, group: list[_Waiting]) -> None:
        wanted = [waiting for waiting in group if _still_wanted(waiting)]
        try:
            offsets = self._log.append(partition, [waiting.entry for waiting in wanted])
            assert len(offsets) == len(wanted), "the log gave another number of offsets than it got entries"
        except BaseException as error:  # noqa: BLE001 - whatever it is, the callers must hear it and the thread go on
            _answer((waiting, _for_one_caller(error)) for waiting in wanted)
        else:
            _answer(zip(wanted, offsets, strict=True))
        with self._changed:
            self._entries -= len(group)
            self._bytes -= sum(len(waiting.entry.body) for waiting in group)


def _still_wanted(waiting: _Waiting) -> bool:
    return not isinstance(waiting.future, Future) or waiting.future.set_running_or_notify_cancel()


def _for_one_caller(error: BaseException) -> BaseException:
    """Return an exception that one caller can raise without adding to the traceback of the others."""
    if isinstance(error, TransientError):
        mine = TransientError(error.code, error.message, retry_after_s=error.retry_after_s)
        mine.__cause__ = error
        return mine
    return error


def _answer(answers: Iterable[tuple[_Waiting, int | BaseException]]) -> None:
    """Resolve the futures: a thread's at once, those of one loop together in one call into that loop."""
    by_loop: dict[_Loop, list[tuple[Future[int] | asyncio.Future[int], int | BaseException]]] = {}
    for waiting, answer in answers:
        if waiting.loop is None:
            _resolve([(waiting.future, answer)])
        else:
            by_loop.setdefault(waiting.loop, []).append((waiting.future, answer))
    for loop, some in by_loop.items():
        # A loop that is closed has nobody left to tell.
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(_resolve, some)
            except RuntimeError:
                continue


def _resolve(answers: list[tuple[Future[int] | asyncio.Future[int], int | BaseException]]) -> None:
    for future, answer in answers:
        if future.done():
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
