"""Collect to lake: real HTTP in, contracts, dedupe, the lake; no profiles are assembled. Nothing is left out but they.

Starts ``fieldfare serve`` on the fitness workspace with ``assemble_profiles: false``. First a stream: batches of 100 at
the rate of the target, for twenty seconds; the lake has to keep up, so what counts is when the last event is in it.
Then a burst: the same number as fast as they are accepted. The client shares the two cores. Consent is left out of the
events: what bears it is always applied whole. ``python -m bench.collect``.
"""

import json
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from bench.serving import post, serving
from fieldfare.flow.generate import fitness
from fieldfare.flow.generate.calls import CONSENT_EVENT
from fieldfare.ground.instants import parse_iso

MEMBERS = 15_000
DAYS = 130
EVENTS = 500_000
BATCH = 100
TARGET = 25_000
DOOR_MB, WHOLE_MB = 300, 700
START = parse_iso("2026-01-01T00:00:00+00:00")


def collecting(folder: Path) -> Path:
    """Return the fitness workspace, copied, that assembles no profiles."""
    shutil.copytree("examples/fitness", folder)
    collect = folder / "collect.yaml"
    said = collect.read_text() if collect.exists() else ""
    collect.write_text(said + "\nassemble_profiles: false\n")
    return folder


def in_lake(status: dict[str, Any], records: int) -> bool:
    """Return whether so many records were accepted and all of them are in the lake."""
    heads = {name: each["head"] for name, each in status["log"].items()}
    loaded = all(status["lake"][name]["loaded"] == head for name, head in heads.items())
    return loaded and sum(heads.values()) >= records


def main() -> None:
    """Run and print the figures as JSON."""
    made = (call for _, call in fitness.generate(MEMBERS, START, DAYS, 7) if call.get("event") != CONSENT_EVENT)
    calls = list(islice(made, 2 * EVENTS))
    bodies = [msgspec.json.encode({"batch": calls[first : first + BATCH]}) for first in range(0, len(calls), BATCH)]
    half = len(bodies) // 2
    with tempfile.TemporaryDirectory() as folder:
        workspace = collecting(Path(folder) / "workspace")
        with serving(workspace, Path(folder) / "data") as server:
            began = perf_counter()
            post(bodies[:half], per_s=TARGET / BATCH)
            posted = perf_counter()
            server.wait(lambda status: in_lake(status, half), pause_s=0.5)
            streamed = perf_counter()
            post(bodies[half:])
            accepted = perf_counter()
            server.wait(lambda status: in_lake(status, len(bodies)))
            burst = perf_counter()
            figures = {
                "stream_events": half * BATCH,
                "stream_posted_events_per_s": round(half * BATCH / (posted - began)),
                "stream_to_lake_events_per_s": round(half * BATCH / (streamed - began)),
                "target_events_per_s": TARGET,
                "last_event_in_lake_after_s": round(streamed - posted, 1),
                "burst_accepted_events_per_s": round(half * BATCH / (accepted - streamed)),
                "burst_to_lake_events_per_s": round(half * BATCH / (burst - streamed)),
                **server.memory(),
                "door_limit_mb": DOOR_MB,
                "whole_limit_mb": WHOLE_MB,
            }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
