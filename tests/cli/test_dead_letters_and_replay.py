"""``fieldfare dead-letters`` and ``fieldfare replay`` as people give them, with and without a running server."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from structlog.testing import capture_logs

from fieldfare.assembly.api import open_api
from fieldfare.assembly.installation import open_worker
from fieldfare.cli.dead_letters import read_patch_text
from fieldfare.flow.store import applied
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import HOUR
from fieldfare.ground.store import Alone
from tests.cli.test_workspace_commands import call
from tests.crash.running import free_port
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.whole import ENVIRON, Whole, opened

NAME = "Zaphod"
PATCH = '[{"op": "add", "path": "/userId", "value": "m-1"}]'


def bring(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    lost = trains("x", NOON + HOUR) | {"messageId": "n-1", "context": {"traits": {"first_name": NAME}}}
    del lost["userId"]
    whole.send([lost, {"type": "hop"}], NOON + HOUR)
    whole.tick(NOON + HOUR)
    whole.installation.loader(whole.lake).sync()


@pytest.fixture(autouse=True)
def keys_in_the_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(ENVIRON)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(params=["folder", "server"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A data folder with two dead letters; in one case a server runs on it."""
    folder = tmp_path / "data"
    with opened(folder, NOON) as whole:
        bring(whole)
        if request.param == "server":
            with served(whole, folder):
                yield folder
    if request.param == "folder":
        yield folder


@contextmanager
def served(whole: Whole, folder: Path) -> Iterator[None]:
    port = free_port()
    app = open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    (folder / "server.json").write_text(json.dumps({"api": f"http://127.0.0.1:{port}"}), encoding="utf-8")
    with capture_logs():  # the server's lines are not the command's
        yield
        server.should_exit = True
        thread.join()


def test_list_show_repair_discard(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--workspace", str(FITNESS), "--data", str(data))
    code, out, _ = call(capsys, "dead-letters", "list", *where)
    assert code == 0
    assert "no_identifier" in out
    assert "unknown_type" in out
    assert NAME not in out
    listed = json.loads(call(capsys, "dead-letters", "list", "--reason", "no_identifier", "--json", *where)[1])
    place = listed["letters"][0]["place"]
    out = call(capsys, "dead-letters", "show", place, *where)[1]
    shown = json.loads(out[out.index("{") :])  # before it, a server of this process logs that it was opened
    assert json.loads(shown["raw"])["context"]["traits"]["first_name"] == NAME
    (tmp_path / "patch.json").write_text(PATCH, encoding="utf-8")
    code, out, _ = call(capsys, "dead-letters", "repair", "--patch", str(tmp_path / "patch.json"), *where)
    assert code == 0
    assert "passes" in out
    assert "Nothing was changed" in out
    assert NAME not in out
    code, out, _ = call(capsys, "dead-letters", "repair", "--patch", PATCH, "--event", "check_in", "--apply", *where)
    assert (code, "1 were sent again and closed" in out) == (0, True)
    code, out, _ = call(capsys, "dead-letters", "discard", "--why", "a test", "--reason", "unknown_type", *where)
    assert (code, "give --apply" in out) == (0, True)
    code, out, _ = call(capsys, "dead-letters", "discard", "--why", "a test", "--apply", *where)
    assert (code, "1 were discarded" in out) == (0, True)
    assert json.loads(call(capsys, "dead-letters", "list", "--json", *where)[1])["total"] == 0
    assert json.loads(call(capsys, "dead-letters", "list", "--state", "all", "--json", *where)[1])["total"] == 2


def test_replay_and_its_dry_run(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--workspace", str(FITNESS), "--data", str(data))
    code, out, err = call(capsys, "replay", "--dry-run", *where)
    assert (code, err) == (0, "")
    assert "Nothing was changed" in out
    code, out, err = call(capsys, "replay", "--from", "2025-03-01", "--event", "check_in", "--json", *where)
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert (report["events"], report["changed_rows"], report["profiles"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("dead-letters", "show", "nowhere"), "place_invalid"),
        (("dead-letters", "list", "--reason", "mood"), "filter_invalid"),
        (("dead-letters", "repair", "--patch", '{"op": "add"}'), "patch_invalid"),
        (("dead-letters", "repair", "--patch", "[not json"), "patch_invalid"),
        (("dead-letters", "repair", "--where", "nothing"), "where_invalid"),
        (("replay", "--by", "moon"), "by_unknown"),
        (("replay", "--from", "soon"), "span_invalid"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: str
) -> None:
    found, _, err = call(capsys, *words, "--workspace", str(FITNESS), "--data", str(data))
    assert found == 2
    assert f"[{code}]" in err
    assert err.count("\n") == 1


def test_a_patch_is_a_text_or_a_file(tmp_path: Path) -> None:
    assert read_patch_text(" []") == []
    (tmp_path / "p").write_text(PATCH, encoding="utf-8")
    assert read_patch_text(str(tmp_path / "p")) == json.loads(PATCH)
    (tmp_path / "p").write_bytes(b"\xff")
    with pytest.raises(CallerError):
        read_patch_text(str(tmp_path / "p"))


def test_the_status_of_a_replay_needs_a_server(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = call(capsys, "replay", "--status", "--data", str(tmp_path))
    assert (code, "[server_missing]" in err) == (2, True)


@pytest.mark.parametrize("words", [["sql", "SELECT count(*) FROM events"], ["replay"]])
def test_a_copied_folder_beside_a_worker_on_the_same_database_takes_nothing(
    postgres_database: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    os.environ["FIELDFARE_STATE_URL"] = postgres_database
    with opened(tmp_path / "data", NOON, url=postgres_database) as whole:
        whole.rebuild()  # so that the definitions are noted as applied
        whole.play(joins("m-1", NOON), NOON + HOUR)
        waiting = whole.rows(applied)
        assert waiting
        (tmp_path / "copied").mkdir()
        shutil.copytree(tmp_path / "data" / "keys", tmp_path / "copied" / "keys")
        worker = Alone(whole.stores.state)
        worker.take()
        where = ("--workspace", str(FITNESS), "--data", str(tmp_path / "copied"))
        code, out, err = call(capsys, *words, *where)
        assert (code != 0, "[worker_twice]" in err) == (True, True), out + err
        assert whole.rows(applied) == waiting, "the lake of the worker still needs them"
        worker.release()
        assert call(capsys, *words, *where)[0] == 0, "nobody else is there"
