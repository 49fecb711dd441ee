"""Official SDKs, unmodified and in their own runtimes, deliver every event exactly once, in good weather and in bad.

Bad weather: every third request is refused, by turns with 429 and 503, and the door is killed while calls are made and
comes back on the same port. A batch may then come twice, for its answer was lost; each event still counts once, because
its message id is the same.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from fieldfare.collect.model import DeadLetter, Event
from tests.web.door_process import COLON_KEY, KEY, RunningDoor, need, running_door

ROOT = Path(__file__).resolve().parents[2]
SDK = ROOT / "tests" / "sdk"
PEER = ROOT / ".venv-peers" / "bin" / "python"
CHROMIUM = Path("/usr/bin/chromium")
COUNT = 230
FEW = {"@segment/analytics-next": 6}
"""Calls in bad weather, 60 otherwise: SDKs wait a second or more when refused, this one for each of its calls."""
ALL_KINDS = {"identify": 1, "page": 1, "screen": 1, "group": 1, "alias": 1}
NPM = "run `npm ci` in tests/sdk"
PEERS = "run `make .venv-peers/.made`"
MODULES = SDK / "node_modules"


class Sdk(msgspec.Struct, frozen=True):
    """One SDK: its program, what that needs, and which kinds of call it has beside ``track``."""

    command: tuple[str, ...]
    needs: tuple[tuple[Path, str], ...]
    count: int = COUNT
    kinds: dict[str, int] = msgspec.field(default_factory=lambda: dict(ALL_KINDS))
    more: tuple[str, ...] = ()
    retries: bool = True
    key: str = KEY


def _node(program: str, package: str, count: int = COUNT) -> Sdk:
    return Sdk(("node", str(SDK / program)), ((MODULES / package, NPM),), count)


def _python(program: str) -> Sdk:
    return Sdk((str(PEER), str(SDK / program)), ((PEER, PEERS),))


def _browser(strategy: str) -> Sdk:
    needs = (
        (MODULES / "@segment/analytics-next", NPM),
        (MODULES / "playwright-core", NPM),
        (CHROMIUM, "apt-get install --no-install-recommends chromium"),
    )
    return Sdk(("node", str(SDK / "browser.mjs")), needs, 12, ALL_KINDS, (strategy, str(CHROMIUM)))


SDKS = {
    "segment-analytics-python": _python("python_sdk.py"),
    "rudder-sdk-python": _python("rudder_python.py"),
    "@segment/analytics-node": _node("node_sdk.mjs", "@segment/analytics-node"),
    "@rudderstack/rudder-sdk-node": _node("rudder_node.mjs", "@rudderstack/rudder-sdk-node"),
    "@jitsu/js": msgspec.structs.replace(
        _node("jitsu.mjs", "@jitsu/js", 40), kinds={"identify": 1, "page": 1, "group": 1}, retries=False, key=COLON_KEY
    ),
    "@segment/analytics-next": _browser("standard"),
    "@segment/analytics-next, batching": _browser("batching"),
}
RETRYING = [name for name, sdk in SDKS.items() if sdk.retries]


class Program:
    """An SDK's program that runs: it says where it is, and goes on when told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def go_on(self, how: str = "") -> None:
        """Let it go on after ``half``."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{how}\n")
        self._process.stdin.flush()

    def until(self, wanted: str) -> str:
        """Return its next line that begins so; what comes before is for people."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(wanted):
                return line
        pytest.fail(f"the program ended without `{wanted}`: {self._process.wait()}")


@contextmanager
def program(sdk: Sdk, door: RunningDoor) -> Iterator[Program]:
    """Run an SDK's program against the door; end it at last."""
    for path, how in sdk.needs:
        need(path, how)
    command = [*sdk.command, door.url, sdk.key, str(sdk.count), *sdk.more]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=SDK) as process:
        try:
            yield Program(process)
        finally:
            if process.poll() is None:
                process.kill()


