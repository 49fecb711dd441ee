"""The whole story of a change at the command line: planned, applied, approved, rolled back; exit codes and messages."""

from pathlib import Path

import pytest

from fieldfare.assembly.installation import open_backfill
from fieldfare.ground.instants import DAY
from tests.cli.shell import Shell, example_environment
from tests.scenarios.people import NOON
from tests.scenarios.planned import APPROVERS, MORE, SETTINGS, audience, happenings, write
from tests.scenarios.whole import opened

A = audience("a", "{did: check_in, within: 4000 days}")
B = audience("b", "{did: app_opened, count: {at_least: 3}}")
DAYS = 6


_environment = pytest.fixture(autouse=True)(example_environment)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell over a few people."""
    write(tmp_path / "workspace", A)
    with opened(tmp_path / "data", NOON, tmp_path / "workspace") as whole:
        open_backfill(whole.installation, whole.lake).begin()
        whole.play(happenings(7, range(DAYS)), NOON + DAYS * DAY)
    return Shell(tmp_path, capsys)


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell over nobody, version 1 applied."""
    write(tmp_path / "workspace", A)
    made = Shell(tmp_path, capsys)
    made("apply", "--by", "ann")
    return made


def test_the_story_of_a_change(shell: Shell) -> None:
    assert "Nothing would change" in shell("plan"), "what is in force already and was never stored"
    assert "Version 1 is applied" in shell("apply", "--by", "ann")
    assert "nothing to do" in shell("apply", "--by", "ann")
    assert "Nothing would change" in shell("plan")
    write(shell.folder, A | B)
    planned = shell("plan", code=2)
    assert "+ audiences/b" in planned
    assert "Measure of app_opened ever: new; filled from" in planned
    assert "Nothing was changed. `fieldfare apply` applies it." in planned
    told = shell.json("plan", code=2)
    (moved,) = told["audiences"]
    applied = shell("apply", "--by", "ann", "--reason", "whoever opens the app")
    assert f"{moved['joins']:,} would join, 0 leave" in applied
    assert "Version 2 is applied" in applied
    assert "Nothing was sent because of it" in applied
    size = {each["audience"]: each["size"] for each in shell.json("audiences", "list")}["b"] if moved["joins"] else 0
    assert size == moved["size_after"] > 0
    assert "whoever opens the app" in shell("history")
    assert [each["version"] for each in shell.json("history", "--limit", "1")] == [2]
    shown = shell("history", "show", "2")
    assert "proposed by ann" in shown
    assert "added audiences/b" in shown
    assert "+audience: b" in shell("history", "diff", "1", "2")
    assert "are the same" in shell("history", "diff", "1", "1")


def test_the_shape_of_a_plan(shell: Shell) -> None:
    shell("apply")
    write(shell.folder, A | B)
    told = shell.json("plan", code=2)
    assert list(told) == [
        "base",
        "content",
        "as_of",
        "has_changes",
        "needs",
        "files",
        "changes",
        "audiences",
        "stages",
        "journeys",
        "inside",
        "unready",
        "measures",
        "estimate",
        "identity",
        "warnings",
        "stale",
        "risk",
    ]
    assert (told["base"], told["needs"], told["has_changes"]) == (1, "edition", True)
    assert told["files"] == [{"file": "audiences/b.yaml", "how": "added"}]
    (moved,) = told["audiences"]
    assert set(moved) == {
        "audience",
        "how",
        "size",
        "size_after",
        "joins",
        "leaves",
        "examples_joining",
        "examples_leaving",
        "by_location",
        "is_exact",
        "needed_by",
    }
    assert moved["needed_by"] == {"audiences": [], "journeys": [], "stages": []}
    assert {each["warned"] for each in told["warnings"]} == {"too_small", "unused"}
    assert told["risk"] == {"level": "safe", "concerns": [], "approvers": [], "waits": False}
    assert set(told["estimate"]) == {"profiles", "events", "seconds", "is_measured"}
    assert [each["event"] for each in told["measures"]] == ["app_opened"]


