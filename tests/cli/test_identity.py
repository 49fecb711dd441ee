"""The commands about identity and profile health answer from a data folder, in tables and as JSON."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.cli.main import run as command
from fieldfare.flow.generate.calls import identify
from fieldfare.ground.instants import MINUTE
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON
from tests.scenarios.whole import ENVIRON, opened


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "data"
    with opened(folder, NOON) as made:
        for number in range(60):
            traits = {
                "first_name": "Ann",
                "last_name": f"Lee{number // 2}",
                "date_of_birth": f"1980-01-{number // 2:02d}",
            }
            made.send(identify(f"u-{number}", f"m-{number}", NOON, traits), NOON)
        made.tick(NOON + MINUTE)
    return folder


@pytest.fixture(autouse=True)
def _keys_in_the_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(ENVIRON)
    yield
    os.environ.clear()
    os.environ.update(before)


def run(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        command([*words, "--workspace", str(FITNESS), "--data", str(data)])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_suggestions_are_shown_with_their_reason(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert "New in" not in run(capsys, data, "identity", "suggest", "--dry-run")
    told = run(capsys, data, "identity", "suggest")
    assert "New in the review queue: 30." in told
    assert json.loads(run(capsys, data, "identity", "suggest", "--json"))["new"] == 0
    waiting = json.loads(run(capsys, data, "identity", "holds", "--why", "suggested", "--json"))["holds"]
    assert len(waiting) == 30
    assert waiting[0]["explanation"]["agrees"][0]["what"] == "same given name, surname, date of birth"
    assert "60 profiles" in told
    assert "30 questions" in told
    assert "85 %" in told
    assert json.loads(run(capsys, data, "identity", "suggest", "--json", "--least", "90"))["questions"] == 0


def test_a_model_that_is_not_there_is_told_as_a_sentence(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    where = ("--workspace", str(FITNESS), "--data", str(data))
    with pytest.raises(SystemExit) as ended:
        command(["identity", "suggest", "--model", str(data / "no-model.json"), *where])
    assert ended.value.code != 0
    told = capsys.readouterr().err
    assert "no-model.json cannot be read. There is no such file." in told
    assert "Errno" not in told


def test_audit_and_health_are_shown(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert json.loads(run(capsys, data, "identity", "audit", "--days", "400", "--json"))["pairs"] == []
    assert "People with each identifier" in run(capsys, data, "identity", "audit", "--days", "400")
    assert "Nobody has looked yet" in run(capsys, data, "profiles", "health")
    assert "identity_coverage" in run(capsys, data, "profiles", "health", "--run")
    assert json.loads(run(capsys, data, "profiles", "health", "--json"))["findings"]
