"""``fieldfare tasks`` as people run it: who takes one, who has it, what is done."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.ground.instants import HOUR
from tests.cli.shell import Shell, example_environment
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, cancels
from tests.scenarios.whole import opened

MEMBERS = 12
"""So many that the holdout of the journey leaves some of them, whatever the keys are."""


@pytest.fixture
def _environment() -> Iterator[None]:
    yield from example_environment()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], _environment: None) -> Shell:
    shutil.copytree(FITNESS, tmp_path / "workspace")
    with opened(tmp_path / "data", NOON, capture_all=False) as made:
        made.play([call for number in range(MEMBERS) for call in cancels(f"m-{number}", NOON)], NOON + HOUR)
    return Shell(tmp_path, capsys)


def test_a_task_is_taken_given_back_and_done(shell: Shell) -> None:
    first = shell.json("tasks", "list")["tasks"][0]
    which, title = first["id"], first["title"]
    assert shell("tasks", "take", which, "--by", "ada") == f"ada has it: {title}\n"
    refused = shell("tasks", "take", which, "--by", "bob", code=1)
    assert "`ada` has the task" in refused
    assert refused.endswith("[task_taken]\n")
    assert shell("tasks", "take", which, "--by", "bob", "--over", "ada") == f"bob has it: {title}\n"
    assert shell("tasks", "give-back", which, "--by", "bob") == f"It waits for anybody: {title}\n"
    told = shell("tasks", "done", which, "--by", "ada")
    assert told.startswith("Done by ada at ")
    assert told.endswith(f": {title}\n")
    assert which in shell("tasks", "list", "--status", "done")
