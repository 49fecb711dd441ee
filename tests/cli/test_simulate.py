"""``fieldfare simulate`` that is ended in the middle: asked to end it leaves nothing, killed it is swept up later."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldfare.assembly.copied import GENERATED, PREFIX, sweep
from fieldfare.assembly.served import folder_files
from fieldfare.flow.rehearsal.groups import are_apart
from fieldfare.flow.workspace import read_workspace
from tests.crash.running import until

STARTER = Path("fieldfare/flow/starter").resolve()
GROUPS = 2
LONG = ("--from", "2026-01-01", "--to", "2028-01-01", "--people", "2000")


@contextmanager
def running(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run it until both groups of people live."""
    command = [sys.executable, "-m", "fieldfare.cli.main", "simulate", *LONG, "--workspace", str(STARTER)]
    with subprocess.Popen(
        [*command, "--data", str(data)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as made:
        try:
            while len(list((data / GENERATED).glob(f"{PREFIX}*/data/state.sqlite"))) < GROUPS:
                assert made.poll() is None
                threading.Event().wait(0.05)
            yield made
        finally:
            made.kill()


def test_the_groups_of_the_starter_live_apart() -> None:
    assert are_apart(read_workspace(folder_files(STARTER)))


def test_one_that_is_asked_to_end_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait() != 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_leaves_is_swept_once_nobody_lives_in_it(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        assert sweep(tmp_path) == 0, "both live"
        begun = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert sweep(tmp_path) == 1
    while (tmp_path / GENERATED).exists():  # the other group sees that its parent is gone
        threading.Event().wait(0.05)
        sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert begun
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in begun), 60, "its process ends with it")
