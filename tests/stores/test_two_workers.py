"""Two processes on one PostgreSQL database apply events of overlapping people: the same as one process makes."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from fieldfare.assembly.files import STATE_URL
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.generate.calls import track
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.work import decode_document
from fieldfare.ground.instants import MINUTE, to_iso
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.identity.store import identifier, link, redirect
from fieldfare.know.profiles.store import document
from tests.postgres_server import PostgresServer
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import CLUB, NOON
from tests.scenarios.whole import ENVIRON

RECORDS = 240
EVENTS = 25


def calls(seed: int) -> Iterator[list[dict[str, Any]]]:
    """Yield batches in which members sign in on browsers of their own and, now and then, on somebody else's."""
    drawn = random.Random(seed)
    for record in range(RECORDS):
        batch = []
        for number in range(EVENTS):
            at = NOON + record * MINUTE + number
            member = drawn.randrange(200)
            values = {"location_id": CLUB, "spend": drawn.randrange(9), "currency": "EUR"}
            call = track("check_in", f"m-{member}", f"e-{record}-{number}", at, values)
            browser = drawn.randrange(400) if drawn.random() < 0.05 else member + 200 * drawn.randrange(2)
            kind = drawn.random()
            if kind < 0.6:
                call["anonymousId"] = f"b-{browser}"
            if kind < 0.4:
                del call["userId"]
            call["timestamp"] = to_iso(at - drawn.randrange(3 * MINUTE))
            batch.append(call)
        yield batch


def filled(folder: Path, url: str) -> Stores:
    stores = open_stores(folder, {STATE_URL: url})
    for number, batch in enumerate(calls(7)):
        at = NOON + number * MINUTE
        envelope = Envelope(
            mode=Mode.LIVE, source="app", kind="batch", received_at=at, body=msgspec.json.encode({"batch": batch})
        )
        stores.log.append(NORMAL, [seal_envelope(stores.keys, envelope)])
    return stores


def started(folder: Path, url: str, reads: str, share: int) -> "subprocess.Popen[str]":
    """Start a process that applies up to ``share`` records once it is told to."""
    command = [sys.executable, "-m", "tests.stores.apply_worker", str(folder), str(FITNESS), reads, str(share)]
    environ = os.environ | ENVIRON | {STATE_URL: url}
    worker = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def begin(worker: "subprocess.Popen[str]") -> None:
    """Let a process begin, and wait until it has applied something."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("go\n")
    worker.stdin.flush()
    assert worker.stdout.readline() == "begun\n"


def ended(worker: "subprocess.Popen[str]") -> int:
    """Wait for a process; return how many records it did."""
    told, _ = worker.communicate(timeout=300)
    assert worker.returncode == 0
    return int(told)


def people(stores: Stores) -> tuple[Any, ...]:
    """Return who is who, and what is known of each."""
    with stores.state.read() as connection:
        owners = dict(connection.execute(select(identifier.c.hash, identifier.c.profile_id)).all())
        links = set(connection.execute(select(link.c.a, link.c.b, link.c.occurred_at)).all())
        redirects = set(connection.execute(select(redirect.c.profile_id, redirect.c.into_id)).all())
        bodies = connection.execute(select(document.c.profile_id, document.c.body)).all()
    known = {}
    for profile_id, body in bodies:
        read = decode_document(profile_id, bytes(body))
        known[profile_id] = (read.measures, read.identifiers, read.first_seen_at, read.last_seen_at)
    return owners, links, redirects, known


def test_two_processes_make_the_same_people_as_one(tmp_path: Path, postgres_server: PostgresServer) -> None:
    names = [postgres_server.create_database() for _ in range(2)]
    urls = [postgres_server.url(name) for name in names]
    try:
        one = filled(tmp_path / "one", urls[0])
        shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
        two = filled(tmp_path / "two", urls[1])
        shutil.copytree(tmp_path / "two" / "keys", tmp_path / "beside" / "keys")
        lone = started(tmp_path / "one", urls[0], "reads-past", RECORDS)
        begin(lone)
        assert ended(lone) == RECORDS
        # The blind one begins, and stops early: both have a hand in it, whichever is the faster.
        blind = started(tmp_path / "beside", urls[1], "blind", RECORDS * 2 // 3)
        other = started(tmp_path / "two", urls[1], "reads-past", RECORDS)
        begin(blind)
        begin(other)
        shares = [ended(blind), ended(other)]
        assert sum(shares) == RECORDS
        assert min(shares) > 0, "both had a hand in it"
        alone, together = people(one), people(two)
        assert alone == together
        assert len(alone[2]) > 5, "people were merged"
        one.close()
        two.close()
    finally:
        for name in names:
            postgres_server.drop_database(name)
