"""The real ``fieldfare serve`` as a process that may be killed, a client that loads it, and a receiver that counts.

The client behaves as an SDK does: a batch that was not answered is sent again with the same message ids until it is, or
is given up. The receiver stands for the message provider and keeps every id that it was called with.
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.flow.generate.calls import identify
from fieldfare.ground.clock import SystemClock
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import fails_to_pay, trains

KEY = "key-of-app"
ENVIRON = {"FIELDFARE_WRITE_KEY": KEY, "HOOK_SECRET": "whsec_" + "c2VjcmV0LW9mLXRoaXMtdGVzdC1vbmx5"}
_COMPILED = tempfile.TemporaryDirectory(prefix="fieldfare-compiled-")
COMPILED_ONCE = {"PYTHONPYCACHEPREFIX": _COMPILED.name, "PYTHONDONTWRITEBYTECODE": ""}
"""Starts are what costs time here, and compiling what costs them most: once for all tests is enough."""
BATCH = 20
USERS = 40
START_S = 90
QUIET_S = 180
_CHANNELS = """channels:
  email: {driver: webhook, address: email, url: "http://127.0.0.1:%d/", secret: "${HOOK_SECRET}"}
  sms: {driver: capture}
  desk: {driver: task, list: desk, due: 2 days}
"""


def workspace_with(folder: Path, port: int) -> Path:
    """Copy the fitness workspace; its messages go to the receiver's port."""
    shutil.copytree(FITNESS, folder)
    (folder / "channels.yaml").write_text(_CHANNELS % port, encoding="utf-8")
    return folder


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        threading.Event().wait(0.05)


def post(door: str, name: str) -> httpx.Response:
    """Send one event."""
    call = {"type": "track", "event": "probed", "userId": "m-1", "messageId": name}
    return httpx.post(f"{door}/v1/batch", json={"batch": [call]}, auth=(KEY, ""), trust_env=False, timeout=30)


class Receiver:
    """Takes messages as a provider does, and counts how often each was handed over."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                taken[self.headers["webhook-id"]] += 1
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Server:
    """``fieldfare serve`` over a data folder."""

    def __init__(self, workspace: Path, data: Path, url: str | None) -> None:
        self.data = data
        self.door, self.api = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        ports = ["--door-port", self.door.rpartition(":")[2], "--port", self.api.rpartition(":")[2]]
        self._command = [sys.executable, "-m", "fieldfare.cli.main", "serve"]
        self._command += ["--workspace", str(workspace), "--data", str(data), *ports]
        self._environ = {**os.environ, **ENVIRON, "FIELDFARE_TRACEBACK": "1"}
        self._environ |= COMPILED_ONCE
        self._environ.pop("FIELDFARE_STATE_URL", None)
        if url is not None:
            self._environ["FIELDFARE_STATE_URL"] = url
        self._output = data.parent / "server.out"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until both of its processes answer."""
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(self._command, env=self._environ, stdout=output, stderr=output)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until both processes answer. Nothing repairs anything."""
        until(lambda: self._answers(self.api) and self._answers(self.door), START_S, f"ready\n{self._told()}")

    def kill(self, what: str) -> None:
        """Send SIGKILL to the ``door``, the ``worker`` (which is the parent), or ``both``."""
        assert self._process is not None
        parent = self._process.pid
        tasks = Path(f"/proc/{parent}/task").glob("*/children")
        children = [child for task in tasks for child in task.read_text(encoding="ascii").split()]
        assert children, "the server has no door to kill"
        doomed = {"door": [*map(int, children)], "worker": [parent], "both": [parent, *map(int, children)]}[what]
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if parent in doomed:
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it as an operator does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
            self._process = None

    def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """Ask the API."""
        headers = {"authorization": f"Bearer {api_token(open_key_store(self.data))}"}
        with httpx.Client(trust_env=False, timeout=30) as client:
            answer = client.request(method, self.api + path, headers=headers, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sql(self, query: str) -> list[list[Any]]:
        """Ask the lake."""
        rows: list[list[Any]] = self.ask("POST", "/api/v1/sql", json={"sql": query, "most_rows": 10_000})["rows"]
        return rows

    def wait_quiet(self) -> None:
        """Wait until everything accepted is applied and loaded, and everything told is relayed and delivered."""

        def quiet() -> bool:
            status = self.ask("GET", "/api/v1/status")
            applied = all(each["behind_records"] == 0 for each in status["log"].values())
            if applied:
                self.sql("SELECT 1")  # loads the lake, whose own loop rests while events wait
            loaded = all(each["loaded"] == each["applied"] for each in status["lake"].values())
            return applied and loaded and not status["outbox"] and "handing_over" not in status["attempts"]

        # Twice, because what is delivered is told, and what is told is applied.
        for _ in range(2):
            until(quiet, QUIET_S, f"quiet\n{self._told()}")
            threading.Event().wait(0.3)

    def _answers(self, address: str) -> bool:
        if self._process is not None:
            assert self._process.poll() is None, f"the server ended by itself\n{self._told()}"
        try:
            return httpx.get(f"{address}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def _told(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")[-3000:] if self._output.exists() else ""


class Load:
    """A client that sends batches without pause until it is told to stop; ``name`` begins its message ids."""

    def __init__(self, door: str, seed: int, name: str = "load") -> None:
        self._door, self._draw, self._name = door, random.Random(seed), name
        self._ended = threading.Event()
        self.sent: dict[str, str] = {}
        """Every message id that was ever sent, with what it tells of (event name)."""
        self.answered: set[str] = set()
        """Those in batches that were answered 200."""
        self.failures = 0
        self._number = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more."""
        self._ended.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with httpx.Client(auth=(KEY, ""), trust_env=False, timeout=5) as client:
            while not self._ended.is_set():
                self._send(client, self._batch())

    def _send(self, client: httpx.Client, calls: list[dict[str, Any]]) -> None:
        patience = self._draw.choice([1, 200, 200, 200])
        for _ in range(patience):
            if self._ended.is_set():
                return
            try:
                if client.post(f"{self._door}/v1/batch", json={"batch": calls}).status_code == 200:
                    self.answered.update(call["messageId"] for call in calls)
                    if self._draw.random() > 0.05:  # now and then the answer is lost, and all comes again
                        return
            except httpx.HTTPError:
                self.failures += 1
                self._ended.wait(0.1)

    def _batch(self) -> list[dict[str, Any]]:
        at = SystemClock().now()
        calls = []
        for _ in range(BATCH):
            self._number += 1
            user = f"m-{self._draw.randrange(USERS)}"
            if self._number <= USERS or self._draw.random() < 0.05:
                user = f"m-{self._number % USERS}"
                traits = {"email": f"{user}@example.com", "email_verified": True, "first_name": "Kim"}
                call = identify(user, f"{self._name}-{self._number}", at, traits, f"browser-{user}")
            elif self._draw.random() < 0.05:
                call = fails_to_pay(user, at)
            else:
                call = trains(user, at, spend=self._draw.choice([0, 2.5]))
            call["messageId"] = f"{self._name}-{self._number}"
            calls.append(call)
            self.sent[call["messageId"]] = str(call.get("event", call["type"]))
        return calls
