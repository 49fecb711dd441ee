"""The console's own tests, by Node, and its stories in a real browser against a server with everything in it."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import open_worker
from fieldfare.assembly.served import folder_files
from fieldfare.collect.connection import listen
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.web.console_files import FOLDER
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import opened

CONSOLE = Path(__file__).parents[2] / "console"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PEOPLE = 4
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


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve the console over a small installation; return its address and the installation's token."""
    need((FOLDER / "index.html").is_file(), "the console is not built: run `make console`")
    need(any(shutil.which(each) for each in BROWSERS), "there is no Chromium: install the package chromium")
    folder = tmp_path_factory.mktemp("console") / "data"
    with opened(folder, NOON) as whole:
        calls = [call for number in range(PEOPLE) for call in joins(f"m-{number}", NOON + (number + 1) * HOUR)]
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
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", api_token(open_key_store(folder))
        finally:
            server.should_exit = True
            thread.join()
            worker.stop()


@pytest.mark.slow
def test_the_consoles_own_tests_pass() -> None:
    run("npm", "test", "--silent")


@pytest.mark.slow
def test_the_stories_can_be_lived_in_a_browser(served: tuple[str, str]) -> None:
    url, token = served
    run("node", "scripts/stories.mjs", FIELDFARE_URL=url, FIELDFARE_TOKEN=token, FIELDFARE_PROFILE="1")
