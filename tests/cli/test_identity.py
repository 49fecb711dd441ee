"""The commands about identity and profile health answer from a data folder, in tables and as JSON."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.cli.main import run as command
from fieldfare.flow.generate.calls import identify
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import HOUR, MINUTE
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


def run(capsys: pytest.CaptureFixture[str], data: Path, *words: str, workspace: Path = FITNESS) -> str:
    with pytest.raises(SystemExit) as ended:
        command([*words, "--workspace", str(workspace), "--data", str(data)])
    told = capsys.readouterr()
    assert ended.value.code == 0, told.err
    return told.out


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


MAPPING = """\
mapping: members
source: app
type: identify
user_id: number
occurred_at: {column: since, time_zone: workspace}
message_id: [number]
fields: {first_name: {column: name}, membership_id: {column: card}}
"""
ROWS = """\
number,name,card,since
m-1,Ann,c-1,2025-01-01 10:00
m-2,Bo,,2025-01-01 10:00
z-9,Cy,c-9,2025-01-01 10:00
z-8,Ed,,2025-01-01 10:00
,Di,,2025-01-01 10:00
"""


def test_a_file_is_audited_before_it_is_loaded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data, at = tmp_path / "data", SystemClock().now() - HOUR
    with opened(data, at) as made:
        made.send([identify(who, f"u-{who}", at, {"first_name": "Ann"}) for who in ("m-1", "m-2", "m-3")], at)
        made.tick(at + MINUTE)
    file, how = tmp_path / "members.csv", tmp_path / "members.yaml"
    file.write_text(ROWS, encoding="utf-8")
    how.write_text(MAPPING, encoding="utf-8")
    words = ("identity", "audit", "--file", str(file), "--mapping", str(how))
    found = json.loads(run(capsys, data, *words, "--json"))
    assert found["file"] == {"events": 4, "refused": 1, "cut": False}
    assert found["sources"]["members.csv"]["people"] == 4
    assert found["sources"]["members.csv"]["with"]["membership_id"] == 0.5
    (pair,) = found["pairs"]
    assert (pair["shared"], pair["of"], pair["match_rate"]) == ({"user_id": 2}, "app", pytest.approx(2 / 3))
    assert "1 would be dead letters" in run(capsys, data, *words)
    own = tmp_path / "clubs"
    shutil.copytree(FITNESS, own)
    (own / "identity.yaml").write_text("kinds: {user_id: {joins: never}}\n", encoding="utf-8")
    by_rule = json.loads(run(capsys, data, *words, "--json", workspace=own))
    assert by_rule["pairs"][0]["match_rate"] == 0, "what joins nobody by identity.yaml matches nobody"
    assert json.loads(run(capsys, data, "identity", "audit", "--days", "400", "--json"))["pairs"] == [], (
        "nothing is kept"
    )


def test_a_file_needs_its_mapping(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    with pytest.raises(SystemExit):
        command(["identity", "audit", "--file", "members.csv", "--workspace", str(FITNESS), "--data", str(data)])
    assert "mapping_missing" in capsys.readouterr().err


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
