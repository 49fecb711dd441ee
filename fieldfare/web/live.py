"""What changes on screens, told as it happens: server-sent events over one poll that all listeners share.

Flow: while somebody listens, a task reads each topic every few seconds (slow ones less often), and gives what differs
from the last reading a number. A listener gets every topic that it may see and has not, then each change; between them
a comment, so that a dead connection is noticed. ``Last-Event-ID`` resumes: numbers of another start count as none. With
no listener nothing is read. A listener whose session ended is let go with the next comment.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, NamedTuple

import msgspec
import structlog
from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from fieldfare.ground.errors import FieldfareError, TransientError
from fieldfare.ground.ids import random_bytes
from fieldfare.trust.access.model import Caller, Permission
from fieldfare.web.guard import Guard, caller, needs

_log = structlog.get_logger()
PERIOD_S = 2.0
SLOW_EVERY = 5
HEARTBEAT_S = 15.0
MOST = 64
"""Most listeners at once."""


class Topic(NamedTuple):
    """Something that is told: who may see it, how it is read, whether reading takes long."""

    permission: Permission
    read: Callable[[], Any]
    is_slow: bool = False


class _Told(NamedTuple):
    number: int
    data: bytes


class Live:
    """Reads topics while somebody listens, and tells what changed."""

    def __init__(
        self,
        topics: Mapping[str, Topic],
        period_s: float = PERIOD_S,
        most: int = MOST,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        """Tell these topics."""
        self._topics, self._period_s, self._most, self._heartbeat_s = topics, period_s, most, heartbeat_s
        self._start = random_bytes(4).hex()
        self._told: dict[str, _Told] = {}
        self._number = self._round = self.listeners = 0
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def listen(self, who: Caller, last_id: str, still: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """Yield events for a caller until it goes, or ``still`` says that it may listen no more."""
        seen = self._seen(last_id)
        self.listeners += 1
        try:
            if self._task is None:
                self._task = asyncio.create_task(self._poll())
            yield b"retry: 3000\n\n"
            now = asyncio.get_running_loop().time
            asks_at = now() + self._heartbeat_s
            while True:
                upto = self._number
                for name, told in sorted(self._told.items(), key=lambda each: each[1].number):
                    if seen < told.number <= upto and who.may(self._topics[name].permission):
                        yield b"id: %s-%d\nevent: %s\ndata: %s\n\n" % (
                            self._start.encode(),
                            told.number,
                            name.encode(),
                            told.data,
                        )
                seen = max(seen, upto)
                has_news = await self._news(seen)
                if self._is_stopping:
                    return
                if not has_news or now() >= asks_at:  # news without end must not keep anybody in
                    if not await still():
                        return
                    asks_at = now() + self._heartbeat_s
                if not has_news:
                    yield b": still here\n\n"
        finally:
            self.listeners -= 1
            if not self.listeners and self._task is not None:
                self._task.cancel()
                self._task = None

    async def stop(self) -> None:
        """Let every listener go."""
        self._is_stopping = True
        async with self._changed:
            self._changed.notify_all()

    def check_room(self) -> None:
        """Raise ``TransientError`` ``live_full`` when as many listen as may."""
        if self.listeners >= self._most:
            text = f"{self._most} screens listen already. Close one, or look again without live updates."
            raise TransientError("live_full", text, retry_after_s=10)

    def _seen(self, last_id: str) -> int:
        start, _, number = last_id.partition("-")
        return int(number) if start == self._start and number.isascii() and number.isdigit() else 0

    async def _news(self, seen: int) -> bool:
        """Wait until something has a higher number; return whether it has."""
        async with self._changed:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat_s):
                    await self._changed.wait_for(lambda: self._number > seen or self._is_stopping)
        return self._number > seen and not self._is_stopping

    async def _poll(self) -> None:
        while True:
            found = await run_in_threadpool(self._read)
            async with self._changed:
                for name, data in found.items():
                    before = self._told.get(name)
                    if before is None or before.data != data:
                        self._number += 1
                        self._told[name] = _Told(self._number, data)
                self._changed.notify_all()
            await asyncio.sleep(self._period_s)

    def _read(self) -> dict[str, bytes]:
        self._round += 1
        found: dict[str, bytes] = {}
        for name, topic in self._topics.items():
            if topic.is_slow and name in self._told and self._round % SLOW_EVERY:
                continue
            try:
                found[name] = msgspec.json.encode(topic.read())
            except FieldfareError:
                continue  # what cannot be read now is told with a later look
            except Exception as error:  # noqa: BLE001 - one topic's defect silences no other
                _log.warning("live_topic_failed", topic=name, error=type(error).__name__)
        return found


def live_routes(live: Live, guard: Guard) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.get(
        "/api/v1/live",
        dependencies=needs(Permission.SEE),
        response_class=StreamingResponse,
        responses={200: {"description": "Server-sent events.", "content": {"text/event-stream": {}}}},
    )
    async def listen(request: Request, last_event_id: Annotated[str, Header(max_length=100)] = "") -> StreamingResponse:
        """Tell what changes as server-sent events; each event's name is its topic, its data JSON."""
        live.check_room()

        async def still() -> bool:
            try:
                found = await run_in_threadpool(guard.recognise, request)
            except FieldfareError:
                return False
            return found is not None and found.may(Permission.SEE)

        events = live.listen(caller(), last_event_id, still)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    return router
