"""``fieldfare audiences …`` as people give them, with and without a running server."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.ground.instants import DAY, to_iso
from tests.cli.test_dead_letters_and_replay import keys_in_the_environment, served
from tests.cli.test_workspace_commands import call
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import LAPSES_AT, NOON, joins
from tests.scenarios.whole import opened

__all__ = ["keys_in_the_environment"]
QUERIED = "audience: queried\nrefresh: weekly\nsql: SELECT profile_id FROM profiles\n"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Options that name a workspace and data with one lapsed member; a server runs, unless a test says `folder`."""
    folder, workspace = tmp_path / "data", shutil.copytree(FITNESS, tmp_path / "workspace")
    (workspace / "audiences" / "queried.yaml").write_text(QUERIED)
    options = ["--workspace", str(workspace), "--data", str(folder)]
    with opened(folder, NOON, workspace) as whole:
        whole.play(joins("ada", NOON), LAPSES_AT + DAY)
        whole.installation.loader(whole.lake).sync()
        if getattr(request, "param", "server") == "server":
            with served(whole, folder):
                yield options
            return
    yield options


def test_an_audience_is_read_in_every_way(capsys: Capture, where: list[str]) -> None:
    code, out, err = call(capsys, "audiences", "list", *where, "--json")
    assert (code, err) == (0, "")
    listed = {row["audience"]: row for row in json.loads(out)}
    assert (listed["lapsed"]["size"], listed["lapsed"]["used_by"]) == (1, ["journey win-back"])
    code, out, _ = call(capsys, "audiences", "explain", "lapsed", *where)
    assert "  - all of:" in out
    assert "did not check_in, within the last 30 days" in out
    code, out, _ = call(capsys, "audiences", "why", "user_id:ada", "lapsed", *where)
    assert "is in lapsed since 2025-04-02T22:00:00Z" in out
    assert "something happens" in out
    for said in (["list"], ["show", "lapsed"], ["growth", "lapsed", "--days", "3"], ["overlap", "lapsed", "vips"]):
        code, out, err = call(capsys, "audiences", *said, *where)
        assert (code, err) == (0, ""), said
        assert "lapsed" in out
    code, out, _ = call(capsys, "audiences", "breakdown", "lapsed", "--by", "membership_tier", *where)
    assert "plus" in out
    code, out, _ = call(capsys, "audiences", "members", "lapsed", *where, "--json")
    assert [each["joined_at"] for each in json.loads(out)["members"]] == [to_iso(LAPSES_AT)]
    code, out, _ = call(capsys, "audiences", "members", "lapsed", "--at", "2025-04-02", *where, "--json")
    assert json.loads(out)["members"] == []
    code, out, _ = call(capsys, "audiences", "history", "user_id:ada", *where, "--json")
    assert {"lapsed", "7_day_inactive"} <= {each["audience"] for each in json.loads(out)["stays"]}


@pytest.mark.parametrize("where", ["folder", "server"], indirect=True)
def test_it_is_compared_run_and_exported(capsys: Capture, where: list[str], tmp_path: Path) -> None:
    code, out, err = call(capsys, "audiences", "reconcile", *where)
    assert (code, err) == (0, "")
    assert "agree" in out
    code, out, _ = call(capsys, "audiences", "reconcile", "--latest", *where, "--json")
    assert json.loads(out)["differences"] == []
    code, out, _ = call(capsys, "audiences", "refresh", "queried", *where)
    assert (code, out) == (0, "queried has 1 members.\n")
    code, _, err = call(capsys, "audiences", "refresh", "lapsed", *where)
    assert (code, "audience_not_queried" in err) == (2, True)
    target = tmp_path / "out.csv"
    said = ["--to", str(target), "--purpose", "marketing", "--reason", "flyers", "--actor", "kim"]
    code, out, _ = call(capsys, "audiences", "export", "lapsed", *said, "--field", "membership_tier", *where)
    assert (code, "1 of lapsed for marketing; 0 withheld" in out) == (0, True)
    assert target.read_text().splitlines()[1].split(",")[2] == "plus"
    code, out, _ = call(capsys, "audiences", "exports", *where, "--json")
    assert [(each["actor"], each["rows"]) for each in json.loads(out)] == [("kim", 1)]
    said[3] = "marketting"
    code, _, err = call(capsys, "audiences", "export", "lapsed", *said, *where)
    assert (code, "purpose_unknown" in err) == (2, True)
    assert sorted(each.name for each in tmp_path.glob("*out.csv*")) == ["out.csv"], "nothing half-written is left"
    code, out, _ = call(capsys, "status", *where, "--json")
    assert json.loads(out)["audiences"]["differences"] == 0


def test_what_does_not_exist_is_told(capsys: Capture, where: list[str]) -> None:
    for said in (
        ["show", "lapst"],
        ["explain", "lapst"],
        ["why", "user_id:ada", "lapst"],
        ["members", "lapst"],
        ["growth", "lapst"],
        ["overlap", "lapst"],
        ["breakdown", "lapst"],
        ["reconcile", "lapst"],
    ):
        code, _, err = call(capsys, "audiences", *said, *where)
        assert (code, "audience_unknown" in err, "`lapsed`" in err) == (2, True, True), said
    code, _, err = call(capsys, "audiences", "why", "user_id:nobody", "lapsed", *where)
    assert (code, "profile_unknown" in err) == (2, True)
    code, _, err = call(capsys, "audiences", "members", "lapsed", "--at", "yesterday", *where)
    assert (code, "span_invalid" in err) == (2, True)


def test_shipped_audiences_are_taken(capsys: Capture, tmp_path: Path) -> None:
    code, out, _ = call(capsys, "audiences", "shipped")
    assert (code, "weekend_only" in out) == (0, True)
    code, out, _ = call(capsys, "audiences", "take", "vips", "weekend_only", "--workspace", str(tmp_path))
    assert code == 0
    assert (tmp_path / "audiences" / "vips.yaml").read_text().startswith("#")
    code, _, err = call(capsys, "audiences", "take", "vips", "--workspace", str(tmp_path))
    assert (code, "audience_there" in err) == (2, True)
    code, _, err = call(capsys, "audiences", "take", "vip", "--workspace", str(tmp_path))
    assert (code, "audience_not_shipped" in err) == (2, True)
