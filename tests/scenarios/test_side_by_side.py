"""Work in processes of its own: all parts come back, and who breaks off ends those processes and nobody else's."""

import os
import signal
from multiprocessing import active_children, get_context
from pathlib import Path

import pytest

from fieldfare.assembly.side_by_side import side_by_side
from fieldfare.ground.errors import CallerError, PermanentError


def paused(folder: Path) -> None:
    """Say which process this is, and wait to be ended."""
    (folder / "pid.part").write_text(str(os.getpid()))
    (folder / "pid.part").rename(folder / "pid")
    signal.pause()


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_every_part_comes_back() -> None:
    assert side_by_side(lambda: "here", divmod, [(7, 2), (9, 4)]) == ("here", [(3, 1), (2, 1)])


def test_who_breaks_off_ends_the_processes_of_this_work_alone(tmp_path: Path) -> None:
    def here() -> None:
        while not (tmp_path / "pid").exists():
            os.sched_yield()
        raise CallerError("span_past", "Not so.")

    other = get_context("spawn").Process(target=signal.pause)
    other.start()
    try:
        with pytest.raises(CallerError, match="Not so"):
            side_by_side(here, paused, [(tmp_path,)])
        assert active_children() == [other], "it goes on, and nothing is left of this"
        assert other.exitcode is None
    finally:
        other.kill()
        other.join()


def test_a_process_that_is_ended_from_outside_is_told_plainly() -> None:
    with pytest.raises(PermanentError, match="ended from outside") as told:
        side_by_side(lambda: None, killed, [()])
    assert told.value.code == "rehearsal_killed"
