"""Very many waiting walks: they survive a restart and a new version of their journey, and fire together, none early.

Every day two thousand; ``FIELDFARE_ROUNDS=full`` lets a million wait. One walk is begun by its event; the others are
copies of it for other people, written through the rooms' own statements.
"""

import os
import shutil
import sys
from pathlib import Path
from time import perf_counter

import msgspec
from sqlalchemy import func, select

from fieldfare.assembly.installation import Installation
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow.editions import begin
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.workspace import read_workspace
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, SECOND, parse_iso, to_iso
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.profiles import store as profile_store
from tests.scenarios.example_engine import FITNESS

FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
WALKS = 1_000_000 if FULL else 2_000
PAGE = 5_000
START = parse_iso("2026-03-02T09:00:00Z")
DUE = START + 30 * DAY
JOURNEY = """journey: long-wait
owner: tests
entry: {{event: check_in}}
purpose: marketing
{move}
steps:
  - wait: 30 days
  - branch:
      when: {{did: check_in, count: {{above: 100}}}}
      then:
        - exit: often
  - exit: {end}
"""
MOVE = 'running: {steps: {"0": "0"}}'


def _open(folder: Path, move: str, end: str, at: int) -> Installation:
    """Start the installation again by the files as they are then."""
    workspace = folder / "workspace"
    if not workspace.exists():
        shutil.copytree(FITNESS, workspace)
        for held_by_journeys in ("journeys", "experiments"):
            shutil.rmtree(workspace / held_by_journeys)
        (workspace / "journeys").mkdir()
    (workspace / "journeys" / "long-wait.yaml").write_text(JOURNEY.format(move=move, end=end))
    stores = open_stores(folder / "data", {})
    installation = Installation(read_workspace(workspace), stores, SimulatedClock(at), capture_all=True)
    begin(stores.state, installation.standing, at)
    return installation


def _enter(installation: Installation) -> None:
    """Let one person enter by the event, and copy the walk for everybody else."""
    stores = installation.stores
    call = {"type": "track", "event": "check_in", "userId": "u1", "messageId": "v1", "timestamp": to_iso(START)}
    body = msgspec.json.encode({"batch": [{**call, "properties": {}}]})
    envelope = Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=START, body=body)
    stores.log.append(NORMAL, [seal_envelope(stores.keys, envelope)])
    assert installation.pipeline.apply(NORMAL) == 1
    with stores.state.write() as connection:
        ((_, document, wake_at),) = profile_store.load(connection, [1])
        (walk,) = journey_store.load_enrollments(connection, [1])
        assert walk.due_at == DUE
        for first in range(2, WALKS + 1, PAGE):
            people = range(first, min(first + PAGE, WALKS + 1))
            profile_store.save(connection, [{"profile_id": each, "body": document} for each in people])
            profile_store.set_wakes(connection, dict.fromkeys(people, wake_at))
            copies = [
                msgspec.structs.replace(walk, id=f"{walk.id}-{each}", profile_id=each, home_id=each) for each in people
            ]
            journey_store.upsert_enrollments(connection, copies)


def _standing(installation: Installation) -> dict[tuple[str, str], int]:
    with installation.stores.state.read() as connection:
        table = journey_store.enrollment.c
        wanted = select(table.version, table.status, func.count()).group_by(table.version, table.status)
        return {(version, status): count for version, status, count in connection.execute(wanted)}


def test_all_that_wait_survive_a_restart_and_a_new_version_and_fire_then(tmp_path: Path) -> None:
    first = _open(tmp_path, "", "over", START)
    old = first.workspace.journeys["long-wait"].version
    _enter(first)
    first.stores.close()

    second = _open(tmp_path, MOVE, "moved", START + DAY)
    new = second.workspace.journeys["long-wait"].version
    assert new != old
    assert _standing(second) == {(old, "waiting"): WALKS}
    while second.pipeline.wake(DUE - SECOND):
        pass
    waiting = _standing(second)
    assert sum(waiting.values()) == WALKS
    assert {status for _, status in waiting} == {"waiting"}, "nobody may go on before the time"
    second.stores.close()

    third = _open(tmp_path, MOVE, "moved", DUE)
    began = perf_counter()
    while third.pipeline.wake(DUE + SECOND):
        pass
    took = perf_counter() - began
    assert _standing(third) == {(new, "exited"): WALKS}
    with third.stores.state.read() as connection:
        some = journey_store.load_enrollments(connection, [1, 2, WALKS])
    assert {(each.end_reason, each.ended_at) for each in some} == {("moved", DUE)}
    third.stores.close()
    if FULL:
        sys.stdout.write(f"{WALKS:,} walks went on in {took:,.0f} s\n")
