"""The console's own tests, by Node, and its stories in a real browser against a server with everything in it."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import open_worker
from fieldfare.assembly.served import folder_files
from fieldfare.collect.connection import listen
from fieldfare.flow.generate.calls import track
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, HOUR, SECOND
from fieldfare.web.console_files import FOLDER
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, cancels, joins
from tests.scenarios.whole import opened

CONSOLE = Path(__file__).parents[2] / "console"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PEOPLE = 4
WALKER = "m-walker"
"""Who is on the first month's journey, five hours before the stories begin their day."""
DESK = 12
"""Who are a case for the desk: so many that the journey's holdout leaves some."""
PASS = "PASS "
"""How the stories ask for hours to pass."""
WITHIN_S = 600
"""Far more than it takes; a browser that hangs must not hang the tests."""


def need(there: object, what: str) -> None:
    """Skip with the reason; on the build machine, where all of it is installed, fail instead."""
    if not there:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


def run(*command: str, **environ: str) -> None:
    """Run a command of the console; what it said is told when it fails."""
    need(shutil.which(command[0]), f"{command[0]} is missing: install Node 20")
    need((CONSOLE / "node_modules").is_dir(), "the console's packages are missing: run `make console`")
    done = subprocess.run(
        command,
        cwd=CONSOLE,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-6_000:]}\n{done.stderr[-2_000:]}"


class Served(NamedTuple):
    """A console that is served: where, the installation's token, its clock, who walks a journey."""

    url: str
    token: str
    clock: SimulatedClock
    walker: int


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the console over a small installation."""
    need((FOLDER / "index.html").is_file(), "the console is not built: run `make console`")
    need(any(shutil.which(each) for each in BROWSERS), "there is no Chromium: install the package chromium")
    folder = tmp_path_factory.mktemp("console") / "data"
    with opened(folder, NOON, capture_all=False) as whole:
        calls = [call for number in range(PEOPLE) for call in joins(f"m-{number}", NOON + (number + 1) * HOUR)]
        calls += joins(WALKER, NOON + (PEOPLE + 1) * HOUR)
        calls.append((at := calls[-1][0] + SECOND, track("membership_activated", WALKER, "activated", at, {})))
        calls += [call for number in range(DESK) for call in cancels(f"m-desk-{number}", calls[-1][0])]
        whole.play(calls, NOON + DAY)
        take_first(whole.stores.state, folder_files(FITNESS), "the stories", whole.clock.now())
        worker = open_worker(whole.installation, whole.lake)
        app = open_api(whole.installation, whole.lake, worker)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        listener = listen("127.0.0.1", 0)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        worker.start()
        try:
            url, token = f"http://127.0.0.1:{listener.getsockname()[1]}", api_token(open_key_store(folder))
            yield Served(url, token, whole.clock, whole.profile_id(f"user_id:{WALKER}"))
        finally:
            server.should_exit = True
            thread.join()
            worker.stop()


@pytest.mark.slow
def test_the_consoles_own_tests_pass() -> None:
    run("npm", "test", "--silent")


@pytest.mark.slow
def test_the_stories_can_be_lived_in_a_browser(served: Served) -> None:
    """Whenever a story lets hours pass, the server's clock is moved."""
    told = {"URL": served.url, "TOKEN": served.token, "PROFILE": "1", "WALKER": f"{served.walker}", "TWO": "3,4"}
    environ = {**os.environ, **{f"FIELDFARE_{name}": value for name, value in told.items()}}
    with subprocess.Popen(
        ["node", "scripts/stories.mjs"],
        cwd=CONSOLE,
        env=environ,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as stories:
        watch = threading.Timer(WITHIN_S, stories.kill)
        watch.start()
        lines = []
        for line in stories.stdout or ():
            lines.append(line)
            if line.startswith(PASS):
                served.clock.move_to(served.clock.now() + int(line.removeprefix(PASS)) * HOUR)
                assert stories.stdin is not None
                stories.stdin.write("\n")
                stories.stdin.flush()
        watch.cancel()
    assert stories.returncode == 0, "".join(lines)[-8_000:]
