"""``kill -9`` under load: every event answered 200 is applied exactly once, and nobody gets a message twice.

Door, worker or both are killed at random moments and started again; nothing is repaired by hand. What a killed process
had written stays in the kernel, so this shows transactions and hand-overs; that an append is synced before it is
answered is shown at the end of this file.
"""

import random
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from fieldfare.assembly.stores import open_stores
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.log.ports import NORMAL
from tests.crash.running import ENVIRON, Load, Receiver, Server, workspace_with
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing

SEED = 5
TARGETS = ("worker", "door", "both")


class Left(msgspec.Struct):
    """What a run leaves behind."""

    sent: dict[str, str]
    answered: set[str]
    in_lake: Counter[str]
    handed_over: Counter[str]
    started: Counter[str]
    """Provider calls that were started, by proposal."""
    known: set[str]
    """Proposals whose message is on record as handed over."""


def exactly_once(left: Left) -> None:
    """The check of the promise."""
    assert left.answered, "nothing was accepted"
    missing = left.answered - set(left.in_lake)
    assert not missing, f"{len(missing)} events were answered 200 and lost"
    twice = [name for name, count in left.in_lake.items() if count > 1]
    assert not twice, f"{len(twice)} events are in the lake twice"
    assert set(left.in_lake) <= set(left.sent), "events that nobody sent"
    again = [
        name
        for name, count in (left.handed_over + left.started).items()
        if max(left.handed_over[name], left.started[name]) > 1
    ]
    assert not again, f"{len(again)} messages were handed over twice"
    assert left.known <= set(left.handed_over), "messages on record that the provider never saw"


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
        in_lake = Counter(pages(server))
    finally:
        load.stop()
        server.stop()
        receiver.close()
    environ = {"FIELDFARE_STATE_URL": url} if url is not None else {}
    whole = Whole(open_stores(folder / "data", environ), SystemClock().now(), workspace, ENVIRON)
    attempts = whole.attempts()
    left = Left(
        sent=load.sent,
        answered=load.answered,
        in_lake=in_lake,
        handed_over=receiver.taken,
        started=Counter(row["proposal_id"] for row in attempts if row["call_started_at"] is not None),
        known={row["proposal_id"] for row in attempts if row["outcome"] == "handed_over"},
    )
    assert load.failures >= min(kills, 1), "the load felt nothing"
    return left, whole


def check_ins_of(whole: Whole) -> int:
    """Return how many check-ins all documents count."""
    (key,) = (
        measure.key
        for measure in whole.workspace.measures.values()
        if measure.event == "check_in" and not measure.filter and measure.sum_of is None
    )
    states = [each["document"][2].get(key) for each in whole.documents().values()]
    return sum(state[0] + sum(state[4][1::3]) for state in states if state is not None)


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


def a_good_run() -> Left:
    return Left(
        sent={"a": "check_in", "b": "check_in", "c": "identify"},
        answered={"a", "b"},
        in_lake=Counter({"a": 1, "b": 1}),
        handed_over=Counter({"p": 1}),
        started=Counter({"p": 1}),
        known={"p"},
    )


def test_a_good_run_passes() -> None:
    exactly_once(a_good_run())


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("in_lake", Counter({"a": 1}), "lost"),
        ("in_lake", Counter({"a": 1, "b": 2}), "twice"),
        ("in_lake", Counter({"a": 1, "b": 1, "x": 1}), "nobody sent"),
        ("handed_over", Counter({"p": 2}), "twice"),
        ("started", Counter({"p": 2}), "twice"),
        ("known", {"p", "q"}, "never saw"),
        ("answered", set(), "nothing was accepted"),
    ],
)
def test_planted_faults_are_seen(part: str, value: object, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        exactly_once(msgspec.structs.replace(a_good_run(), **{part: value}))


APPENDER = """
import sys
from pathlib import Path
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import Entry
from fieldfare.ground.log.sqlite import SqliteLog
log = SqliteLog(Path(sys.argv[1]), durable=sys.argv[2] == "durable")
commit = GroupCommit(log)
for number in range(5):
    commit.submit(%d, Entry(1, b"x")).result()
    sys.stdout.write("answered\\n")
    sys.stdout.flush()
commit.close()
log.close()
"""


def syncs_before_each_answer(folder: Path, how: str) -> list[int]:
    """Run an appender under strace; return how many syncs of the file stood before each of its answers."""
    trace = folder / "trace"
    program = [sys.executable, "-c", APPENDER % NORMAL, str(folder / "log.sqlite"), how]
    done = subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,write", "-o", str(trace), *program],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("this machine does not let a process be traced")
    counts, syncs = [], 0
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        syncs += ("fdatasync(" in line or "fsync(" in line) and "resumed" not in line
        if 'write(1, "answered' in line:
            counts.append(syncs)
            syncs = 0
    return counts


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not on this machine")
def test_no_answer_without_a_sync_before_it(tmp_path: Path) -> None:
    counts = syncs_before_each_answer(tmp_path, "durable")
    assert len(counts) == 5
    assert all(count >= 1 for count in counts)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not on this machine")
def test_planted_a_log_that_syncs_nothing_is_seen(tmp_path: Path) -> None:
    assert not all(syncs_before_each_answer(tmp_path, "lazy"))
