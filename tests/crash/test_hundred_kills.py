"""Door and worker are killed a hundred times under load, on SQLite and on PostgreSQL, within a bound of time.

They are the real processes, each killed for itself: while it starts, at a random moment, or before an exact system
call. After the last kill they come to rest; then every event that was answered 200 is in the lake once and counted
once, and no message was handed over twice. No repair is ever made.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.amounts import FULL
from tests.crash.forking import Forking
from tests.crash.killing import AT_A_CALL, Killer, Pair, can_trace
from tests.crash.promise import exactly_once, left_by
from tests.crash.running import Load, Receiver, workspace_with
from tests.postgres_server import give_up

KILLS = 100
BOUND_S = 240
"""So long the kills on one database may take; a busy machine of two cores took one minute."""
SEED = 17


def kill_under_load(pair: Pair, kills: int, loads: list[Load]) -> Counter[str]:
    """Kill door and worker so often in all, each for itself; return how the kills came."""
    killers = [Killer(pair.door, kills // 2, SEED), Killer(pair.worker, kills - kills // 2, SEED + 1)]
    try:
        for killer in killers:
            killer.wait(BOUND_S)
    finally:
        for load in loads:
            load.stop()
    return sum((killer.done for killer in killers), Counter())


def survives(folder: Path, forking: Forking, kills: int, url: str | None, door: str = "door") -> Counter[str]:
    receiver = Receiver()
    workspace = workspace_with(folder / "workspace", receiver.port)
    pair = Pair(forking, workspace, folder / "data", url, door)
    pair.start()
    loads = [Load(pair.address, SEED + number, f"load{number}") for number in range(2)]
    try:
        done = kill_under_load(pair, kills, loads)
        pair.wait_quiet()
    finally:
        pair.kill()
        receiver.close()
    left = left_by(pair, loads, receiver)
    exactly_once(left)
    assert left.known, "no message was sent, so nothing about messages was shown"
    assert sum(load.failures for load in loads) > 0, "the load felt nothing"
    return done


def enough(done: Counter[str], kills: int) -> None:
    """Check that there were so many kills, and of each kind its part."""
    assert sum(done.values()) == kills
    if kills >= KILLS:
        assert len(done) == (3 if can_trace() else 2), f"a kind of kill is missing: {done}"
        assert not can_trace() or done[AT_A_CALL] >= kills // 5, f"too few kills at an exact call: {done}"


@pytest.mark.crash
@pytest.mark.slow
def test_killed_a_hundred_times(tmp_path: Path, forking: Forking, rounds: Callable[[int], int]) -> None:
    enough(survives(tmp_path, forking, rounds(KILLS), None), rounds(KILLS))


@pytest.mark.crash
@pytest.mark.slow
def test_killed_a_hundred_times_on_postgres(tmp_path: Path, forking: Forking, postgres_database: str) -> None:
    kills = KILLS if FULL else 4  # every day a few: the tenth was made on SQLite a moment ago
    enough(survives(tmp_path, forking, kills, postgres_database), kills)


@pytest.mark.crash
def test_planted_a_door_that_answers_before_it_writes_is_caught(tmp_path: Path, forking: Forking) -> None:
    with pytest.raises(AssertionError, match="answered 200 and lost"):
        survives(tmp_path, forking, 2, None, "hasty-door")


def test_on_ci_kills_at_exact_calls_are_made() -> None:
    if shutil.which("strace") is None:
        give_up("strace is not on this machine. Install it: apt-get install strace", ci=os.environ.get("CI", ""))
