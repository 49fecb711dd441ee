"""The whole on two cores: real HTTP in, audiences and journeys evaluated; with the memory of both processes.

Starts ``fieldfare serve`` on a durable data folder, posts generated events in batches of 100 over two keep-alive
connections as fast as they are accepted, and waits until the last one is applied. The client shares the two cores.
``python -m bench.whole``.
"""

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from bench.serving import post, serving
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
START = parse_iso("2026-01-01T00:00:00+00:00")


def main() -> None:
    """Run and print the figures as JSON."""
    calls = [call for (_, call), _ in zip(fitness.generate(MEMBERS, START, DAYS, 7), range(EVENTS), strict=False)]
    bodies = [msgspec.json.encode({"batch": calls[first : first + BATCH]}) for first in range(0, len(calls), BATCH)]
    members = IMPORT // BATCH
    with tempfile.TemporaryDirectory() as folder, serving(Path("examples/fitness"), Path(folder)) as server:
        post(bodies[:members])
        server.wait(lambda status: _applied(status) >= members)
        began = perf_counter()
        post(bodies[members:])
        accepted = perf_counter() - began
        server.wait(lambda status: _applied(status) >= len(bodies))
        applied = perf_counter() - began
        count = (len(bodies) - members) * BATCH
        figures = {
            "events": count,
            "accepted_events_per_s": round(count / accepted),
            "applied_events_per_s": round(count / applied),
            "target_events_per_s": TARGET,
            "peak_mb": sum(server.memory().values()),
            "limit_mb": MEMORY_MB,
        }
    sys.stdout.write(json.dumps(figures) + "\n")


def _applied(status: dict[str, Any]) -> int:
    return sum(int(status["log"][name]["applied"]) for name in ("urgent", "normal"))


if __name__ == "__main__":
    main()
