"""A replay beside a living worker: events keep coming, none is lost, none counts twice, and documents are exact."""

import threading
from pathlib import Path

import msgspec

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_replay_parts, open_worker
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.replay_job import ReplayJob, ReplayRequest
from fieldfare.flow.status import status_of
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.log.ports import NORMAL
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import trains
from tests.scenarios.whole import ENVIRON, Whole, a_rebuild_changes_nothing

USERS, BATCH, REPLAYS, MOST_REQUESTS = 40, 10, 3, 1_000


def test_a_living_worker_and_a_replay_do_not_disturb_each_other(tmp_path: Path) -> None:
    stores = open_stores(tmp_path / "data", {}, durable=False)
    installation = Installation(open_workspace(FITNESS, ENVIRON), stores, capture_all=True)
    lake, clock = stores.open_lake(threads=1), SystemClock()
    worker = open_worker(installation, lake)
    job = ReplayJob(open_replay_parts(installation, lake))
    wait = threading.Event()
    worker.start()
    try:
        done = number = 0
        while done < REPLAYS or job.told()["state"] == "running":
            assert number < MOST_REQUESTS, "the replays do not come to an end beside the worker"
            at = clock.now()
            calls = [
                trains(f"m-{(number * BATCH + each) % USERS}", at) | {"messageId": f"l-{number}-{each}"}
                for each in range(BATCH)
            ]
            body = b'{"batch":' + msgspec.json.encode(calls) + b"}"
            envelope = Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=at, body=body)
            stores.log.append(NORMAL, [seal_envelope(stores.keys, envelope)])
            number += 1
            if number > 10 and done < REPLAYS and job.told()["state"] != "running":
                job.start(ReplayRequest())
                done += 1
            wait.wait(0.02)
        for _ in range(1_000):
            status = status_of(stores.state, stores.log, lake, clock.now(), {})
            loaded = all(each["loaded"] == each["applied"] for each in status["lake"].values())
            if job.told()["state"] != "running" and loaded and status["log"]["normal"]["behind_records"] == 0:
                break
            wait.wait(0.02)
        assert job.told()["state"] == "done", job.told()
    finally:
        worker.stop()
    assert worker.failure is None
    counted = lake.query("SELECT count(*), count(DISTINCT event_id) FROM events WHERE name = 'check_in'", 1).rows
    assert counted == [(number * BATCH, number * BATCH)]
    lake.close()
    whole = Whole(stores, clock.now() + 2_000_000, FITNESS)
    try:
        whole.until_quiet(whole.clock.now())
        a_rebuild_changes_nothing(whole)
    finally:
        whole.close()
