"""Durable accept over HTTP: the real door beside a bare server, on the same cores in one run.

Batches of 100 as fast as they are answered, beside `bench/bare_server.py` (the two take turns, several rounds each, so
that a busy machine troubles both alike); the answer times at half of that rate, counted from when a request was due;
single events, as fast as they are answered. The client shares the cores.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import uvloop

from bench.serving import peak_mb

EVENTS = 100
CONNECTIONS = 12
KEY = "bench-key"
LIMIT, SINGLE_LIMIT = 100_000, 3_500
RATIO_LIMIT = 0.5
P99_LIMIT_MS = 50
DOOR_MB = 300


def events(count: int) -> list[dict[str, Any]]:
    """Return events of about 350 bytes, as a mobile app's server would send them."""
    return [
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
        for index in range(count)
    ]


def request(path: str, content: Any) -> bytes:
    """Return the bytes of a request."""
    body = msgspec.json.encode(content)
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-write-key: {KEY}\r\n"
        f"user-agent: analytics-python/2.4.0\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Client(asyncio.Protocol):
    """Sends the same request again until told to stop: when it is answered, or (``period_s``) when the next is due."""

    def __init__(self, sent: bytes, began: float, until: float, period_s: float, answered: list[float]) -> None:
        self._sent, self._until, self._period_s, self._answered = sent, until, period_s, answered
        self._due = began
        self._got = b""
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request when it is due."""
        self._transport = cast("asyncio.Transport", transport)
        self._later()

    def _later(self) -> None:
        wait = self._due - time.perf_counter()
        if wait > 0:
            self._loop.call_later(wait, self._transport.write, self._sent)
        else:
            self._transport.write(self._sent)

    def data_received(self, data: bytes) -> None:
        """Take an answer, which may come in pieces, and send again."""
        self._got += data
        if not self._got.endswith(b"}"):
            return
        assert self._got.startswith(b"HTTP/1.1 200"), self._got[:300]
        self._got = b""
        now = time.perf_counter()
        self._answered.append(now - self._due)
        self._due = self._due + self._period_s if self._period_s else now
        if now < self._until:
            self._later()
        else:
            self._transport.close()
            self.done.set_result(None)


async def drive(port: int, sent: bytes, seconds: float, per_s: float = 0) -> tuple[float, float]:
    """Return requests a second, and the 99th percentile of the answer times in ms; ``per_s`` paces the requests."""
    loop = asyncio.get_running_loop()
    answered: list[float] = []
    began = time.perf_counter()
    until, period_s = began + seconds, CONNECTIONS / per_s if per_s else 0
    clients: list[Client] = []
    for number in range(CONNECTIONS):
        client = Client(sent, began + number * period_s / CONNECTIONS, until, period_s, answered)
        await loop.create_connection(lambda made=client: made, "127.0.0.1", port)  # type: ignore[misc]
        clients.append(client)
    await asyncio.wait_for(asyncio.gather(*(client.done for client in clients)), seconds + 20)
    return len(answered) / (time.perf_counter() - began), statistics.quantiles(answered, n=100)[98] * 1000


@contextmanager
def served(name: str, log: Path) -> Iterator[tuple[int, int]]:
    """Start a server over a log, warm; give its port and process id, and stop it."""
    door = [sys.executable, "-m", "fieldfare.testing.door", str(log), json.dumps({KEY: "app"})]
    command = door if name == "door" else [sys.executable, "-m", "bench.bare_server", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            uvloop.run(drive(port, request("/v1/batch", {"batch": events(EVENTS)}), 0.5))
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    batch = request("/v1/batch", {"batch": events(EVENTS), "sentAt": "2026-01-15T17:42:10.001Z", "writeKey": KEY})
    single = request("/v1/track", events(1)[0])
    rates: dict[str, list[float]] = {"door": [], "bare": []}
    memory, singles = 0, 0.0
    with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as folder:
        for number in range(options.rounds):
            for name, measured in rates.items():
                with served(name, Path(folder) / f"{name}-{number}") as (port, _):
                    measured.append(uvloop.run(drive(port, batch, options.seconds))[0] * EVENTS)
                    print(f"{name:<8}{measured[-1]:>12,.0f} events/s")
        half = statistics.median(rates["door"]) / EVENTS / 2
        paced: dict[str, tuple[float, float]] = {}
        for name in rates:
            with served(name, Path(folder) / f"{name}-paced") as (port, pid):
                rounds = [uvloop.run(drive(port, batch, options.seconds, half)) for _ in range(options.rounds)]
                rate, p99 = (statistics.median(each[number] for each in rounds) for number in (0, 1))
                paced[name] = rate, p99
                if name == "door":
                    singles = max(uvloop.run(drive(port, single, options.seconds))[0] for _ in range(options.rounds))
                    memory = peak_mb(pid)
    door, bare = (statistics.median(rates[name]) for name in ("door", "bare"))
    figures = {
        "events_per_s": round(door),
        "limit_events_per_s": LIMIT,
        "bare_events_per_s": round(bare),
        "ratio": round(door / bare, 3),
        "limit_ratio": RATIO_LIMIT,
        "paced_events_per_s": round(paced["door"][0] * EVENTS),
        "p99_ms_at_half_of_peak": round(paced["door"][1], 1),
        "bare_p99_ms_at_that_pace": round(paced["bare"][1], 1),
        "limit_p99_ms": P99_LIMIT_MS,
        "single_posts_per_s": round(singles),
        "limit_single_posts_per_s": SINGLE_LIMIT,
        "door_peak_mb": memory,
        "limit_door_mb": DOOR_MB,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
