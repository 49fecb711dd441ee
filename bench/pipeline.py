"""Whole pipeline, collect to audience: how many events a second the worker applies, and how many the lake loader loads.

Sealed requests of 100 generated events each lie in the log; the pipeline applies them to a durable SQLite state: open,
parse, contract, dedupe, identity, fold, 13 audiences, 4 journeys. The first ones import the members, each with an
address and a consent, and are told apart from the days that follow. Then the loader brings all into DuckDB. One thread
each.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import msgspec

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, calm_collector
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.generate import fitness
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.store import watermark_of
from fieldfare.ground.instants import DAY, parse_iso
from fieldfare.ground.log.ports import NORMAL

MEMBERS = 5_000
DAYS = 60
EVENTS = 100_000
IMPORT = 20_000
"""Events at the beginning, most of which make a member known."""
BATCH = 100
START = parse_iso("2024-12-31T23:00:00+00:00")
TARGET = 6_000


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    with tempfile.TemporaryDirectory() as folder:
        stores = open_stores(Path(folder), {})
        installation = Installation(open_workspace(Path("examples/fitness")), stores, capture_all=True)
        bodies = fitness.generate(MEMBERS, START, DAYS, 7)
        calls = [call for call, _ in zip(bodies, range(EVENTS), strict=False)]
        for first in range(0, len(calls), BATCH):
            chunk = calls[first : first + BATCH]
            body = msgspec.json.encode({"batch": [call for _, call in chunk]})
            received_at = chunk[-1][0] + DAY // 24
            envelope = Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=received_at, body=body)
            stores.log.append(NORMAL, [seal_envelope(stores.keys, envelope)])
        calm_collector()
        members = _timed(lambda: _until(stores, installation, IMPORT // BATCH))
        applied = _timed(lambda: installation.pipeline.apply(NORMAL))
        lake = stores.open_lake()
        loader = installation.loader(lake)
        loaded = _timed(loader.run)
        lake.close()
        stores.close()
    figures = {
        "events": len(calls),
        "import_events_per_s": round(IMPORT / members[0]),
        "pipeline_events_per_s": round((len(calls) - IMPORT) / applied[0]),
        "pipeline_cpu_us_per_event": round(applied[1] / (len(calls) - IMPORT) * 1e6, 1),
        "lake_events_per_s": round(len(calls) / loaded[0]),
        "target_events_per_s": TARGET,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _until(stores: Stores, installation: Installation, records: int) -> int:
    with stores.state.read() as connection:
        at = watermark_of(connection, NORMAL)
    return installation.pipeline.apply(NORMAL) if at < records else 0


def _timed(step: Callable[[], int]) -> tuple[float, float]:
    wall, cpu = perf_counter(), process_time()
    while step():
        pass
    return perf_counter() - wall, process_time() - cpu


if __name__ == "__main__":
    main()
