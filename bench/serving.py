"""A running ``fieldfare serve`` for benchmarks: start it, post bodies to it, wait for it, ask what it used.

Measures nothing itself. The server runs on a durable data folder in two processes, as an operator runs it.
"""

import http.client
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import msgspec

from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import Instant

KEY = "bench"
DOOR, API = 18_600, 18_601


class Serving(msgspec.Struct, frozen=True):
    """A server that answers."""

    folder: Path
    pid: int

    def status(self) -> dict[str, Any]:
        """Return what ``fieldfare status`` shows."""
        token = (self.folder / "keys" / "api-token").read_bytes().hex()
        headers = {"Authorization": f"Bearer {token}"}
        found: dict[str, Any] = httpx.get(
            f"http://127.0.0.1:{API}/api/v1/status", headers=headers, timeout=60, trust_env=False
        ).json()
        return found

    def wait(self, holds: Callable[[dict[str, Any]], bool], pause_s: float = 0.5) -> None:
        """Wait until the status holds; asking is not free."""
        pause = threading.Event()
        while not holds(self.status()):
            pause.wait(pause_s)

    def memory(self) -> dict[str, int]:
        """Return the highest resident memory of the door, and of the rest."""
        children = [
            each for task in Path(f"/proc/{self.pid}/task").glob("*/children") for each in task.read_text().split()
        ]
        return {"door_peak_mb": sum(peak_mb(int(each)) for each in children), "worker_peak_mb": peak_mb(self.pid)}


@contextmanager
def serving(workspace: Path, folder: Path) -> Iterator[Serving]:
    """Serve the workspace on an empty data folder, and stop it."""
    command = [sys.executable, "-m", "fieldfare.cli.main", "serve", "--workspace", str(workspace)]
    command += ["--data", str(folder), "--door-port", str(DOOR), "--port", str(API)]
    environ = {**os.environ, "FIELDFARE_WRITE_KEY": KEY}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as server:
        try:
            pause = threading.Event()
            for port in (DOOR, API):
                while not _answers(port):
                    pause.wait(0.1)
            yield Serving(folder, server.pid)
        finally:
            server.terminate()
            server.wait(60)


def post(bodies: list[bytes], connections: int = 2, per_s: float = 0) -> list[Instant]:
    """Post all bodies over keep-alive connections, as fast as they are accepted, or ``per_s`` bodies a second.

    Returns when each was accepted, in the order of ``bodies``.
    """
    pause, began = threading.Event(), perf_counter()
    accepted = [0] * len(bodies)

    def run(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", DOOR)
        for number in range(first, len(bodies), connections):
            body = bodies[number]
            if per_s:
                pause.wait(max(0.0, began + number / per_s - perf_counter()))
            connection.request("POST", "/v1/batch", body, {"X-Write-Key": KEY, "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            accepted[number] = SystemClock().now()
        connection.close()

    threads = [threading.Thread(target=run, args=(first,)) for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return accepted


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def peak_mb(pid: int) -> int:
    """Return the highest resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
