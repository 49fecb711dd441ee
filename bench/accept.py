"""Durable accept over HTTP, in batches of 100: the real door against a bare server, on the same cores in one run.

Limit: the door accepts at least 50,000 events a second. Beside it stands the ratio to `bench/bare_server.py`. The two
take turns, several rounds each, so that a busy machine troubles both alike; the client shares their cores.
``python -m bench.accept [--seconds 3] [--rounds 3]`` prints a table and, as its last line, JSON.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

import msgspec
import uvloop

EVENTS = 100
CONNECTIONS = 12
KEY = "bench-key"
LIMIT = 50_000


def body() -> bytes:
    """Return a batch as a mobile app's server would send it: 100 events of about 350 bytes."""
    batch = [
        {
            "type": "track",
            "event": "Checked In",
            "userId": f"member-{index:06d}",
            "messageId": f"0b7c2a4e-8d11-4c0a-9f65-{index:012d}",
            "timestamp": "2026-01-15T17:42:09.123Z",
            "properties": {"location_id": f"club-{index % 12}", "class": "yoga", "channel": "app", "duration": 55},
            "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "locale": "en-GB"},
            "integrations": {},
        }
        for index in range(EVENTS)
    ]
    return msgspec.json.encode({"batch": batch, "sentAt": "2026-01-15T17:42:10.001Z", "writeKey": KEY})


def request(content: bytes) -> bytes:
    head = (
        "POST /v1/batch HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-write-key: "
        f"{KEY}\r\nuser-agent: analytics-python/2.4.0\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Client(asyncio.Protocol):
    """Sends the same request again as soon as it is answered, until told to stop."""

    def __init__(self, sent: bytes, until: float, answered: list[float]) -> None:
        self._sent, self._until, self._answered = sent, until, answered
        self._began = 0.0
        self._got = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._sent)

    def data_received(self, data: bytes) -> None:
        """Take an answer, which may come in pieces, and send again."""
        self._got += data
        if not self._got.endswith(b"}"):
            return
        assert self._got.startswith(b"HTTP/1.1 200"), self._got[:300]
        self._got = b""
        now = time.perf_counter()
        self._answered.append(now - self._began)
        if now < self._until:
            self._send()
        else:
            self._transport.close()
            self.done.set_result(None)


async def drive(port: int, sent: bytes, seconds: float) -> tuple[float, list[float]]:
    """Return requests a second and the answer times in seconds."""
    loop = asyncio.get_running_loop()
    answered: list[float] = []
    began = time.perf_counter()
    until = began + seconds
    clients = [
        (await loop.create_connection(lambda: Client(sent, until, answered), "127.0.0.1", port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.wait_for(asyncio.gather(*(client.done for client in clients)), seconds + 20)
    return len(answered) / (time.perf_counter() - began), answered


def measure(command: list[str], sent: bytes, seconds: float) -> tuple[float, float]:
    """Start a server, drive it, stop it; return events a second and the 99th percentile of the answer times in ms."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            uvloop.run(drive(port, sent, 0.5))
            rate, answered = uvloop.run(drive(port, sent, seconds))
        finally:
            process.terminate()
            process.wait(timeout=20)
    return rate * EVENTS, statistics.quantiles(answered, n=100)[98] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    sent = request(body())
    results: dict[str, list[tuple[float, float]]] = {"door": [], "bare": []}
    for number in range(options.rounds):
        for name, measured in results.items():
            with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as folder:
                log = str(Path(folder) / f"log-{number}")
                door = [sys.executable, "-m", "fieldfare.testing.door", log, json.dumps({KEY: "app"})]
                bare = [sys.executable, "-m", "bench.bare_server", log]
                measured.append(measure(door if name == "door" else bare, sent, options.seconds))
    door_rate, bare_rate = (max(rate for rate, _ in results[name]) for name in ("door", "bare"))
    p99 = min(ms for _, ms in results["door"])
    print(f"{'server':<8}{'events/s':>12}{'p99 ms':>10}")
    for name, rounds in results.items():
        for rate, ms in rounds:
            print(f"{name:<8}{rate:>12,.0f}{ms:>10.1f}")
    verdict = "met" if door_rate >= LIMIT else "MISSED"
    print(f"door / bare = {door_rate / bare_rate:.2f}; limit {LIMIT:,} events/s: {verdict}")
    told = {"bench": "accept", "events_per_s": round(door_rate), "bare_events_per_s": round(bare_rate)}
    print(json.dumps({**told, "ratio": round(door_rate / bare_rate, 3), "p99_ms": round(p99, 1), "limit": LIMIT}))


if __name__ == "__main__":
    main()
