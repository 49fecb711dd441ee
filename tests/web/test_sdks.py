"""Official SDKs, unmodified and in their own runtimes, deliver every event exactly once."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from fieldfare.collect.model import Event
from tests.web.door_process import KEY, RunningDoor, running_door

ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "tests" / "sdk"
PEER = ROOT / ".venv-peers" / "bin" / "python"
COUNT = 230
KINDS = {"track": COUNT, "identify": 1, "page": 1, "screen": 1, "group": 1, "alias": 1}


def need(path: Path, how: str) -> None:
    """Skip without the peer here, fail on CI."""
    if path.exists():
        return
    if os.environ.get("CI"):
        pytest.fail(f"{path.name} is missing: {how}")
    pytest.skip(f"{path.name} is missing: {how}")


def delivered(command: list[str], door: RunningDoor) -> list[str]:
    """Run an SDK's program against the door; return the ids that it sent."""
    done = subprocess.run(
        [*command, door.url, KEY, str(COUNT)], capture_output=True, text=True, timeout=120, check=True, cwd=SDK
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["failures"] == []
    ids: list[str] = told["ids"]
    return ids


def exactly_once(sent: list[str], found: Counter[str]) -> bool:
    """Return whether what was found is each sent id once and nothing else."""
    return found == Counter(sent) and len(set(sent)) == len(sent)


def commands() -> dict[str, tuple[list[str], Path, str]]:
    """Return the command of each SDK, what it needs, and how that is made."""
    python = ([str(PEER), str(SDK / "python_sdk.py")], PEER, "run `make .venv-peers/.made`")
    modules = SDK / "node_modules" / "@segment" / "analytics-node"
    node = (["node", str(SDK / "node_sdk.mjs")], modules, "run `npm ci` in tests/sdk")
    return {"segment-analytics-python": python, "@segment/analytics-node": node}


@pytest.mark.parametrize("sdk", sorted(commands()))
def test_an_unmodified_sdk_delivers_every_event_once(sdk: str, tmp_path: Path) -> None:
    command, needed, how = commands()[sdk]
    need(needed, how)
    with running_door(tmp_path) as door:
        sent = delivered(command, door)
        assert exactly_once(sent, door.message_ids())
        events = [item for item in door.items() if isinstance(item, Event)]
        assert Counter(event.type for event in events) == KINDS
        assert all(event.occurred_at <= event.received_at for event in events)


@pytest.mark.parametrize("found", [["a"], ["a", "b", "b"], ["a", "b", "c"], ["a", "c"]])
def test_the_check_sees_a_lost_and_a_doubled_event(found: list[str]) -> None:
    assert not exactly_once(["a", "b"], Counter(found))
    assert exactly_once(["a", "b"], Counter(["b", "a"]))
