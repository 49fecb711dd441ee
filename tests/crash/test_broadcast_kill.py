"""kill -9 in the middle of a broadcast to a real SMTP server, again and again: nobody gets two, and nobody is lost.

Everybody who is permitted got one mail or is listed as unknown. A run of every day sends to fewer people and kills
three times; ``FIELDFARE_ROUNDS=full`` sends to 20,000 and kills thirty times.
"""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fieldfare.act.broadcasts.moves import run_id
from fieldfare.act.delivery.hand_over import WAVE
from fieldfare.act.delivery.store import attempt
from fieldfare.assembly.answering import open_message_answers
from fieldfare.assembly.stores import open_stores
from fieldfare.flow import broadcast_store
from fieldfare.ground.instants import DAY, MINUTE, SECOND
from tests.crash.broadcasting import serve
from tests.crash.running import until
from tests.scenarios.example_engine import take_journeys_from
from tests.scenarios.people import joins
from tests.scenarios.test_broadcasts import workspace_in
from tests.scenarios.whole import Whole

FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
PEOPLE, KILLS = (20_000, 30) if FULL else (150, 3)
PER_CALL = 200
PATIENCE_S = 600
"""How long to wait for what must come, on a machine that does other things too."""
SMTP_YAML = """channels:
  email: {{driver: smtp, host: 127.0.0.1, port: {port}, security: none, from_email: hello@redwing.example.com}}
  sms: {{driver: capture}}
  desk: {{driver: task, list: desk, due: 2 days}}
"""


class Server:
    """The SMTP server in its own process."""

    def __init__(self) -> None:
        self._wire, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        self.port = int(self._wire.recv())

    def took(self) -> dict[str, int]:
        """Return how often each address got a mail."""
        self._wire.send("count")
        found: dict[str, int] = self._wire.recv()
        return found

    def has_taken(self, count: int) -> bool:
        """Whether it got so many mails."""
        return sum(self.took().values()) >= count

    def close(self) -> None:
        self._wire.send("stop")
        self._process.join(10)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def prepared(folder: Path, port: int) -> tuple[Path, Path, int]:
    """Return workspace and data with a started broadcast, and how many recipients it has."""
    workspace, data = workspace_in(folder / "workspace"), folder / "data"
    (workspace / "policies.yaml").write_text("caps: []\n")
    take_journeys_from(workspace)
    (workspace / "channels.yaml").write_text(SMTP_YAML.format(port=port))
    whole = Whole(open_stores(data), clock_now() - DAY, workspace)
    now = whole.clock.now()
    calls = [call for number in range(PEOPLE) for _, call in joins(f"p-{number}", now)]
    for first in range(0, len(calls), PER_CALL):
        whole.send(calls[first : first + PER_CALL], now)
    whole.until_quiet(now + MINUTE)
    whole.clock.move_to(clock_now() - SECOND)
    broadcasts = open_message_answers(whole.installation, whole.lake).broadcasts
    told = broadcasts.start("spring", "ada", "spring is here")
    whole.close()
    return workspace, data, int(told["recipients"])


def clock_now() -> int:
    from fieldfare.ground.clock import SystemClock

    return SystemClock().now()


class Worker:
    """The worker, started again after each kill."""

    def __init__(self, workspace: Path, data: Path) -> None:
        self._ready, self._output = data.parent / "ready", data.parent / "worker.out"
        self._arguments = [str(workspace), str(data), str(self._ready)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "tests.crash.broadcasting", *self._arguments]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)

    def wait_ready(self) -> None:
        process = self._process
        assert process is not None
        until(
            lambda: (self._ready.exists() and self._ready.read_text() == str(process.pid)) or self._told(process),
            PATIENCE_S,
            "the worker ready",
        )

    def _told(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None, self._output.read_text(errors="replace")[-3_000:]
        return False

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Leave nothing running, however the test ended."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


def states(data: Path) -> tuple[dict[str, int], list[Any]]:
    stores = open_stores(data)
    try:
        with stores.state.read() as connection:
            found = broadcast_store.states_of(connection, run_id("spring", ""))
            return found, list(connection.execute(attempt.select()))
    finally:
        stores.close()


def killed_again_and_again(worker: Worker, server: Server, data: Path) -> None:
    """Kill the worker so many times while it sends, then let it come to the end."""
    dice, goal = random.Random(7), 0
    for kill in range(KILLS):
        worker.start()
        worker.wait_ready()
        goal = max(goal, sum(server.took().values())) + dice.randrange(1, max(2, PEOPLE // (KILLS + 2)))
        until(partial(server.has_taken, min(goal, PEOPLE - 1)), PATIENCE_S, f"mails before kill {kill}")
        worker.kill()
    worker.start()
    worker.wait_ready()

    def is_over() -> bool:
        found, _ = states(data)
        return not set(found) & {"listed", "due", "permitted", "held"}

    until(is_over, 2 * PATIENCE_S, "the end of the broadcast")


def test_killed_in_the_middle_nobody_gets_two_and_nobody_is_lost(server: Server, tmp_path: Path) -> None:
    workspace, data, recipients = prepared(tmp_path, server.port)
    assert recipients == PEOPLE
    with closing(Worker(workspace, data)) as worker:
        killed_again_and_again(worker, server, data)
    found, attempts = states(data)
    took = server.took()
    assert max(took.values()) == 1, "nobody gets two"
    assert sum(found.values()) == PEOPLE
    assert set(found) <= {"sent", "unknown"}, found
    missing = PEOPLE - len(took)
    assert missing <= found.get("unknown", 0), "everybody permitted got one, or is listed as unknown"
    assert found["sent"] <= len(took)
    assert found.get("unknown", 0) <= KILLS * WAVE, "only what was under way when it was killed"
    assert all(row.outcome != "handing_over" for row in attempts)
