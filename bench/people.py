"""The whole pipeline over a million people: check, dedupe, resolve, fold with 15 measures, seal, links, provenance.

A million profiles of a user id and an anonymous id each are made first. Then events come twice: *uniform*, where each
hits another profile, and in *sessions* of six of one person. The one audience that asks for the measures is found at
night, so none is evaluated here. One process, a durable SQLite state. Then rules of identity are planned over all of
them, and a profile of 10,000 events is split. ``python -m bench.people``; ``PEOPLE=100000`` for fewer.
"""

import json
import os
import random
import resource
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import msgspec
from sqlalchemy import delete

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, calm_collector, open_answers
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.identity_answers import ActRequest
from fieldfare.flow.identity_plan import IdentityPlan
from fieldfare.flow.intake import seal_envelope
from fieldfare.ground.instants import HOUR, SECOND, parse_iso, to_iso
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.profiles import store as profile_store

PEOPLE = int(os.environ.get("PEOPLE", "1000000"))
EVENTS = 200_000
SESSION = 6
BATCH = 100
START = parse_iso("2026-03-01T08:00:00+00:00")
ONE = 10_000
"""Events of the person who is split."""
_NAMES = ("app_opened", "check_in", "class_booked", "product_viewed", "order_completed")


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        write_workspace(workspace)
        stores = open_stores(Path(folder) / "data", {})
        installation = Installation(open_workspace(workspace), stores, capture_all=True)
        measures = len(installation.workspace.measures)
        calm_collector()
        append(stores, (event_of(person, 0, START) for person in range(PEOPLE)))
        made = timed(installation)
        sys.stderr.write(f"made {PEOPLE} people\n")
        with stores.state.write() as connection:  # as if the lake had got them, which follows within seconds
            connection.execute(delete(profile_store.profile_change))
        drawn = random.Random(1)
        people = drawn.sample(range(PEOPLE), min(EVENTS, PEOPLE))
        append(stores, (event_of(person, 1, START + HOUR) for person in people))
        uniform = timed(installation)
        met = drawn.sample(range(PEOPLE), min(EVENTS // SESSION, PEOPLE))
        sessions = [(person, number) for person in met for number in range(SESSION)]
        append(stores, (event_of(person, 2 + number, START + 2 * HOUR) for person, number in sessions))
        together = timed(installation)
        figures: dict[str, Any] = {
            "people": PEOPLE,
            "measures": measures,
            "made_per_s": round(PEOPLE / made[0]),
            "uniform_events_per_s": round(len(people) / uniform[0]),
            "uniform_cpu_us": round(uniform[1] / len(people) * 1e6, 1),
            "target_uniform_events_per_s": 8_000,
            "session_events_per_s": round(len(sessions) / together[0]),
            "session_cpu_us": round(together[1] / len(sessions) * 1e6, 1),
            "target_session_events_per_s": 18_000,
            "peak_mb": _peak_mb(),
            "limit_mb": 800,
        }
        began = perf_counter()
        plan = IdentityPlan(stores.state, installation.pipeline.identify.policy).run().plan
        figures |= {"plan_s": round(perf_counter() - began, 1), "limit_plan_s": 60, "plan_changes": len(plan.changes)}
        figures |= _split(stores, installation)
        stores.close()
    sys.stdout.write(json.dumps(figures) + "\n")


def _split(stores: Stores, installation: Installation) -> dict[str, Any]:
    """Give one person many events on two browsers, load the lake, and take one browser away."""
    calls = (event_of(PEOPLE, number, START + number * SECOND, browser=f"b-{number % 2}") for number in range(ONE))
    append(stores, calls)
    timed(installation)
    lake = stores.open_lake()
    installation.loader(lake).catch_up()
    answers = open_answers(installation, lake, alone=True).identity
    began = perf_counter()
    moves = ["anonymous_id:b-1"]
    answers.act(ActRequest(kind="split", a=f"user_id:u-{PEOPLE}", identifiers=moves, actor="bench", reason="bench"))
    took = perf_counter() - began
    lake.close()
    return {"split_events": ONE, "split_s": round(took, 2), "limit_split_s": 2}


def event_of(person: int, number: int, at: int, browser: str | None = None) -> dict[str, Any]:
    return {
        "type": "track",
        "event": _NAMES[number % len(_NAMES)],
        "userId": f"u-{person}",
        "anonymousId": browser or f"a-{person}",
        "messageId": f"e-{person}-{number}-{at}",
        "timestamp": to_iso(at + (person % 3_600) * SECOND),
        "properties": {"amount": (person + number) % 90, "channel": "app", "club": f"c-{person % 40}"},
        "context": {"library": {"name": "bench", "version": "1"}, "ip": "192.0.2.1", "locale": "de-DE"},
    }


def append(stores: Stores, calls: Iterable[dict[str, Any]]) -> None:
    waiting: list[dict[str, Any]] = []
    entries = []
    at = START + 4 * HOUR

    def close() -> None:
        body = msgspec.json.encode({"batch": waiting})
        envelope = Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=at, body=body)
        entries.append(seal_envelope(stores.keys, envelope))
        waiting.clear()

    for call in calls:
        waiting.append(call)
        if len(waiting) == BATCH:
            close()
        if len(entries) == BATCH:
            stores.log.append(NORMAL, entries)
            entries.clear()
    if waiting:
        close()
    if entries:
        stores.log.append(NORMAL, entries)


def timed(installation: Installation) -> tuple[float, float]:
    wall, cpu = perf_counter(), process_time()
    while installation.pipeline.apply(NORMAL):
        continue
    return perf_counter() - wall, process_time() - cpu


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def write_workspace(folder: Path) -> None:
    """Write a workspace with fifteen measures: three each of five kinds of event, for an audience."""
    (folder / "audiences").mkdir(parents=True)
    text = "name: bench\ntime_zone: Europe/Berlin\ncurrency: EUR\nbrand: {name: Bench}\n"
    text += "sources:\n  - {name: app, write_key: '${FIELDFARE_WRITE_KEY}', system: app}\n"
    (folder / "workspace.yaml").write_text(text)
    asked = (
        "count: {at_least: 3}, within: 90 days",
        "sum: {of: amount, above: 100}, within: 30 days",
        "where: {channel: web}, within: 90 days",
    )
    parts = "".join(f"    - {{did: {name}, {what}}}\n" for name in _NAMES for what in asked)
    head = "audience: busy\nowner: bench\nrefresh: nightly\n"
    (folder / "audiences" / "busy.yaml").write_text(f"{head}where:\n  any:\n{parts}")


if __name__ == "__main__":
    main()
