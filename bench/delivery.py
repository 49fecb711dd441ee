"""Judged, rendered and handed over to the capture channel, durably; and what a large broadcast takes of memory.

People of ``examples/fitness`` are made by the pipeline, half of whom consent. A broadcast to all of them is planned and
started; feed, gate, rendering and hand-over run in one process as the worker's loop does, every transaction synced.
``cpu`` is the share of one core that was used: on a busy machine look at messages per processor second.
``python -m bench.delivery [--people 20000]`` prints a table and, as its last line, JSON.
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from fieldfare.act.delivery.model import DeliveryReport
from fieldfare.assembly.answering import open_message_answers
from fieldfare.assembly.delivering import open_feed
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, calm_collector
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, identify, track
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.worker import DELIVERIES, drain_urgent
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.log.ports import NORMAL

TARGET, MEMORY_MB = 3_000, 600
ENVIRON = {"FIELDFARE_WRITE_KEY": "key-of-app"}
PAGE = 500
AUDIENCE = "audience: everybody\nowner: clubs\nwhere: {trait: membership_status, is: active}\n"
TEMPLATE = (
    "template: spring\nchannel: email\npurpose: marketing\nsubject: Spring\ntext: Hello {{ profile.first_name }}\n"
)
BROADCAST = "broadcast: spring\naudience: everybody\nchannel: email\ntemplate: spring\npurpose: marketing\n"


def workspace_in(folder: Path) -> Path:
    """Return a workspace with a broadcast and no journeys."""
    shutil.copytree("examples/fitness", folder)
    shutil.rmtree(folder / "journeys")
    (folder / "audiences" / "everybody.yaml").write_text(AUDIENCE)
    (folder / "templates" / "spring.yaml").write_text(TEMPLATE)
    (folder / "broadcasts").mkdir()
    (folder / "broadcasts" / "spring.yaml").write_text(BROADCAST)
    (folder / "policies.yaml").write_text("caps: []\n")
    return folder


def people(installation: Installation, count: int) -> None:
    """Make people through the pipeline; every second one consents."""
    stores, at = installation.stores, installation.clock.now() - MINUTE
    for first in range(0, count, PAGE):
        calls = []
        for number in range(first, min(first + PAGE, count)):
            traits = {"email": f"p{number}@example.com", "first_name": "Kim", "membership_status": "active"}
            calls.append(identify(f"p-{number}", f"i-{number}", at, traits))
            if number % 2:
                calls.append(track(CONSENT_EVENT, f"p-{number}", f"c-{number}", at, consent("email", "grant", "form")))
        body = json.dumps({"batch": calls}).encode()
        envelope = Envelope(mode=Mode.BACKFILL, source="app", kind="batch", received_at=at, body=body)
        stores.log.append(NORMAL, [seal_envelope(stores.keys, envelope)])
        drain_urgent(installation.pipeline)
        while installation.pipeline.apply(NORMAL):
            pass


def memory_mb() -> int:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm_collector()
        stores = open_stores(Path(folder) / "data")
        installation = Installation(open_workspace(workspace_in(Path(folder) / "workspace"), ENVIRON), stores)
        lake = stores.open_lake(threads=1)
        installation.loader(lake)
        people(installation, asked.people)
        before = memory_mb()
        broadcasts = open_message_answers(installation, lake).broadcasts
        broadcasts.start("spring", "bench", "to measure")
        feed, total, clock = open_feed(installation), DeliveryReport(), SystemClock()
        began, used = time.perf_counter(), time.process_time()
        while True:
            fed = feed.run()
            report = installation.delivery.run_due(clock.now(), DELIVERIES)
            total.handed_over += report.handed_over
            total.refused += report.refused
            if not fed and not report.due:
                break
        wall, cpu = time.perf_counter() - began, time.process_time() - used
        shown = broadcasts.show("spring")
        lake.close()
        stores.close()
    judged = total.handed_over + total.refused
    assert judged == asked.people == sum(shown["states"].values()), (judged, shown["states"])
    figures = {
        "proposals": judged,
        "handed_over": total.handed_over,
        "messages_per_s": round(total.handed_over / wall),
        "judged_per_s": round(judged / wall),
        "judged_per_cpu_s": round(judged / cpu),
        "cpu": f"{cpu / wall:.0%}",
        "target_per_s": TARGET,
        "peak_mb": memory_mb(),
        "peak_before_mb": before,
        "limit_mb": MEMORY_MB,
    }
    for name, value in figures.items():
        print(f"{name:<18} {value}")
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
