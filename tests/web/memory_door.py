"""The door's application over a log in memory, called as an ASGI server would: for what needs no socket."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import msgspec

from fieldfare.collect.gauges import DoorGauges
from fieldfare.collect.model import Envelope
from fieldfare.collect.routes import DoorSettings, Handler, build_door
from fieldfare.ground.clock import Clock, SystemClock
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import PARTITIONS, EventLog
from fieldfare.testing.door import seal, unseal

NO_HANDLERS: Mapping[str, Handler] = MappingProxyType({})


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body, which is JSON."""
        return json.loads(self.body)


class MemoryDoor:
    """One door; close it after use."""

    def __init__(
        self,
        settings: DoorSettings,
        *,
        log: EventLog | None = None,
        clock: Clock | None = None,
        handlers: Mapping[str, Handler] = NO_HANDLERS,
        gauges: DoorGauges | None = None,
    ) -> None:
        self.log: EventLog = log if log is not None else MemoryLog()
        self.commit = GroupCommit(self.log)
        self._app = build_door(settings, self.commit, seal, clock or SystemClock(), handlers=handlers, gauges=gauges)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.commit.close()

    def ask(
        self,
        method: str,
        path: str,
        chunks: Sequence[bytes] = (b"",),
        headers: Mapping[str, str] | Sequence[tuple[bytes, bytes]] = MappingProxyType({}),
        query: bytes = b"",
    ) -> Answer:
        """Send one request, its body in chunks; return the answer."""
        raw = list(headers) if not isinstance(headers, Mapping) else []
        if isinstance(headers, Mapping):
            raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": raw,
            "query_string": query,
            "client": ("192.0.2.7", 4711),
            "scheme": "http",
        }
        waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        waiting[-1]["more_body"] = False
        sent: list[Any] = []

        async def receive() -> Any:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        start = sent[0]
        assert [message["type"] for message in sent] == ["http.response.start", *["http.response.body"] * len(sent[1:])]
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        return Answer(start["status"], told, b"".join(message.get("body", b"") for message in sent[1:]))

    def kept(self) -> list[Envelope]:
        """Return every envelope of the log."""
        records = [record for partition in PARTITIONS for record in self.log.read(partition, 0, 1_000_000)]
        return [unseal(record.body) for record in records]
