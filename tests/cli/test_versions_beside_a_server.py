"""Beside a running server: plan, apply, approve over HTTP; it goes on with what it serves until it is started again."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell, example_environment
from tests.cli.test_serve import serving
from tests.scenarios.planned import APPROVERS, MORE, SETTINGS, audience, write

A, B = audience("a", "{did: check_in}"), audience("b", "{did: app_opened}")
WATCHED = {"workspace.yaml": SETTINGS + APPROVERS}

_environment = pytest.fixture(autouse=True)(example_environment)


def test_the_server_serves_what_was_applied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = write(tmp_path / "workspace", WATCHED | A)
    shell = Shell(tmp_path, capsys)
    with serving(tmp_path) as server:
        server.until_serves()
        (first,) = shell.json("history")
        assert (first["version"], first["status"], first["reason"]) == (1, "applied", "first start")
        write(workspace, WATCHED | A | B | MORE)
        plan = shell.json("plan", code=2)
        assert [each["audience"] for each in plan["audiences"]] == ["b"]
        assert "waits for an approval" in shell("apply", "--by", "ann", "--reason", "hello")
        assert "[approval_own]" in shell("approve", "2", "--by", "ann", "--reason", "x", code=2)
        told = shell("approve", "2", "--by", "ben", "--reason", "read it")
        assert "Version 2 is recorded. Start the server again" in told
        assert shell.json("status")["workspace"] == {"in_force": 2, "served": 1, "waiting": []}
        assert "+audience: b" in shell("history", "diff", "1", "2")
        (workspace / "identity.yaml").write_text("kinds:\n  anonymous_id:\n    shared_after: 5\n")
        assert "waits" in shell("apply", "--by", "ann")
        told = shell("approve", "3", "--by", "ben", "--reason", "fine")
        assert "fieldfare apply --version 3" in told
        assert "[lake_busy]" in shell("apply", "--version", "3", code=1)
    (workspace / "workspace.yaml").write_text("half: [an edit")
    (tmp_path / "said").unlink()
    with serving(tmp_path) as server:
        server.until_serves()
        assert "Version 2 is served. The folder" in server.said()
        assert "workspace.yaml (changed)" in server.said()
        assert shell.json("status")["workspace"] == {"in_force": 2, "served": 2, "waiting": [3]}
        assert {each["audience"] for each in shell.json("audiences", "list")} == {"a", "b"}
    told = shell("apply", "--version", "3")
    assert "Version 3 is applied" in told
    assert "folded again" in told
