"""Start the real door as a process, for the tests of this folder."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fieldfare.collect.model import DeadLetter, Event
from fieldfare.testing.door import read_log

KEY = "key-of-app"
KEYS = {KEY: "app", "key-of-till": "till"}


class RunningDoor(msgspec.Struct):
    """A door that runs: its address and its log."""

    url: str
    port: int
    log: Path

    def items(self) -> list[Event | DeadLetter]:
        """Return everything in the log, parsed."""
        return [item for _, _, items in read_log(self.log) for item in items]

    def message_ids(self) -> Counter[str]:
        """Return how often each message id is in the log."""
        return Counter(item.message_id for item in self.items() if isinstance(item, Event))


@contextmanager
def running_door(folder: Path) -> Iterator[RunningDoor]:
    """Run the door over a log in the folder."""
    log = folder / "log.sqlite"
    command = [sys.executable, "-m", "fieldfare.testing.door", str(log), json.dumps(KEYS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield RunningDoor(f"http://127.0.0.1:{port}", port, log)
        finally:
            process.terminate()
            process.wait(timeout=20)
