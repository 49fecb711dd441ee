"""Real processes that start at once: one process imports everything and forks each of them, so that many can be killed.

``python -m tests.crash.forking`` reads one JSON request a line and answers with one line. A forked process does what a
new one does from the first line of its command on; only its imports are done before. It knows nothing of the promise
that is tested.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import httptools
import msgspec
import pg8000.dbapi
import sqlalchemy.dialects.postgresql.pg8000
import uvicorn.loops.uvloop
import uvicorn.protocols.http.httptools_impl

from fieldfare.assembly.door import open_door
from fieldfare.assembly.files import open_raw_keys, open_workspace
from fieldfare.assembly.installation import Installation, open_worker
from fieldfare.assembly.stores import open_stores
from fieldfare.cli import door
from fieldfare.cli.serve import require_applied
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.worker import Worker
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.ports import Entry, EventLog
from fieldfare.ground.log.sqlite import SqliteLog

_USED_LATER = (httptools, pg8000.dbapi, sqlalchemy.dialects.postgresql.pg8000, uvicorn.loops.uvloop)


class Request(msgspec.Struct):
    """What is asked of the forking process: ``start`` a process, ``kill`` one, or ``look`` whether it has ended."""

    what: str
    target: str = ""
    arguments: list[str] = []
    environ: dict[str, str] = {}
    output: str = ""
    pid: int = 0


class Forking:
    """The forking process, seen by a test. Threads may share it."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.forking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
        )

    def start(self, target: str, arguments: list[str], environ: dict[str, str], output: Path) -> int:
        """Start a process; return its id."""
        pid: int = self._ask(Request("start", target, arguments, environ, str(output)))
        return pid

    def kill(self, pid: int) -> int:
        """Send SIGKILL; return the signal that ended the process (0: it had ended by itself)."""
        ended_by: int = self._ask(Request("kill", pid=pid))
        return ended_by

    def look(self, pid: int) -> int | None:
        """Return ``None`` while the process runs, else the signal that ended it (0: none, it ended by itself)."""
        ended_by: int | None = self._ask(Request("look", pid=pid))
        return ended_by

    def close(self) -> None:
        """End it; doors end with it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _ask(self, request: Request) -> Any:
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


def run_door(workspace: str, data: str, port: str) -> None:
    """Be ``fieldfare door``."""
    door.door(workspace=Path(workspace), data=Path(data), door_port=int(port))


def run_lazy_door(workspace: str, data: str, port: str) -> None:
    """Be a door that is broken on purpose: its log syncs nothing."""
    _serve(SqliteLog(Path(data) / "log.sqlite", durable=False), workspace, data, port)


def run_hasty_door(workspace: str, data: str, port: str) -> None:
    """Be a door that is broken on purpose: its log says that it has written, and writes a moment later."""
    _serve(_Hasty(Path(data) / "log.sqlite"), workspace, data, port)


class _Hasty(SqliteLog):
    def append(self, partition: int, entries: Sequence[Entry]) -> list[int]:
        threading.Timer(0.2, super().append, (partition, entries)).start()
        return [0] * len(entries)


def _serve(log: EventLog, workspace: str, data: str, port: str) -> None:
    app, _ = open_door(open_workspace(Path(workspace)), log, open_raw_keys(Path(data)), SystemClock())
    uvicorn.run(app, port=int(port), log_config=None, access_log=False, loop="uvloop", http="httptools")


def run_worker(workspace: str, data: str, ready: str) -> None:
    """Be what ``fieldfare serve`` runs beside the door, but for the API; write the own id into ``ready``."""
    stores = open_stores(Path(data))
    installation = Installation(open_workspace(Path(workspace)), stores)
    require_applied(installation)
    lake = stores.open_lake()
    worker = open_worker(installation, lake)
    worker.start()
    threading.Thread(target=_load_always, args=(worker, installation.loader(lake)), daemon=True).start()
    Path(ready).write_text(str(os.getpid()), encoding="ascii")
    worker.ended.wait()
    if worker.failure is not None:
        raise worker.failure


def _load_always(worker: Worker, loader: LakeLoader) -> None:
    """Load the lake without pause, as a server does that is asked all the time: its own loop rests under load."""
    while not worker.ended.wait(0.02):
        try:
            loader.sync()
        except TransientError:
            worker.ended.wait(0.2)
        except BaseException as error:  # noqa: BLE001 - ends the worker, as a failure of its own loops does
            worker.failure = error
            worker.ended.set()


TARGETS: dict[str, Callable[..., None]] = {
    "door": run_door,
    "lazy-door": run_lazy_door,
    "hasty-door": run_hasty_door,
    "worker": run_worker,
}


def _become(request: Request, alive: int) -> NoReturn:
    status = 1
    try:
        output = os.open(request.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for number, descriptor in enumerate((alive, output, output)):
            os.dup2(descriptor, number)
        os.environ.update(request.environ)
        for name in [name for name, value in request.environ.items() if not value]:
            del os.environ[name]
        TARGETS[request.target](*request.arguments)
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the test reads it in the output
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _ended_by(status: int) -> int:
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _answer(request: Request, alive: tuple[int, int]) -> int | None:
    if request.what == "start":
        pid = os.fork()
        if pid == 0:
            os.close(alive[1])
            _become(request, alive[0])
        return pid
    if request.what == "kill":
        os.kill(request.pid, signal.SIGKILL)
        return _ended_by(os.waitpid(request.pid, 0)[1])
    pid, status = os.waitpid(request.pid, os.WNOHANG)
    return _ended_by(status) if pid else None


def main() -> None:
    """Answer requests until there are no more; then end, and with this process its doors."""
    alive = os.pipe()
    while line := sys.stdin.buffer.readline():
        sys.stdout.write(json.dumps(_answer(msgspec.json.decode(line, type=Request), alive)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
