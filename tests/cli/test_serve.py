"""``fieldfare serve`` says that it serves once it does, ends when its door cannot run, restarts one that crashed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import typer

from fieldfare.cli.options import LogMaxOption
from fieldfare.cli.options import _size as size
from tests.crash.running import ENVIRON, free_port, until
from tests.scenarios.example_engine import FITNESS

DEADLINE_S = 60


class Serve:
    """A server that runs, what it said, and its door."""

    def __init__(self, folder: Path, door_port: int, *more: str) -> None:
        self.workspace = folder / "workspace"
        if not self.workspace.exists():
            shutil.copytree(FITNESS, self.workspace)
        self.door = f"http://127.0.0.1:{door_port}"
        command = [sys.executable, "-m", "fieldfare.cli.main", "serve", "--workspace", str(self.workspace)]
        command += ["--data", str(folder / "data"), "--door-port", str(door_port), "--port", str(free_port()), *more]
        self._said = folder / "said"
        environ = {name: value for name, value in os.environ.items() if name != "FIELDFARE_STATE_URL"}
        with self._said.open("ab") as output:
            self.process = subprocess.Popen(command, env={**environ, **ENVIRON}, stdout=output, stderr=output)

    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds; fail with what was said."""
        until(holds, DEADLINE_S, f"{what}\n{self.said()}")

    def until_serves(self) -> None:
        self.until(lambda: "Fieldfare serves" in self.said() or self.process.poll() is not None, "serves")
        assert self.process.poll() is None, self.said()

    def door_pid(self) -> int:
        """Return the door's process id: a child belongs to the thread that started it."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        [pid] = [int(pid) for task in tasks for pid in (task / "children").read_text(encoding="ascii").split()]
        return pid

    def ended(self) -> int:
        return self.process.wait(timeout=DEADLINE_S)


@contextmanager
def serving(folder: Path, *more: str, port: int | None = None) -> Iterator[Serve]:
    server = Serve(folder, port or free_port(), *more)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGINT)
            server.process.wait(timeout=DEADLINE_S)


def test_it_serves_when_it_says_so_and_a_call_waits_for_a_door_that_crashed(tmp_path: Path) -> None:
    with serving(tmp_path, "--log-max-size", "1 GB") as server:
        server.until_serves()
        assert httpx.get(f"{server.door}/readyz").json() == {"status": "ready"}
        first = server.door_pid()
        os.kill(first, signal.SIGKILL)
        event = {"userId": "u", "event": "E", "writeKey": ENVIRON["FIELDFARE_WRITE_KEY"]}
        assert httpx.post(f"{server.door}/v1/track", json=event, timeout=DEADLINE_S).status_code == 200
        assert server.door_pid() != first
        assert server.process.poll() is None

        # What is served broke meanwhile: the next door cannot start, and trying again would not help.
        with (tmp_path / "data" / "served" / "workspace.yaml").open("a", encoding="utf-8") as file:
            file.write("\nnonsense: [\n")
        os.kill(server.door_pid(), signal.SIGKILL)
        assert server.ended() == 2
        assert "[door_refused]" in server.said()
        assert "workspace.yaml" in server.said()


def test_a_taken_port_ends_it_with_a_clear_message(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with serving(tmp_path, port=holder.getsockname()[1]) as server:
            assert server.ended() == 2
    assert "[port_taken]" in server.said()
    assert "Fieldfare serves" not in server.said()


@pytest.mark.parametrize(
    ("text", "expected"), [("20 GB", 20 * 1024**3), ("1.5kb", 1536), ("4096", 4096), ("7 B", 7), ("2TB", 2 * 1024**4)]
)
def test_sizes_are_written_with_their_unit(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "20 parsecs", "-1 GB", "1,5 GB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="20 GB"):
        size(text)
    assert LogMaxOption is not None
