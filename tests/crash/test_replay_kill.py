"""The real ``fieldfare replay``, killed at any moment and run again, comes to what an undisturbed one does."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.stores import open_stores
from fieldfare.ground.instants import DAY
from tests.crash.running import ENVIRON, until
from tests.scenarios import replayed
from tests.scenarios.people import NOON
from tests.scenarios.replayed import bring, history, known
from tests.scenarios.whole import Whole, opened

SEED = 17
EVENTS = 250
ROUNDS = 8 if os.environ.get("FIELDFARE_ROUNDS") == "full" else 2


def command(name: str, workspace: Path, data: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "fieldfare.cli.main", name, "--workspace", str(workspace), "--data", str(data)]
    return subprocess.Popen(words, env={**os.environ, **ENVIRON}, stdout=subprocess.DEVNULL)


def known_in(data: Path, workspace: Path) -> dict[str, Any]:
    whole = Whole(open_stores(data, {}, durable=False), NOON + 200 * DAY, workspace)
    try:
        whole.installation.loader(whole.lake).sync()
        return known(whole)
    finally:
        whole.close()


def has_begun(data: Path) -> bool:
    """Whether a replay has begun on the data folder and is not finished."""
    with closing(sqlite3.connect(f"file:{data / 'state.sqlite'}?mode=ro", uri=True)) as connection:
        return bool(connection.execute("SELECT 1 FROM installation WHERE name = 'replay' AND value <> ''").fetchall())


@pytest.mark.crash
def test_killed_and_run_again_it_comes_to_the_same(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    before, after = replayed.before(tmp_path / "before"), replayed.after(tmp_path / "after")
    with opened(tmp_path / "data", NOON, before) as whole:
        bring(whole, history(SEED, EVENTS))
    assert command("apply", after, tmp_path / "data").wait(timeout=120) == 0
    shutil.copytree(tmp_path / "data", tmp_path / "calm")
    assert command("replay", after, tmp_path / "calm").wait(timeout=120) == 0
    kills = 0
    for _ in range(ROUNDS):
        running = command("replay", after, tmp_path / "data")
        until(lambda: has_begun(tmp_path / "data") or running.poll() is not None, 60, "the replay begins")  # noqa: B023
        try:
            running.wait(timeout=draw.uniform(0, 5 if kills else 0.2))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
            kills += 1
    assert kills
    assert command("replay", after, tmp_path / "data").wait(timeout=120) == 0
    assert known_in(tmp_path / "data", after) == known_in(tmp_path / "calm", after)
