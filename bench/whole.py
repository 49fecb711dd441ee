"""The whole on two cores: real HTTP in, audiences and journeys evaluated; with the memory of both processes.

Starts ``fieldfare serve`` on a durable data folder, posts generated events in batches of 100 over two keep-alive
connections as fast as they are accepted, and waits until the last one is applied. The client shares the two cores.
``python -m bench.whole``.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import msgspec

from fieldfare.flow.generate import fitness
from fieldfare.ground.instants import parse_iso

MEMBERS = 5_000
DAYS = 60
EVENTS = 100_000
IMPORT = 20_000
"""Events at the beginning, most of which make a member known; applied before the clock starts."""
BATCH = 100
TARGET = 6_000
MEMORY_MB = 600
DOOR, API = 18_600, 18_601
START = parse_iso("2026-01-01T00:00:00+00:00")


def main() -> None:
    """Run and print the figures as JSON."""
    calls = [call for (_, call), _ in zip(fitness.generate(MEMBERS, START, DAYS, 7), range(EVENTS), strict=False)]
    bodies = [msgspec.json.encode({"batch": calls[first : first + BATCH]}) for first in range(0, len(calls), BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "fieldfare.cli.main",
            "serve",
            "--workspace",
            "examples/fitness",
            "--data",
            folder,
        ]
        command += ["--door-port", str(DOOR), "--port", str(API)]
        server = subprocess.Popen(
            command, env={**os.environ, "FIELDFARE_WRITE_KEY": "bench"}, stdout=subprocess.DEVNULL
        )
        try:
            figures = _run(bodies, Path(folder), server.pid)
        finally:
            server.terminate()
            server.wait(30)
    sys.stdout.write(json.dumps(figures) + "\n")


def _run(bodies: list[bytes], folder: Path, pid: int) -> dict[str, Any]:
    pause = threading.Event()
    for port in (DOOR, API):
        while not _answers(port):
            pause.wait(0.1)
    key = (folder / "keys" / "api-token").read_bytes().hex()
    members = IMPORT // BATCH
    _post(bodies[:members])
    _wait(key, members, pause)
    began = perf_counter()
    _post(bodies[members:])
    accepted = perf_counter() - began
    _wait(key, len(bodies), pause)
    applied = perf_counter() - began
    count = (len(bodies) - members) * BATCH
    return {
        "events": count,
        "accepted_events_per_s": round(count / accepted),
        "applied_events_per_s": round(count / applied),
        "target_events_per_s": TARGET,
        "peak_mb": sum(_peak_mb(each) for each in (pid, *_children(pid))),
        "limit_mb": MEMORY_MB,
    }


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _post(bodies: list[bytes]) -> None:
    def run(share: list[bytes]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", DOOR)
        for body in share:
            connection.request("POST", "/v1/batch", body, {"X-Write-Key": "bench", "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
        connection.close()

    threads = [threading.Thread(target=run, args=(bodies[number::2],)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _wait(key: str, records: int, pause: threading.Event) -> None:
    while True:
        headers = {"Authorization": f"Bearer {key}"}
        told = httpx.get(f"http://127.0.0.1:{API}/api/v1/status", headers=headers, timeout=60, trust_env=False).json()
        if sum(told["log"][name]["applied"] for name in ("urgent", "normal")) >= records:
            return
        pause.wait(0.5)  # the answer counts rows, so asking is not free


def _children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _peak_mb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
