"""Start the real door as a process, for the tests of this folder."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fieldfare.collect.model import DeadLetter, Event
from fieldfare.testing.door import read_log

KEY = "key-of-app"
COLON_KEY = "key-of-web:secret"
"""``@jitsu/js`` takes only keys of this form."""
KEYS = {KEY: "app", COLON_KEY: "app", "key-of-till": "till", "key-of-old": "old"}


def need(path: Path, how: str) -> None:
    """Skip without what a test needs here, fail on CI."""
    if path.exists():
        return
    if os.environ.get("CI"):
        pytest.fail(f"{path.name} is missing: {how}")
    pytest.skip(f"{path.name} is missing: {how}")


class RunningDoor:
    """A door that runs: its address and its log. It may be killed and started again on the same port."""

    def __init__(self, folder: Path, *, keys: dict[str, str] | None = None, **options: Any) -> None:
        self._keys = KEYS if keys is None else keys
        self.log = folder / "log.sqlite"
        self._options = {"disabled": ["old"], **options}
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it; return when it listens."""
        told = json.dumps({**self._options, "port": self.port})
        command = [sys.executable, "-m", "fieldfare.testing.door", str(self.log), json.dumps(self._keys), told]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def end(self, *, kill: bool = False) -> None:
        """End it: as an operator does, or as a crash does."""
        assert self._process is not None
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def most_memory_mb(self) -> float:
        """Return the most memory that the process ever had."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

    def items(self) -> list[Event | DeadLetter]:
        """Return everything in the log, parsed."""
        return [item for _, _, items in read_log(self.log) for item in items]

    def message_ids(self) -> Counter[str]:
        """Return how often each message id is in the log."""
        return Counter(item.message_id for item in self.items() if isinstance(item, Event))


@contextmanager
def running_door(folder: Path, **options: Any) -> Iterator[RunningDoor]:
    """Run the door over a log in the folder; the options are those of :class:`fieldfare.testing.door.Options`."""
    door = RunningDoor(folder, **options)
    door.start()
    try:
        yield door
    finally:
        door.end()
