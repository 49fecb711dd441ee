"""``profiles explain``, ``profiles correct`` and ``lifecycle show`` as people give them, with and without a server."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fieldfare.assembly.installation import open_refolds
from fieldfare.flow.generate.calls import identify
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.ground.instants import HOUR
from tests.cli.test_dead_letters_and_replay import served
from tests.cli.test_workspace_commands import call
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import ENVIRON, Whole, opened


@pytest.fixture(autouse=True, scope="module")
def keys_in_the_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(ENVIRON)
    yield
    os.environ.clear()
    os.environ.update(before)


@contextmanager
def working(whole: Whole) -> Iterator[None]:
    """Apply what is appended, beside a server, as its worker does."""
    refolds, done = open_refolds(whole.installation, whole.lake), threading.Event()

    def work() -> None:
        while not done.wait(0.02):
            drain_urgent(whole.installation.pipeline)
            refolds.step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture(params=["folder", "server"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    with opened(folder, NOON) as whole:
        later = identify("m-1", "later", NOON + HOUR, {"membership_tier": "premium"})
        whole.play([*joins("m-1", NOON), (NOON + HOUR, later)], NOON + HOUR)
        whole.installation.loader(whole.lake).sync()
        if request.param == "server":
            with served(whole, folder), working(whole):
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


def test_correct_and_lift(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--workspace", str(FITNESS), "--data", str(data))
    correct = ("profiles", "correct", "user_id:m-1")
    signed = ("--actor", "ann", "--reason", "seen on the card")
    code, out, _ = call(capsys, *correct, "first_name", "--value", "Adele", *signed, *where)
    assert (code, out) == (0, "The trait first_name of profile 1 is corrected.\n")
    code, out, _ = call(capsys, "profiles", "explain", "user_id:m-1", "first_name", *where)
    assert (code, "corrected" in out, "by ann: (sealed)" in out, "Adele" in out) == (0, True, True, False)
    code, out, _ = call(capsys, *correct, "first_name", "--lift", "--actor", "bert", "--reason", "mended", *where)
    assert (code, "is lifted" in out) == (0, True)
    code, _, err = call(capsys, *correct, "visits_total", "--value", "17", *signed, *where)
    assert (code, "correction_invalid" in err, "17" in err) == (2, True, False)
    code, _, err = call(capsys, *correct, "first_name", "--value", "A", "--unset", *signed, *where)
    assert (code, "exclude each other" in err) == (2, True)
    code, _, err = call(capsys, *correct, "first_name", "--value", "A", "--reason", " ", *where)
    assert (code, "act_unsigned" in err) == (2, True)


def test_the_value_may_come_from_standard_input(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    where = ("--workspace", str(FITNESS), "--data", str(data))
    given, before = tmp_path / "given", sys.stdin
    given.write_text("Adele\n")
    try:
        with given.open() as sys.stdin:
            correct = ("profiles", "correct", "user_id:m-1", "first_name", "--reason", "seen on the card")
            code, out, _ = call(capsys, *correct, *where)
    finally:
        sys.stdin = before
    assert (code, "is corrected" in out) == (0, True)
    explain = ("profiles", "explain", "user_id:m-1", "first_name", "--reveal", "--reason", "a test", "--json")
    code, out, _ = call(capsys, *explain, *where)
    assert (code, json.loads(out)["values"][0]["value"]) == (0, "Adele")
