"""The real door as a process of its own, for tests and benchmarks: ``python -m fieldfare.testing.door LOG KEYS``.

It serves :func:`fieldfare.collect.routes.build_door` with uvicorn on a free loopback port over a SQLite log at ``LOG``,
sealed with AES-256-GCM, and prints the port on its first line. ``KEYS`` is a JSON object of write key -> source.
:func:`read_log` opens what it wrote. No part of the product starts it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvicorn

from fieldfare.collect.contracts import CollectSettings, join_contracts
from fieldfare.collect.model import DeadLetter, Envelope, Event
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.routes import DoorSettings, build_door
from fieldfare.collect.strip import field_policy
from fieldfare.collect.vocabulary import shipped_contracts
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import PARTITIONS, Entry
from fieldfare.ground.log.sqlite import SqliteLog
from fieldfare.trust.keys.seal import Sealer

_SEALER = Sealer(b"a key for tests and benches only")
_WHAT = b"log"


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


def main(log_path: str, keys: str) -> None:
    """Serve until told to stop."""
    log = SqliteLog(log_path)
    commit = GroupCommit(log)
    contracts = join_contracts((), shipped_contracts(), CollectSettings())
    settings = DoorSettings(
        sources=json.loads(keys),
        policy=field_policy(contracts, {"diagnosis": "health"}),
        synonyms=contracts.synonyms,
    )
    app = build_door(settings, commit, seal, SystemClock(), on_stop=commit.close)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, http="httptools", loop="uvloop", log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    socket.listen(config.backlog)
    sys.stdout.write(f"{socket.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[socket])
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
