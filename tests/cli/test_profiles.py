"""``fieldfare profiles …`` as people give them, with and without a running server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.ground.instants import HOUR, to_iso
from tests.cli.test_dead_letters_and_replay import keys_in_the_environment, served
from tests.cli.test_workspace_commands import call
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, signs_in, visits
from tests.scenarios.whole import opened

__all__ = ["keys_in_the_environment"]


@pytest.fixture(params=["folder", "server"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A data folder with a visitor who became a member and signed in; in one case a server runs on it."""
    folder = tmp_path / "data"
    with opened(folder, NOON) as whole:
        whole.play(joins("ada", NOON, last_name="Lovelace"), NOON + HOUR)
        whole.send(visits("browser", NOON + HOUR), NOON + HOUR)
        whole.tick(NOON + HOUR)
        whole.send(signs_in("ada", "browser", NOON + 2 * HOUR, membership_tier="basic"), NOON + 2 * HOUR)
        whole.tick(NOON + 2 * HOUR)
        whole.installation.loader(whole.lake).sync()
        if request.param == "server":
            with served(whole, folder):
                yield folder
    if request.param == "folder":
        yield folder


def test_somebody_is_found_and_shown(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    where = ["--workspace", str(FITNESS), "--data", str(data)]
    code, out, _ = call(capsys, "profiles", "search", "kim LOVELACE", *where, "--json")
    assert code == 0
    (found,) = json.loads(out)["profiles"]
    told = str(found["profile_id"])
    code, out, err = call(capsys, "profiles", "show", "2", *where)
    assert (code, json.loads(out)["profile_id"], json.loads(out)["merged_from"]) == (0, found["profile_id"], [2])
    assert "Profile 2 was merged into 1" in err
    code, out, err = call(capsys, "profiles", "show", told, "--as-of", to_iso(NOON + 2 * HOUR), *where)
    assert (json.loads(out)["traits"]["membership_tier"]["value"], err) == ("plus", "")
    code, out, _ = call(capsys, "profiles", "timeline", "user_id:ada", "--limit", "2", "--type", "identify", *where)
    assert code == 0
    assert "ada@example.com" not in out
    code, out, _ = call(capsys, "profiles", "timeline", "user_id:ada", "--limit", "2", *where)
    assert "--cursor" in out
    cursor = out.split("--cursor ")[1].split()[0]
    code, out, _ = call(capsys, "profiles", "timeline", "user_id:ada", "--cursor", cursor, *where, "--json")
    assert len(json.loads(out)["events"]) == 3
    code, out, _ = call(capsys, "profiles", "identities", "user_id:ada", *where)
    assert "a•••@•••.com" in out
    code, _, err = call(capsys, "profiles", "identities", "user_id:ada", "--reveal", *where)
    assert (code, "reveal_unsigned" in err) == (2, True)
    code, out, _ = call(
        capsys, "profiles", "identities", "user_id:ada", "--reveal", "--reason", "a call", *where, "--json"
    )
    assert "ada@example.com" in out
    code, out, _ = call(capsys, "profiles", "reveals", "user_id:ada", *where)
    assert (code, "identities" in out, "a call" in out) == (0, True, True)
    code, out, _ = call(capsys, "profiles", "reveals", "--actor", "nobody", *where, "--json")
    assert (code, json.loads(out)) == (0, {"reveals": [], "next": None})
    code, _, err = call(capsys, "profiles", "show", "user_id:nobody", *where)
    assert (code, "profile_unknown" in err) == (2, True)
