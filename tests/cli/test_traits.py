"""``fieldfare profiles explain`` and ``fieldfare lifecycle show`` as people give them, with and without a server."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.flow.generate.calls import identify
from fieldfare.ground.instants import HOUR
from tests.cli.test_dead_letters_and_replay import served
from tests.cli.test_workspace_commands import call
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import ENVIRON, opened


@pytest.fixture(autouse=True, scope="module")
def keys_in_the_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(ENVIRON)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(params=["folder", "server"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    with opened(folder, NOON) as whole:
        later = identify("m-1", "later", NOON + HOUR, {"membership_tier": "premium"})
        whole.play([*joins("m-1", NOON), (NOON + HOUR, later)], NOON + HOUR)
        whole.installation.loader(whole.lake).sync()
        if request.param == "server":
            with served(whole, folder):
                yield folder
    if request.param == "folder":
        yield folder


def test_explain_and_lifecycle(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--workspace", str(FITNESS), "--data", str(data))
    explain = ("profiles", "explain", "user_id:m-1")
    code, out, _ = call(capsys, *explain, "membership_tier", *where)
    assert code == 0
    assert out.index("premium") < out.index("no: older")
    code, out, _ = call(capsys, *explain, "email", *where)
    assert (code, "(sealed)" in out, "m-1@" in out) == (0, True, False)
    code, _, err = call(capsys, *explain, "email", "--reveal", *where)
    assert (code, "reveal_unsigned" in err) == (2, True)
    code, out, _ = call(capsys, *explain, "email", "--reveal", "--reason", "a complaint", "--json", *where)
    assert (code, json.loads(out)["values"][0]["value"]) == (0, "m-1@example.com")
    code, out, _ = call(capsys, *explain, "shoe_size", *where)
    assert (code, "carried the trait shoe_size" in out) == (0, True)
    code, out, _ = call(capsys, *explain, "visits_total", *where)
    assert (code, "it is computed: " in out) == (0, True)
    code, out, _ = call(capsys, "lifecycle", "show", *where)
    assert code == 0
    assert "at least 60%" in out
    code, out, _ = call(capsys, "lifecycle", "show", "--days", "3", "--json", *where)
    assert {each["stage"]: each["size"] for each in json.loads(out)["stages"]}["active"] == 1
