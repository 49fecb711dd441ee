"""The disk fills under load: the door says 503 and keeps nothing by halves, the worker waits; both go on by themselves.

Door and worker are the real processes over a small disk of their own. Neither is started again, but in the second test,
where both are killed on the full disk.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.crash.forking import Forking
from tests.crash.killing import Pair
from tests.crash.promise import exactly_once, left_by
from tests.crash.running import Load, Receiver, post, until, workspace_with
from tests.small_disk import MIB, SmallDisk, small_disk

WAIT_S = 60


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """Return a disk of 96 MiB."""
    with small_disk(96 * MIB) as made:
        yield made


class Filling:
    """A pair on a small disk, loaded, which is filled."""

    def __init__(self, folder: Path, forking: Forking, disk: SmallDisk) -> None:
        self.receiver, self.disk = Receiver(), disk
        workspace = workspace_with(folder / "workspace", self.receiver.port)
        self.pair = Pair(forking, workspace, disk.folder / "data", None)
        self.pair.start()
        self.load = Load(self.pair.address, 3)
        self.wait_for_answers()

    def wait_for_answers(self) -> None:
        """Wait until a few hundred more events are answered 200."""
        before = len(self.load.answered)
        until(lambda: len(self.load.answered) > before + 400, WAIT_S, f"answers\n{self.pair.worker.told()}")

    def fill(self) -> None:
        """Fill the disk until the door refuses and the worker waits."""
        refusals: list[httpx.Response] = []

        def refused() -> bool:
            self.disk.fill()
            answer = post(self.pair.address, "probe")
            if answer.status_code != 200:
                refusals.append(answer)
            return bool(refusals)

        until(refused, WAIT_S, "the door refuses")
        (refusal,) = refusals
        assert (refusal.status_code, refusal.json()["code"]) == (503, "log_full")
        assert int(refusal.headers["retry-after"]) >= 1
        until(lambda: self.readiness() == (503, "not_ready"), WAIT_S, "the door says that it is not ready")

        def waits() -> bool:
            self.disk.fill()
            return "loop_waits" in self.pair.worker.told()

        until(waits, WAIT_S, f"the worker waits\n{self.pair.worker.told()}")

    def readiness(self) -> tuple[int, str]:
        """Return what the door says of itself: the status and the code, or its word when it is ready."""
        answer = httpx.get(f"{self.pair.address}/readyz", trust_env=False, timeout=30)
        return answer.status_code, answer.json().get("code") or answer.json()["status"]

    def settle(self) -> None:
        """Let it come to rest; check the promise."""
        self.wait_for_answers()
        until(lambda: self.readiness() == (200, "ready"), WAIT_S, "the door says that it is ready")
        self.load.stop()
        self.pair.wait_quiet()
        assert self.pair.door.is_running()
        self.pair.kill()
        self.load.sent["probe"] = "probed"
        exactly_once(left_by(self.pair, [self.load], self.receiver))

    def close(self) -> None:
        """Leave nothing behind."""
        self.load.stop()
        self.receiver.close()


@pytest.mark.crash
def test_a_full_disk_is_waited_out(tmp_path: Path, forking: Forking, disk: SmallDisk) -> None:
    filling = Filling(tmp_path, forking, disk)
    try:
        pids = filling.pair.door.pid, filling.pair.worker.pid
        filling.fill()
        disk.relieve()
        filling.settle()
        assert (filling.pair.door.pid, filling.pair.worker.pid) == pids
    finally:
        filling.close()


@pytest.mark.crash
def test_killed_on_a_full_disk(tmp_path: Path, forking: Forking, disk: SmallDisk) -> None:
    filling = Filling(tmp_path, forking, disk)
    try:
        filling.fill()
        filling.pair.kill()
        disk.relieve()
        filling.pair.start()
        filling.settle()
    finally:
        filling.close()
