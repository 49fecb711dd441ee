"""The real door as a process of its own, for tests and benchmarks: ``python -m fieldfare.testing.door LOG KEYS``.

It serves :func:`fieldfare.collect.routes.build_door` with uvicorn on a free loopback port over a SQLite log at ``LOG``,
sealed with AES-256-GCM, and prints the port on its first line. ``KEYS`` is a JSON object of write key -> source,
and a third argument may hold :class:`Options` as JSON.
:func:`read_log` opens what it wrote. No part of the product starts it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fieldfare.collect.connection import Bounds, door_server, listen
from fieldfare.collect.contracts import CollectSettings, join_contracts
from fieldfare.collect.model import DeadLetter, Envelope, Event
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.routes import Door, DoorSettings, build_door
from fieldfare.collect.strip import field_policy
from fieldfare.collect.vocabulary import shipped_contracts
from fieldfare.collect.wire import Limits
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import PARTITIONS, Entry
from fieldfare.ground.log.sqlite import SqliteLog
from fieldfare.trust.keys.cipher import Sealer

_SEALER = Sealer(b"a key for tests and benches only")
_WHAT = b"log"
WAITING_BYTES = 32 * 1024 * 1024


def seal(envelope: Envelope) -> Entry:
    """Return the entry of an envelope, sealed under the test key."""
    return Entry(envelope.received_at, _SEALER.seal(msgspec.msgpack.encode(envelope), _WHAT))


def unseal(body: bytes) -> Envelope:
    """Return the envelope of a sealed body."""
    return msgspec.msgpack.decode(_SEALER.open(body, _WHAT), type=Envelope)


def read_log(path: Path) -> Iterator[tuple[int, Envelope, list[Event | DeadLetter]]]:
    """Yield partition, envelope and items of every record of a log that this door wrote."""
    settings = ParseSettings(zone="UTC", synonyms=join_contracts((), shipped_contracts()).synonyms)
    log = SqliteLog(path)
    try:
        for partition in PARTITIONS:
            for record in log.read(partition, 0, 1_000_000):
                envelope = unseal(record.body)
                yield partition, envelope, parse(envelope, partition, record.offset, settings)
    finally:
        log.close()


class Options(msgspec.Struct, frozen=True):
    """What a test may ask of the door."""

    limits: Limits = Limits()
    bounds: Bounds = Bounds()
    port: int = 0
    disabled: tuple[str, ...] = ()
    log_max_bytes: int | None = None
    refuse_every: int = 0
    """Of every so many POSTs, the last but one is refused before it is looked at: by turns with 429 and with 503."""


class _Moody:
    """The door behind something that refuses now and then, as a proxy under pressure does."""

    def __init__(self, door: Door, every: int) -> None:
        self._door, self._every = door, every
        self._posts = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._posts += scope.get("method") == "POST"
        if scope.get("method") != "POST" or self._posts % self._every != self._every - 1:
            await self._door(scope, receive, send)
            return
        self.refused(status := 429 if (self._posts // self._every) % 2 else 503)
        body = b'{"code": "log_busy", "message": "Come back in a moment."}'
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(b"retry-after", b"1"), (b"access-control-allow-origin", b"*")]
        headers += [(b"access-control-expose-headers", b"retry-after")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def refused(self, status: int) -> None:
        self._door.refused(status)


def main(log_path: str, keys: str, told: str = "{}") -> None:
    """Serve until told to stop."""
    options = msgspec.json.decode(told, type=Options)
    log = SqliteLog(log_path, max_bytes=options.log_max_bytes)
    commit = GroupCommit(log, max_bytes=WAITING_BYTES)
    contracts = join_contracts((), shipped_contracts(), CollectSettings())
    settings = DoorSettings(
        sources=json.loads(keys),
        disabled=frozenset(options.disabled),
        policy=field_policy(contracts, {"diagnosis": "health"}),
        synonyms=contracts.synonyms,
        limits=options.limits,
    )

    def ready() -> str | None:
        try:
            log.check()
        except TransientError as error:
            return error.message
        return None

    app: Any = build_door(settings, commit, seal, SystemClock(), ready=ready, on_stop=commit.close)
    listener = listen("127.0.0.1", options.port, patience_s=5)
    server = door_server(_Moody(app, options.refuse_every) if options.refuse_every else app, listener, options.bounds)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main(*sys.argv[1:4])
