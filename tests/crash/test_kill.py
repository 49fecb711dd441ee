"""The whole ``fieldfare serve`` is killed under load: what was answered 200 is applied exactly once, nobody told twice.

Door, worker or both are killed at random moments and started again; nothing is repaired by hand. Each round costs
seconds; ``test_hundred_kills.py`` does many more on door and worker alone. What a killed process had written stays in
the kernel, so this shows transactions and hand-overs, not syncs; ``test_sync.py`` shows those.
"""

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fieldfare.assembly.stores import open_stores
from fieldfare.ground.clock import SystemClock
from tests.crash.promise import Left, check_ins_of, exactly_once, left_of
from tests.crash.running import ENVIRON, Load, Receiver, Server, workspace_with
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing

SEED = 5
TARGETS = ("worker", "door", "both")


def pages(server: Server) -> Iterator[str]:
    """Yield the message ids of the lake's events of the source, as often as they stand there."""
    query = "SELECT event_id FROM event_rows WHERE source_system = 'app' ORDER BY event_id LIMIT 10000 OFFSET {}"
    start = 0
    while rows := server.sql(query.format(start)):
        yield from (row[0] for row in rows)
        start += len(rows)


def run(folder: Path, kills: int, url: str | None, seed: int) -> tuple[Left, Whole]:
    """Load a server, kill it so many times, let it come to rest; return what is left and the stores, open."""
    draw, receiver = random.Random(seed), Receiver()
    workspace = workspace_with(folder / "workspace", receiver.port)
    server = Server(workspace, folder / "data", url)
    server.start()
    load = Load(server.door, seed)
    try:
        for number in range(kills):
            threading.Event().wait(0.3 + draw.random() * 1.2)
            target = TARGETS[number % 3] if number < 3 else draw.choice(TARGETS)
            server.kill(target)
            if target != "door":
                server.start()
            else:
                threading.Event().wait(0.1)
                server.wait_ready()
        threading.Event().wait(0.5)
        load.stop()
        server.wait_quiet()
        in_lake = list(pages(server))
    finally:
        load.stop()
        server.stop()
        receiver.close()
    environ = {"FIELDFARE_STATE_URL": url} if url is not None else {}
    whole = Whole(open_stores(folder / "data", environ), SystemClock().now(), workspace, ENVIRON)
    left = left_of(load.sent, load.answered, in_lake, receiver.taken, whole.attempts())
    assert load.failures >= min(kills, 1), "the load felt nothing"
    return left, whole


def survives(folder: Path, kills: int, url: str | None) -> None:
    left, whole = run(folder, kills, url, SEED)
    try:
        exactly_once(left)
        assert left.known, "no message was sent, so nothing about messages was shown"
        told = sum(1 for name in left.in_lake if left.sent[name] == "check_in")
        assert check_ins_of(whole) == told
        whole.tick(whole.clock.now())
        a_rebuild_changes_nothing(whole)
    finally:
        whole.close()


@pytest.mark.crash
@pytest.mark.slow
def test_killed_under_load(tmp_path: Path, rounds: Callable[[int], int]) -> None:
    survives(tmp_path, max(3, rounds(20)), None)


@pytest.mark.crash
@pytest.mark.slow
def test_killed_under_load_on_postgres(tmp_path: Path, postgres_database: str) -> None:
    survives(tmp_path, 1, postgres_database)
