"""``fieldfare contracts`` on a data folder: what it prints, and the exit code that CI reads."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.flow.contract_history import record_contracts
from fieldfare.flow.generate.calls import track
from fieldfare.flow.workspace import load_workspace
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import HOUR
from tests.cli.test_workspace_commands import call
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.whole import opened

CONTRACT = """event: trial_started
description: A trial began.
schema: {properties: {weeks: {type: number}}}
fields: {weeks: {purposes: [operations], unit: weeks}}
"""
STRICT = CONTRACT.replace("{type: number}", "{type: number, minimum: 3}")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("contracts")
    workspace = folder / "workspace"
    shutil.copytree(FITNESS, workspace)
    settings = (workspace / "workspace.yaml").read_text("utf-8").replace("${FIELDFARE_WRITE_KEY}", "${PATH}")
    (workspace / "workspace.yaml").write_text(settings, "utf-8")  # a variable that is always set
    (workspace / "contracts" / "trial.yaml").write_text(CONTRACT, "utf-8")
    now = SystemClock().now()
    with opened(folder / "data", now - HOUR, FITNESS) as whole:
        own, _ = load_workspace(workspace)
        assert own is not None
        record_contracts(whole.stores.state, own.contracts, now - HOUR)
        for n in range(5):
            whole.send(track("trial_started", "u", f"t-{n}", now - HOUR, {"weeks": n, "mail": "x@y.de"}), now - HOUR)
        whole.tick(now - HOUR)
    return ["--workspace", str(workspace), "--data", str(folder / "data")]


@pytest.fixture
def change(folders: list[str]) -> Iterator[Path]:
    """The contract's file, put back after the test."""
    path = Path(folders[1]) / "contracts" / "trial.yaml"
    yield path
    path.write_text(CONTRACT, "utf-8")


def test_list_and_show(capsys: pytest.CaptureFixture[str], folders: list[str]) -> None:
    code, out, _ = call(capsys, "contracts", "list", "--json", *folders)
    listed = {one["event"]: one["is_shipped"] for one in json.loads(out)}
    assert (code, listed["trial_started"], listed["check_in"]) == (0, False, True)
    assert "workspace" in call(capsys, "contracts", "list", *folders)[1]
    code, out, _ = call(capsys, "contracts", "show", "trial_started", *folders)
    assert (code, json.loads(out)["versions"][0]["version"]) == (0, 1)
    code, _, err = call(capsys, "contracts", "show", "trial_start", *folders)
    assert (code, "Did you mean `trial_started`?" in err) == (2, True)


def test_nothing_changed(capsys: pytest.CaptureFixture[str], folders: list[str]) -> None:
    code, out, _ = call(capsys, "contracts", "diff", "--check", *folders)
    assert (code, out.splitlines()[0], out.splitlines()[-1]) == (0, "No contract changed.", "Altogether: compatible.")


def test_what_a_change_would_refuse(capsys: pytest.CaptureFixture[str], folders: list[str], change: Path) -> None:
    change.write_text(STRICT, "utf-8")
    code, out, _ = call(capsys, "contracts", "diff", *folders)
    assert code == 0
    assert "incompatible trial_started v1 weeks: `minimum` was narrowed" in out
    assert "notice       trial_started v1: the schema changed and the version was not raised" in out
    assert "Of 5 events accepted in the last 7 days, 5 were checked again: 3 would become dead letters." in out
    assert "trial_started: 3 contract_violated, `weeks` breaks minimum" in out
    assert call(capsys, "contracts", "diff", "--check", "--days", "1", *folders)[0] == 1
    code, out, _ = call(capsys, "contracts", "diff", "--json", *folders)
    assert (code, json.loads(out)["is_compatible"]) == (0, False)


def test_a_broken_workspace_has_nothing_to_compare(
    capsys: pytest.CaptureFixture[str], folders: list[str], change: Path
) -> None:
    change.write_text("event: 5\n", "utf-8")
    code, _, err = call(capsys, "contracts", "diff", *folders)
    assert (code, "[workspace_invalid]" in err) == (2, True)


def test_suggest(capsys: pytest.CaptureFixture[str], folders: list[str]) -> None:
    code, out, _ = call(capsys, "contracts", "suggest", "--days", "2", *folders)
    assert code == 0
    assert "# trial_started: 5 of 5 events of the last 2 days were looked at" in out
    assert "mail: {sensitivity: contact, purposes: [service]} # its name" in out
    assert "x@y.de" not in out