def delivered(
    sdk: Sdk, door: RunningDoor, in_the_middle: Callable[[Program], None] = Program.go_on, at_last: str = "leave"
) -> list[str]:
    """Run an SDK's program to its end; return the ids that it sent. A browser's page is left ``at_last``."""
    with program(sdk, door) as running:
        running.until("half")
        in_the_middle(running)
        if sdk.more:  # a browser: its page is left only when everything else has arrived
            running.until("sent")
            running.until("half")
            until_quiet(door)
            running.go_on(at_last)
        told = json.loads(running.until("{"))
        if sdk.more:
            wait_for(lambda: set(told["ids"]) <= set(door.message_ids()), "all that was sent arrives")
    assert told["failures"] == []
    ids: list[str] = told["ids"]
    return ids


def wait_for(holds: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait until something holds."""
    from tests.crash.running import until

    until(holds, seconds, what)


def until_quiet(door: RunningDoor) -> None:
    """Wait until all kinds of call are in the log, the last of which is sent last."""
    wait_for(lambda: any(isinstance(item, Event) and item.type == "alias" for item in door.items()), "the last call")


def exactly_once(sent: list[str], found: Counter[str]) -> bool:
    """Return whether what was found is each sent id once and nothing else."""
    return found == Counter(sent) and len(set(sent)) == len(sent)


def counted_once(events: list[Event]) -> Counter[str]:
    """Return the ids that count: of a repeated delivery, the first. A repetition is the same event."""
    first: dict[str, Event] = {}
    for event in events:
        known = first.setdefault(event.message_id, event)
        assert (known.type, known.name, known.payload, known.user_id) == (
            event.type,
            event.name,
            event.payload,
            event.user_id,
        )
    return Counter(dict.fromkeys(first, 1))


@pytest.mark.parametrize("name", sorted(SDKS))
def test_an_unmodified_sdk_delivers_every_event_once(name: str, tmp_path: Path) -> None:
    sdk = SDKS[name]
    with running_door(tmp_path) as door:
        sent = delivered(sdk, door)
        assert exactly_once(sent, door.message_ids())
        items = door.items()
    assert not [item for item in items if isinstance(item, DeadLetter)]
    events = [item for item in items if isinstance(item, Event)]
    leaving = 2 if sdk.more else 0
    assert Counter(event.type for event in events) == {"track": sdk.count + leaving, **sdk.kinds}
    assert all(event.occurred_at <= event.received_at for event in events)
    assert {event.source for event in events} == {"app"}


def in_bad_weather(sdk: Sdk, folder: Path) -> bool:
    """Run an SDK against a door that refuses now and then, and is killed in the middle; nothing may be lost.

    Return whether it was refused: one that gathers its calls may have sent too few requests.
    """
    numbers: list[str] = []
    folder.mkdir()
    with running_door(folder, refuse_every=3) as door:

        def crash(running: Program) -> None:
            numbers.append(httpx.get(f"{door.url}/metrics").text)
            door.end(kill=True)
            running.go_on()  # calls are made while nobody listens
            door.start()

        sent = delivered(sdk, door, crash, at_last="stay")
        events = [item for item in door.items() if isinstance(item, Event)]
        numbers.append(httpx.get(f"{door.url}/metrics").text)
    assert exactly_once(sent, counted_once(events))
    return any(f'requests_total{{status="{status}"}}' in text for status in (429, 503) for text in numbers)


@pytest.mark.slow
def test_sdks_that_retry_lose_nothing_in_bad_weather(tmp_path: Path) -> None:
    """All at once, each with a door of its own: they spend their time waiting."""
    for name in RETRYING:
        for path, how in SDKS[name].needs:
            need(path, how)
    with ThreadPoolExecutor(len(RETRYING)) as pool:
        runs = {
            name: pool.submit(
                in_bad_weather,
                msgspec.structs.replace(SDKS[name], count=min(SDKS[name].count, FEW.get(name, 60))),
                tmp_path / f"door-{number}",
            )
            for number, name in enumerate(RETRYING)
        }
    failed = {name: run.exception() for name, run in runs.items() if run.exception() is not None}
    assert not failed, failed
    assert sum(run.result() for run in runs.values()) >= len(RETRYING) - 1


@pytest.mark.parametrize("found", [["a"], ["a", "b", "b"], ["a", "b", "c"], ["a", "c"]])
def test_the_check_sees_a_lost_and_a_doubled_event(found: list[str]) -> None:
    assert not exactly_once(["a", "b"], Counter(found))
    assert exactly_once(["a", "b"], Counter(["b", "a"]))
