"""What staying exact costs: a day's passing, a phase that turns for everybody, and audiences beside the pipeline.

*Day*: people whose last visit lies so that of a given share the time alone changes a membership at the next midnight;
then the wake-ups of that day run. With one, two and four people in a hundred, of a million and of two: the time should
follow those who change. *Flip*: a phase begins in which everybody joins; wake-ups run as the worker's loop runs them,
while live events and consent come in, whose waiting is measured. *Beside*: the pipeline's throughput with 20 audiences
of 30 conditions and without any. ``PEOPLE=100000`` for fewer.
"""

import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from bench import people as bench_people
from bench.evaluate import CONDITIONS
from fieldfare.assembly.definitions import compile_definitions
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, calm_collector
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.work import Work
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, parse_iso, to_iso
from fieldfare.ground.log.ports import NORMAL, URGENT
from fieldfare.know.audiences.evaluate import next_wake
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document, MeasureState

PEOPLE = int(os.environ.get("PEOPLE", "1000000"))
NOW = parse_iso("2026-03-02T12:00:00+00:00")
TODAY = NOW // DAY
PAGE = 5_000
EVENTS_PER_S = 200
BESIDE = 200_000
"""People of the comparison with and without audiences."""
_SETTINGS = "name: bench\ntime_zone: UTC\ncurrency: EUR\nbrand: {name: Bench}\nsources:\n"
_SETTINGS += "  - {name: app, write_key: '${FIELDFARE_WRITE_KEY}', system: app}\n"
_RENAMED = {"class_attended": "product_viewed", '"total"': '"amount"', '"kind"': '"channel"', '"location"': '"club"'}
"""From the names of :mod:`bench.evaluate` to those of :mod:`bench.people`."""
LAPSED = "{all: [{did: check_in, within: 365 days}, {did_not: check_in, within: 30 days}]}"
PEAK = "{all: [{in_phase: peak}, {did: check_in, within: 365 days}]}"


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    calm_collector()
    figures: dict[str, Any] = {"people": PEOPLE}
    for people, percent in ((PEOPLE, 1), (PEOPLE, 2), (PEOPLE, 4), (2 * PEOPLE, 1)):
        took, woken = _in_workspace({"lapsed": LAPSED}, partial(_day, people=people, percent=percent))
        name = f"day_of_{people // 1000}k_{percent}_percent"
        figures |= {f"{name}_s": round(took, 2), f"{name}_changed": woken}
    figures |= {"limit_day_s": 3} | _in_workspace({"at-peak": PEAK}, _flip)
    alone, beside = _beside({}), _beside(_twenty())
    figures |= {
        "events_per_s_without_audiences": alone,
        "events_per_s_with_20_audiences": beside,
        "lower_by_percent": round(100 * (1 - beside / alone), 1),
        "limit_lower_by_percent": 40,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _in_workspace(audiences: dict[str, str], run: Callable[[Installation], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        _write(workspace, audiences)
        stores = open_stores(Path(folder) / "data", {})
        try:
            return run(Installation(open_workspace(workspace), stores, capture_all=True))
        finally:
            stores.close()


def _write(folder: Path, audiences: dict[str, str]) -> None:
    (folder / "audiences").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(_SETTINGS)
    (folder / "seasons.yaml").write_text('seasons:\n  - {season: spring, peak: {from: "03-03", to: "04-01"}}\n')
    (folder / "consent.yaml").write_text("purposes:\n  marketing: {description: News}\n")
    for name, where in audiences.items():
        (folder / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nowner: bench\nwhere: {where}\n")


def _day(installation: Installation, people: int, percent: int) -> tuple[float, int]:
    """Let a day pass; return how long the wake-ups took, and of how many people a membership changed."""
    _fill(installation, people, lambda each: TODAY - 30 if each % 100 < percent else TODAY - 40 - each % 200)
    before = installation.stores.state
    began = perf_counter()
    while installation.pipeline.wake(NOW + DAY):
        continue
    took = perf_counter() - began
    with before.read() as connection:
        (changed,) = connection.exec_driver_sql("SELECT count(*) FROM membership_change").one()
    return took, int(changed)


def _flip(installation: Installation) -> dict[str, Any]:
    """Let the peak begin for everybody, with events and consent coming in as in life."""
    stores, pipeline = installation.stores, installation.pipeline
    _fill(installation, PEOPLE, lambda each: TODAY - 40 - each % 200)
    waited: dict[int, list[float]] = {NORMAL: [], URGENT: []}
    now, sent, began = NOW + DAY, 0, perf_counter()
    while True:
        due = int((perf_counter() - began) * EVENTS_PER_S)
        arrived = [began + number / EVENTS_PER_S for number in range(sent, due)]
        urgent = [number for number in range(sent, due) if number % 20 == 0]
        _append(stores, NORMAL, [_live(number, now) for number in range(sent, due) if number % 20])
        _append(stores, URGENT, [_consent(number, now) for number in urgent])
        for partition in (URGENT, NORMAL):
            while pipeline.apply(partition):
                continue
            ended = perf_counter()
            mine = [
                at
                for number, at in zip(range(sent, due), arrived, strict=True)
                if (number % 20 == 0) == (partition == URGENT)
            ]
            waited[partition] += [ended - at for at in mine]
        sent = due
        if not pipeline.wake(now):
            break
    took = perf_counter() - began
    with stores.state.read() as connection:
        (joined,) = connection.exec_driver_sql("SELECT count(DISTINCT profile_id) FROM membership_change").one()
    return {
        "flip_s": round(took, 1),
        "limit_flip_s": 300,
        "flip_joined": int(joined),
        "flip_live_events": sent,
        "flip_live_p99_ms": _p99_ms(waited[NORMAL]),
        "flip_consent_p99_ms": _p99_ms(waited[URGENT]),
    }


def _p99_ms(waited: list[float]) -> float:
    return round(sorted(waited)[int(len(waited) * 0.99)] * 1e3, 1) if waited else 0.0


def _fill(installation: Installation, people: int, last_day: Callable[[int], int]) -> None:
    """Make people who visited once, each on a day of their own, with memberships and wake-ups of now."""
    stores, evaluator = installation.stores, compile_definitions(installation.workspace).evaluator
    (key,) = installation.workspace.measures
    edition = installation.standing.editions.number
    for first in range(1, people + 1, PAGE):
        works, wakes = [], {}
        for each in range(first, min(first + PAGE, people + 1)):
            day = last_day(each)
            at = day * DAY + 8 * HOUR
            document = Document(first_seen_at=at, last_seen_at=at, edition=edition)
            document.measures[key] = MeasureState(first_at=at, last_at=at, tiles=[day, 1, 0])
            evaluator.evaluate(document, NOW)
            works.append(Work(each, document, None))
            wakes[each] = next_wake(document)
        with stores.state.write() as connection:
            profile_store.save(connection, [work.encode({}) for work in works])
            profile_store.set_wakes(connection, wakes)


def _live(number: int, at: int) -> dict[str, Any]:
    call = {"type": "track", "event": "check_in", "userId": f"live-{number % 5_000}", "messageId": f"l-{number}"}
    return {**call, "timestamp": to_iso(at), "properties": {}}


def _consent(number: int, at: int) -> dict[str, Any]:
    told = {"purpose": "marketing", "channel": "email", "action": "withdraw"}
    call = {"type": "track", "event": "Consent Updated", "userId": f"live-{number % 5_000}", "messageId": f"c-{number}"}
    return {**call, "timestamp": to_iso(at), "properties": told}


def _append(stores: Stores, partition: int, calls: list[dict[str, Any]]) -> None:
    if calls:
        body = msgspec.json.encode({"batch": calls})
        envelope = Envelope(
            mode=Mode.LIVE, source="app", kind="batch", received_at=NOW + DAY - MINUTE + SECOND, body=body
        )
        stores.log.append(partition, [seal_envelope(stores.keys, envelope)])


def _twenty() -> dict[str, str]:
    """Return twenty audiences of thirty conditions on the events of :mod:`bench.people`."""
    told = {f"a{place}": msgspec.json.encode(_renamed(node)).decode() for place, node in enumerate(CONDITIONS)}
    extra = {"did": "class_booked", "within": "45 days"}
    for place in range(8):
        node = {"any": [_renamed(CONDITIONS[place]), {**extra, "within": f"{45 + place} days"}]}
        told[f"a{place}"] = msgspec.json.encode(node).decode()
    return told


def _renamed(node: Any) -> Any:
    text = msgspec.json.encode(node).decode()
    for old, new in _RENAMED.items():
        text = text.replace(old, new)
    return msgspec.json.decode(text)


def _beside(audiences: dict[str, str]) -> int:
    """Return how many events a second the pipeline applies for people who are there already."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        bench_people.write_workspace(workspace)
        (workspace / "traits.yaml").write_text("traits:\n  plan: {type: text}\n")
        for name, where in audiences.items():
            (workspace / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nowner: bench\nwhere: {where}\n")
        stores = open_stores(Path(folder) / "data", {})
        installation = Installation(open_workspace(workspace), stores, capture_all=True)
        people = min(PEOPLE, BESIDE)
        start = bench_people.START
        for number in range(2):
            bench_people.append(
                stores, (bench_people.event_of(person, number, start + number * HOUR) for person in range(people))
            )
            took, _ = bench_people.timed(installation)
        stores.close()
    return round(people / took)


if __name__ == "__main__":
    main()
