"""Rules of identity that change: planned before they are applied, applied, and undone by applying the former ones."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.assembly.installation import open_backfill
from fieldfare.cli.main import run
from fieldfare.ground.instants import HOUR, MINUTE
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, signs_in, visits
from tests.scenarios.whole import ENVIRON, Whole, opened


@pytest.fixture(autouse=True)
def _keys_in_the_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(ENVIRON)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Path, Path]:
    workspace, data = tmp_path / "workspace", tmp_path / "data"
    shutil.copytree(FITNESS, workspace)
    with opened(data, NOON, workspace) as whole:
        _fill(whole)
    return workspace, data


def _fill(whole: Whole) -> None:
    """Let three members use one tablet: by the shipped rules it is nobody's."""
    open_backfill(whole.installation, whole.lake).begin()
    calls = [(NOON + n * MINUTE, signs_in(f"m-{n}", "desk", NOON + n * MINUTE)) for n in range(3)]
    whole.play([*calls, (NOON + HOUR, visits("desk", NOON + HOUR))], NOON + 2 * HOUR)
    whole.installation.loader(whole.lake).sync()


def ask(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        run(words)
    told = capsys.readouterr()
    assert ended.value.code == code, told.err
    return told.out


def test_rules_are_planned_applied_and_undone(filled: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    workspace, data = filled
    where = ("--workspace", str(workspace), "--data", str(data))
    told = json.loads(ask(capsys, "plan", *where, "--json"))["identity"]
    assert (told["merged"], told["split"], told["profiles"]) == (0, 0, 4)
    rules = workspace / "identity.yaml"
    former = rules.read_text()
    rules.write_text("kinds:\n  anonymous_id:\n    shared_after: 5\n")
    told = json.loads(ask(capsys, "plan", *where, "--json", code=2))["identity"]
    assert (told["merged"], told["split"], told["profiles_after"]) == (1, 0, 3)
    said = ask(capsys, "plan", *where, code=2)
    assert "4 profiles of 4 identifiers" in said
    assert "Nothing was changed" in said
    assert "1 profile merged" in ask(capsys, "apply", *where)
    told = json.loads(ask(capsys, "plan", *where, "--json"))["identity"]
    assert (told["merged"], told["split"], told["profiles"]) == (0, 0, 3)
    rules.write_text(former)
    assert "1 taken apart" in ask(capsys, "apply", *where)
    told = json.loads(ask(capsys, "plan", *where, "--json"))["identity"]
    assert (told["merged"], told["split"], told["profiles"]) == (0, 0, 4)
