"""Journeys over the durable state: steps a second, and how soon timers fire that are all due at one instant.

People are known and enter ten journeys by one event; every walk takes a branch, sets off a proposal and waits. Then all
walks are due in the same second, are run by the wake-ups, and each takes four steps more and ends. ``python -m
bench.journeys [PEOPLE]``; ten thousand people are a hundred thousand timers.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from fieldfare.assembly.installation import Installation, calm_collector
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.workspace import read_workspace
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, SECOND, Instant, parse_iso, to_iso
from fieldfare.ground.log.ports import NORMAL

PEOPLE = 10_000
JOURNEYS = 10
BATCH = 100
TARGET_STEPS = 8_000
LIMIT_S = 15
START = parse_iso("2026-03-02T09:00:00+00:00")
FIRST, LATER = 3, 4
"""Steps that a walk takes before its wait, the wait among them, and after it."""
JOURNEY = """journey: bench-{number}
owner: bench
entry: {{event: check_in, reentry: always}}
purpose: transactional
steps:
  - branch:
      when: {{trait: membership_status, is: active}}
      then:
        - send: {{channel: email, template: payment_failed}}
  - wait: 1 day
  - branch:
      when: {{did: check_in, count: {{above: 100}}}}
      then:
        - exit: often
  - split: [{{way: a}}, {{way: b}}]
  - send: {{channel: email, template: payment_last_call}}
  - exit: over
"""


def main() -> None:
    """Run and print the figures as JSON."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held) / "workspace"
        shutil.copytree("examples/fitness", folder)
        for held_by_journeys in ("journeys", "experiments"):
            shutil.rmtree(folder / held_by_journeys, ignore_errors=True)
        (folder / "journeys").mkdir()
        for number in range(JOURNEYS):
            (folder / "journeys" / f"bench-{number}.yaml").write_text(JOURNEY.format(number=number))
        stores = open_stores(Path(held) / "data", {})
        installation = Installation(read_workspace(folder), stores, SimulatedClock(START), capture_all=True)
        calm_collector()
        _send(stores, [_identify(number) for number in range(people)])
        _apply(installation)
        _send(stores, [_visit(number) for number in range(people)])
        entered = _apply(installation)
        walks = people * JOURNEYS
        fired, early, left = _fire(installation, stores)
    figures = {
        "people": people,
        "walks": walks,
        "entered_steps_per_s": round(walks * FIRST / entered),
        "fired_steps_per_s": round(walks * LATER / fired),
        "target_steps_per_s": TARGET_STEPS,
        "timers_fired_in_s": round(fired, 1),
        "limit_s": LIMIT_S,
        "fired_early": early,
        "not_fired": left,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _fire(installation: Installation, stores: Stores) -> tuple[float, int, int]:
    """Return how long the timers took that are due in one second, how many ran early, and how many did not run."""
    due = START + DAY
    while installation.pipeline.wake(due - SECOND):
        pass
    with stores.state.read() as connection:
        early = sum(
            count for (_, status), count in journey_store.count_enrollments(connection).items() if status != "waiting"
        )
    began = perf_counter()
    while installation.pipeline.wake(due + SECOND):
        pass
    took = perf_counter() - began
    with stores.state.read() as connection:
        left = sum(
            count for (_, status), count in journey_store.count_enrollments(connection).items() if status == "waiting"
        )
    return took, early, left


def _apply(installation: Installation) -> float:
    began = perf_counter()
    while installation.pipeline.apply(NORMAL):
        pass
    return perf_counter() - began


def _send(stores: Stores, calls: list[dict[str, Any]]) -> None:
    for first in range(0, len(calls), BATCH):
        body = msgspec.json.encode({"batch": calls[first : first + BATCH]})
        envelope = Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=START, body=body)
        stores.log.append(NORMAL, [seal_envelope(stores.keys, envelope)])


def _identify(number: int) -> dict[str, Any]:
    traits = {"email": f"p{number}@example.com", "membership_status": "active"}
    return {"type": "identify", **_who(number, "i", START), "traits": traits}


def _visit(number: int) -> dict[str, Any]:
    return {"type": "track", "event": "check_in", **_who(number, "v", START), "properties": {}}


def _who(number: int, kind: str, at: Instant) -> dict[str, Any]:
    return {"userId": f"u{number}", "messageId": f"{kind}{number}", "timestamp": to_iso(at)}


if __name__ == "__main__":
    main()