def test_what_waits_is_approved_by_somebody_else(empty: Shell) -> None:
    write(empty.folder, A | {"workspace.yaml": SETTINGS + APPROVERS})
    assert "[approval_rules]" in empty("apply", "--by", "ann"), "told, and nobody is named yet who could approve it"
    write(empty.folder, A | MORE | {"workspace.yaml": SETTINGS + APPROVERS})
    told = empty("apply", "--by", "ann", "--reason", "say hello")
    assert "Version 3 is stored and waits for an approval. Who may, but for ann: ann, ben." in told
    assert "[sends]" in told
    assert "[approval_own]" in empty("approve", "3", "--by", "ann", "--reason", "x", code=2)
    assert "[approver_unknown]" in empty("approve", "3", "--by", "eve", "--reason", "x", code=2)
    assert "[version_unsigned]" in empty("approve", "3", "--by", "ben", code=2)
    assert "Version 3 is applied" in empty("approve", "3", "--by", "ben", "--reason", "read it")
    assert "[version_decided]" in empty("reject", "3", "--by", "ben", "--reason", "x", code=1)
    write(empty.folder, A | B | {"workspace.yaml": SETTINGS})
    assert "waits" in empty("apply", "--by", "ann")
    assert "is rejected" in empty("reject", "4", "--by", "ben", "--reason", "no")
    assert {each["version"]: each["status"] for each in empty.json("history")} == {
        1: "applied",
        2: "applied",
        3: "applied",
        4: "rejected",
    }


def test_a_rollback_of_one_thing_leaves_the_folder_or_writes_it(empty: Shell) -> None:
    narrow = audience("a", "{did: check_in, within: 2 days}")
    write(empty.folder, narrow | B)
    empty("apply", "--by", "ann")
    told = empty("rollback", "1", "--only", "audiences/a", "--by", "ben", "--reason", "too narrow")
    assert "Version 3 is applied" in told
    assert "differs from what holds now in audiences/a.yaml" in told
    assert "2 days" in (empty.folder / "audiences/a.yaml").read_text()
    assert "[version_stale]" in empty("apply", "--by", "ann", code=1)
    assert "Version 4 is applied" in empty("apply", "--by", "ann", "--base", "3")
    assert "[version_passed]" in empty("apply", "--by", "ann", "--base", "3", code=1)
    told = empty("rollback", "1", "--only", "audiences", "--by", "ben", "--reason", "again", "--write")
    assert "Written into" in told
    assert {path.name for path in (empty.folder / "audiences").iterdir()} == {"a.yaml"}
    assert "4000 days" in (empty.folder / "audiences/a.yaml").read_text()
    assert "nothing to do" in empty("apply", "--by", "ben")
    write(empty.folder, audience("a", "{did: check_in, within: 77 days}"))
    told = empty("rollback", "4", "--by", "ben", "--reason", "once more", "--write", code=1)
    assert "[folder_edited]" in told
    assert "Version 6 is applied" in told
    assert not (empty.folder / "audiences/b.yaml").exists()


NONSENSE = [
    (["plan", "--only", "audiences/zz"], 1, "only_unknown"),
    (["apply", "--only", "audiences/zz"], 2, "only_unknown"),
    (["apply", "--base", "7"], 2, "version_unknown"),
    (["apply", "--version", "1"], 2, "version_not_approved"),
    (["apply", "--by", " "], 2, "version_unsigned"),
    (["rollback", "9", "--reason", "x"], 2, "version_unknown"),
    (["rollback", "1"], 2, "version_unsigned"),
    (["history", "show", "9"], 2, "version_unknown"),
    (["history", "diff", "1", "9"], 2, "version_unknown"),
]


def test_nonsense_is_told_clearly(empty: Shell) -> None:
    for words, code, error in NONSENSE:
        told = empty(*words, code=code)
        assert f"[{error}]" in told
        assert "Traceback" not in told


def test_a_plan_that_cannot_be_made_ends_with_1(empty: Shell, tmp_path: Path) -> None:
    (empty.folder / "audiences/a.yaml").write_text("audience: a\nwhere: {in: nobody}\n")
    assert "audiences/a.yaml:2" in empty("plan", code=1)
    (empty.folder / "audiences/a.yaml").write_bytes(b"audience: \xff\n")
    assert "[workspace_invalid]" in empty("plan", code=1)
    other = Shell(tmp_path / "nowhere", empty._capsys)
    assert "[workspace_invalid]" in other("plan", code=1)
    write(other.folder, A)
    assert "[data_missing]" in other("plan", code=1)
    assert "[data_missing]" in other("history", code=2)
