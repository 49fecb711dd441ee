"""The power fails under load: what was not synced is lost or garbled, in log, state and lake, and the promise holds.

Door and worker are killed together; then, from the trace of their system calls, a part of what they had not synced is
taken away (see ``power.py``). They are started again, under load again, and nothing is repaired.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldfare.ground.log.ports import PARTITIONS
from fieldfare.ground.log.sqlite import SqliteLog
from tests.crash.forking import Forking
from tests.crash.killing import Pair, can_trace
from tests.crash.power import Loose, lose, unsynced
from tests.crash.promise import exactly_once, left_by
from tests.crash.running import BATCH, Load, Receiver, until, workspace_with
from tests.crash.tracing import traced
from tests.postgres_server import give_up

ANSWERS = 600
WAIT_S = 60
MOST_FAILURES = 20


def fail_under_load(pair: Pair, trace: Path, seed: int) -> tuple[Load, Counter[str]]:
    """Load the pair, cut its power; return the load and how many bytes each file lost."""
    draw = random.Random(seed)
    wanted = ANSWERS + draw.randrange(ANSWERS)
    with traced([pair.door.pid, pair.worker.pid], trace):
        load = Load(pair.address, seed, f"load{seed}")
        until(lambda: len(load.answered) > wanted, WAIT_S, "answers")
        pair.kill()
        load.stop()
    with trace.open(encoding="utf-8", errors="replace") as lines:
        found = unsynced(lines)
    lost: Counter[str] = Counter()
    for path, loose in found.items():
        if Path(path).is_relative_to(pair.data) and not path.endswith("-shm"):
            lost[Path(path).name] += lose(Path(path), loose, draw)
    for shared in pair.data.glob("*-shm"):  # memory, not a file
        shared.unlink()
    return load, lost


def survives_failures(folder: Path, forking: Forking, failures: int, door: str = "door") -> Counter[str]:
    """Let the power fail so often, and on until the state lost something: a failure between two syncs shows nothing."""
    receiver = Receiver()
    pair = Pair(forking, workspace_with(folder / "workspace", receiver.port), folder / "data", None, door)
    loads: list[Load] = []
    lost: Counter[str] = Counter()
    try:
        pair.start()
        for number in range(MOST_FAILURES):
            if number >= failures and lost["state.sqlite-wal"]:
                break
            load, gone = fail_under_load(pair, folder / f"trace-{number}", number)
            loads.append(load)
            lost += gone
            pair.start()
        pair.wait_quiet()
        pair.kill()
    finally:
        receiver.close()
    exactly_once(left_by(pair, loads, receiver))
    return lost


@pytest.fixture
def strace() -> None:
    """Without strace the test is skipped; on CI it fails."""
    if not can_trace():
        give_up("strace is not on this machine. Install it: apt-get install strace", ci=os.environ.get("CI", ""))


@pytest.mark.crash
@pytest.mark.usefixtures("strace")
def test_the_power_fails_under_load(tmp_path: Path, forking: Forking, rounds: Callable[[int], int]) -> None:
    lost = survives_failures(tmp_path, forking, rounds(MOST_FAILURES))
    assert lost["state.sqlite-wal"], f"nothing was lost that mattered: {lost}"


@pytest.mark.crash
@pytest.mark.usefixtures("strace")
def test_planted_a_log_that_syncs_nothing_loses_answers(tmp_path: Path, forking: Forking) -> None:
    receiver = Receiver()
    receiver.close()
    pair = Pair(forking, workspace_with(tmp_path / "workspace", receiver.port), tmp_path / "data", None, "lazy-door")
    pair.start()
    load, _ = fail_under_load(pair, tmp_path / "trace", 0)
    log = SqliteLog(pair.data / "log.sqlite")
    kept = sum(log.head(partition) for partition in PARTITIONS)
    log.close()
    assert kept < len(load.answered) // BATCH, "the log kept every request that was answered"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['1 pwrite64(9</d/w>, ""..., 4096, 8192) = 4096'], {"/d/w": Loose([(8192, 12288)])}),
        (['1 pwrite64(9</d/w>, "a, 1, 2)"..., 8, 0) = 8', "1 fdatasync(9</d/w>) = 0"], {}),
        (['1 write(9</d/w>, ""..., 30) = 30', '1 write(9</d/w>, ""..., 12) = 12'], {"/d/w": Loose([], 42)}),
        (
            ["2 fsync(9</d/w> <unfinished ...>", '1 write(9</d/w>, "", 30) = 30', "2 <... fsync resumed>) = 0"],
            {"/d/w": Loose([], 30)},
        ),
        (['1 write(9</d/w>, "", 30) = 30', "2 fsync(9</d/w> <unfinished ...>"], {"/d/w": Loose([], 30)}),
        (['1 write(9</d/w>, "", 30) = 30', "1 fsync(9</d/w>) = -1 EIO (Input/output error)"], {"/d/w": Loose([], 30)}),
        (['1 pwrite64(9</d/w>, "", 8, 0) = 8', "1 fdatasync(9</d/v>) = 0"], {"/d/w": Loose([(0, 8)])}),
    ],
)
def test_the_trace_is_read_rightly(lines: list[str], expected: dict[str, Loose]) -> None:
    assert unsynced(lines) == expected
