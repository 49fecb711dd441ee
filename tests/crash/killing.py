"""Door and worker kept running and killed, each for itself, by a clock or at an exact system call.

A kill *while starting* comes before the process is ready, one *at a moment* at a uniform time after it, one *at a call*
at the n-th of the calls that change a file or a socket: strace attaches to the running process and injects the signal,
so the kernel ends it before that very call. Nothing is repaired between a kill and the next start.
"""

import random
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
from sqlalchemy import func, select

from fieldfare.assembly.stores import open_stores
from fieldfare.flow.status import status_of
from fieldfare.flow.store import applied
from fieldfare.ground.clock import SystemClock
from tests.crash.forking import Forking
from tests.crash.running import COMPILED_ONCE, ENVIRON, QUIET_S, START_S, free_port, until

STARTING, AT_A_MOMENT, AT_A_CALL = "while starting", "at a moment", "at a call"
CALLS = "pwrite64,write,fdatasync,fsync,ftruncate,unlink,rename,sendto,recvfrom"
"""Before which a process may be killed: what changes a file, and what speaks to a client or to PostgreSQL."""
FARTHEST_CALL = 40
LONGEST_LIFE_S = 0.4
CALL_S = 1.0
"""After so long without the call the process is killed anyway."""


class Kept:
    """One process that is started again after each kill, under the same command."""

    def __init__(
        self,
        forking: Forking,
        target: str,
        arguments: list[str],
        environ: Mapping[str, str],
        output: Path,
        is_ready: Callable[[int], bool],
    ) -> None:
        self._forking, self._target, self._arguments, self._environ = forking, target, arguments, dict(environ)
        self._output, self._is_ready = output, is_ready
        self.pid = 0

    def start(self) -> None:
        """Start it; it is not ready yet."""
        self.pid = self._forking.start(self._target, self._arguments, self._environ, self._output)

    def wait_ready(self) -> None:
        """Wait until it is ready. That it never ends by itself is the promise that nothing needs repair."""

        def ready() -> bool:
            assert self.is_running(), f"the {self._target} ended by itself\n{self.told()}"
            return self._is_ready(self.pid)

        until(ready, START_S, f"{self._target} ready\n{self.told()}")

    def is_running(self) -> bool:
        """Whether it runs. Once it has ended it may not be asked again."""
        return self._forking.look(self.pid) is None

    def kill(self) -> None:
        """Kill it now."""
        ended_by = self._forking.kill(self.pid)
        assert ended_by == signal.SIGKILL, f"the {self._target} had ended by itself\n{self.told()}"

    def kill_at_call(self, number: int) -> bool:
        """Kill it before its next call of that number, by strace; return whether that call came in time."""
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}"]
        command += ["-e", f"inject={CALLS}:signal=KILL:when={number}", "-p", str(self.pid)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
            try:
                tracer.wait(CALL_S)
            except subprocess.TimeoutExpired:
                tracer.terminate()
        ended_by = self._forking.look(self.pid)
        if ended_by is None:
            self.kill()
            return False
        assert ended_by == signal.SIGKILL, f"the {self._target} ended by itself\n{self.told()}"
        return True

    def told(self) -> str:
        """Return the end of what it wrote."""
        return self._output.read_text(encoding="utf-8", errors="replace")[-3000:] if self._output.exists() else ""


class Pair:
    """A door and a worker over one data folder, and what is in their stores."""

    def __init__(self, forking: Forking, workspace: Path, data: Path, url: str | None, door: str = "door") -> None:
        self.workspace, self.data = workspace, data
        self.stores_environ = {"FIELDFARE_STATE_URL": url} if url is not None else {}
        environ = {"FIELDFARE_STATE_URL": url or ""}
        port, beside = free_port(), workspace.parent
        ready = beside / "ready"
        self.address = f"http://127.0.0.1:{port}"
        self.worker = Kept(
            forking,
            "worker",
            [str(workspace), str(data), str(ready)],
            environ,
            beside / "worker.out",
            lambda pid: ready.exists() and ready.read_text(encoding="ascii") == str(pid),
        )
        self.door = Kept(
            forking, door, [str(workspace), str(data), str(port)], environ, beside / "door.out", self._answers
        )

    def start(self) -> None:
        """Start both and wait until they are ready; the worker first, for it makes the keys."""
        for each in (self.worker, self.door):
            each.start()
            each.wait_ready()

    def kill(self) -> None:
        """Kill both."""
        self.door.kill()
        self.worker.kill()

    def wait_quiet(self) -> None:
        """Wait until everything in the log is applied and in the lake, and everything told is relayed and delivered."""
        stores = open_stores(self.data, self.stores_environ)

        def quiet() -> bool:
            assert self.worker.is_running(), f"the worker ended by itself\n{self.worker.told()}"
            status = status_of(stores.state, stores.log, None, SystemClock().now(), {})
            with stores.state.read() as connection:
                waiting = connection.execute(select(func.count()).select_from(applied)).scalar_one()
            behind = any(each["behind_records"] for each in status["log"].values())
            return not (waiting or behind or status["outbox"] or "handing_over" in status["attempts"])

        try:
            # Twice, because what is delivered is told, and what is told is applied.
            for _ in range(2):
                until(quiet, QUIET_S, f"quiet\n{self.worker.told()}")
                threading.Event().wait(0.3)
        finally:
            stores.close()

    def _answers(self, _pid: int) -> bool:
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


class Killer:
    """Kills one process again and again, in a thread of its own, and leaves it running."""

    def __init__(self, kept: Kept, kills: int, seed: int) -> None:
        self._kept, self._kills, self._draw = kept, kills, random.Random(seed)
        self.done: Counter[str] = Counter()
        """Kills by how they came."""
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait for the last kill; raise what went wrong."""
        self._thread.join(seconds)
        if self._failure is not None:
            raise self._failure
        assert not self._thread.is_alive(), f"not within {seconds} s: {self._kills} kills, only {self.done}"

    def _run(self) -> None:
        try:
            for _ in range(self._kills):
                self._kill()
                self._kept.start()
            self._kept.wait_ready()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._failure = error

    def _kill(self) -> None:
        how = self._draw.choices([STARTING, AT_A_MOMENT, AT_A_CALL], [1, 2, 2 if can_trace() else 0])[0]
        if how == STARTING:
            threading.Event().wait(self._draw.random() * 0.3)
            self._kept.kill()
        else:
            self._kept.wait_ready()
            if how == AT_A_MOMENT:
                threading.Event().wait(self._draw.random() * LONGEST_LIFE_S)
                self._kept.kill()
            elif not self._kept.kill_at_call(self._draw.randrange(1, FARTHEST_CALL)):
                how = AT_A_MOMENT
        self.done[how] += 1


def can_trace() -> bool:
    """Whether this machine has strace."""
    return shutil.which("strace") is not None


def forking_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the forking process: what the workspace names, and SQLite unless said otherwise."""
    given = {**environ, **ENVIRON, **COMPILED_ONCE}
    return {name: value for name, value in given.items() if name != "FIELDFARE_STATE_URL"}
