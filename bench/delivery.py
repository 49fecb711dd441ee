"""Judged, rendered and handed over to the capture channel, durably; and what a large broadcast takes of memory.

People of ``examples/fitness`` are written as the pipeline writes them. A broadcast to all of them is started in a fresh
process; feed, gate, rendering and hand-over run as the worker's loops do, durably. It is done twice: once everybody
consents, so each proposal is judged, rendered and handed over; once half of them do, and every second one is refused,
rendered and written down all the same. ``cpu`` is the share of one core that was used: on a busy machine look at
figures by processor second. ``python -m bench.delivery [--people 20000] [--consent 1 0.5]`` prints a table and, as its
last line, JSON.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from fieldfare.act.broadcasts.model import Standing
from fieldfare.assembly.answering import open_message_answers
from fieldfare.assembly.delivering import open_feed
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, calm_collector
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow import broadcast_store
from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, identify, track
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.flow.work import DOCUMENT, decode_document, encode_document, open_personal
from fieldfare.flow.worker import DELIVER_PAUSE_S, DELIVERIES
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.log.ports import NORMAL
from fieldfare.ground.store import insert_ignore
from fieldfare.know.audiences.store import membership_change
from fieldfare.know.profiles import store as profile_store
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.keys.model import profile_owner, sealed_as

TARGET, MEMORY_MB = 3_000, 600
ENVIRON = {"FIELDFARE_WRITE_KEY": "key-of-app"}
PAGE = 5_000
AUDIENCE = "audience: everybody\nowner: clubs\nwhere: {trait: membership_status, is: active}\n"
TEMPLATE = (
    "template: spring\nchannel: email\npurpose: marketing\nsubject: Spring\ntext: Hello {{ profile.first_name }}\n"
)
BROADCAST = "broadcast: spring\naudience: everybody\nchannel: email\ntemplate: spring\npurpose: marketing\n"


def workspace_in(folder: Path) -> Path:
    """Return a workspace with a broadcast and no journeys."""
    shutil.copytree("examples/fitness", folder)
    for name in ("journeys", "experiments"):
        shutil.rmtree(folder / name)
    (folder / "audiences" / "everybody.yaml").write_text(AUDIENCE)
    (folder / "templates" / "spring.yaml").write_text(TEMPLATE)
    (folder / "broadcasts").mkdir()
    (folder / "broadcasts" / "spring.yaml").write_text(BROADCAST)
    (folder / "policies.yaml").write_text("caps: []\n")
    return folder


def people(installation: Installation, count: int, share: float) -> None:
    """Make people as the pipeline does, by writing what it wrote for the first one; a share of them consents."""
    stores, at = installation.stores, installation.clock.now() - MINUTE
    traits = {"email": "first@example.com", "first_name": "Kim", "membership_status": "active"}
    calls = [identify("first", "i", at, traits), track(CONSENT_EVENT, "first", "c", at, consent("email", "grant", "f"))]
    body = json.dumps({"batch": calls}).encode()
    envelope = Envelope(mode=Mode.BACKFILL, source="app", kind="batch", received_at=at, body=body)
    stores.log.append(NORMAL, [seal_envelope(stores.keys, envelope)])
    drain_urgent(installation.pipeline)
    while installation.pipeline.apply(NORMAL):
        pass
    with stores.state.read() as connection:
        (first,) = profile_store.load_after(connection, 0, 2)
        ((_, written, _),) = profile_store.load(connection, [first])
        (record,) = consent_store.load_records(connection, [first])
        change = dict(connection.execute(membership_change.select()).mappings().one())
    personal = open_personal(stores.keys, first, decode_document(first, written))
    for start in range(1, count, PAGE):
        ids = {number: first + number for number in range(start, min(start + PAGE, count))}
        sealers = stores.keys.make([profile_owner(each) for each in ids.values()])
        documents, records, joined = [], [], []
        for number, each in ids.items():
            address, owner = f"p{number}@example.com", profile_owner(each)
            hashed = stores.keys.lookup_hash("email", address)
            own = personal | {"email": msgspec.structs.replace(personal["email"], value=address)}
            document = decode_document(each, written)
            document.sealed = sealers[owner].seal(msgspec.msgpack.encode(own), sealed_as(owner, DOCUMENT))
            document.identifiers = {"email": [hashed]}
            documents.append({"profile_id": each, "body": encode_document(document)})
            joined.append({**change, "seq": change["seq"] + number, "profile_id": each})
            if number % 100 < share * 100:
                told = msgspec.structs.replace(record, id=f"con-{number}", profile_id=each, address_hash=hashed)
                records.append(told)
        with stores.state.write(replayable=True) as connection:
            profile_store.save(connection, documents)
            consent_store.insert_records(connection, records)
            insert_ignore(connection, membership_change, joined)


def prepare(folder: Path, count: int, share: float, channels: str | None) -> None:
    """Make workspace and data, in a process of its own, whose memory is not that of the broadcast."""
    calm_collector()
    workspace = workspace_in(folder / "workspace")
    if channels is not None:
        (workspace / "channels.yaml").write_text(channels)
    stores = open_stores(folder / "data")
    installation = Installation(open_workspace(workspace, ENVIRON), stores)
    lake = stores.open_lake(threads=1)
    installation.loader(lake)
    people(installation, count, share)
    lake.close()
    stores.close()


def memory_mb() -> int:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class Told(msgspec.Struct, kw_only=True):
    """What a broadcast came to, and what it took."""

    states: dict[str, int]
    wall_s: float
    cpu_s: float
    memory_before_mb: int
    peak_mb: int

    def figures(self) -> dict[str, int | str]:
        """Return what is told of it."""
        sent, judged = self.states["sent"], sum(self.states.values())
        return {
            "proposals": judged,
            "handed over": sent,
            "seconds": round(self.wall_s),
            "messages per s": round(sent / self.wall_s),
            "judged per s": round(judged / self.wall_s),
            "messages per cpu s": round(sent / self.cpu_s),
            "judged per cpu s": round(judged / self.cpu_s),
            "cpu": f"{self.cpu_s / self.wall_s:.0%}",
            "peak mb": self.peak_mb,
            "peak before mb": self.memory_before_mb,
        }


def deliver(folder: Path, count: int, share: float, channels: str | None = None) -> Told:
    """Start a broadcast to so many people, and feed and deliver it as the worker does, channels in their lanes."""
    maker = multiprocessing.get_context("spawn").Process(target=prepare, args=(folder, count, share, channels))
    maker.start()
    maker.join()
    calm_collector()
    stores = open_stores(folder / "data")
    installation = Installation(open_workspace(folder / "workspace", ENVIRON), stores)
    lake = stores.open_lake(threads=1)
    before = memory_mb()
    broadcasts = open_message_answers(installation, lake).broadcasts
    broadcasts.start("spring", "bench", "to measure")
    feed, delivery, clock = open_feed(installation), installation.delivery, SystemClock()
    lanes = delivery.open_lanes()
    began, used, is_over = time.perf_counter(), time.process_time(), False
    while not is_over:
        fed = feed.run()
        report = delivery.run_due(clock.now(), DELIVERIES)
        if not fed and not report.due:
            lanes.wait(DELIVER_PAUSE_S)
            with stores.state.read() as connection:
                is_over = not broadcast_store.all_runs(connection, Standing.RUNNING)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    states = broadcasts.show("spring")["states"]
    lanes.close()
    lake.close()
    stores.close()
    assert sum(states.values()) == count, states
    assert set(states) <= {"sent", "refused"}, states
    return Told(states=states, wall_s=wall, cpu_s=cpu, memory_before_mb=before, peak_mb=memory_mb())


def measured(count: int, share: float) -> Told:
    """Deliver in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return deliver(Path(folder), count, share)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--consent", type=float, nargs="+", default=[1.0, 0.5], help="shares of the people who consent")
    asked = parser.parse_args()
    figures: dict[str, int | str] = {"target per s": TARGET, "limit mb": MEMORY_MB}
    for share in asked.consent:
        # the most memory that a process ever had is told, so each has a process of its own, which makes another one
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
            told = alone.submit(measured, asked.people, share).result()
        figures |= {f"{share:.0%} consent, {name}": value for name, value in told.figures().items()}
    for name, value in figures.items():
        print(f"{name:<36} {value}")
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
