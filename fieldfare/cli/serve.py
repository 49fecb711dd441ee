"""``fieldfare serve``: the door and everything else, as two processes; ``fieldfare door`` is the first of them.

What is served is the version of the workspace that was applied last, not the folder that people edit; a first start
takes the folder as version 1. So a server that starts again goes on with what was applied and, where need be, approved.

The parent listens on both ports, runs the worker's loops and the API, and hands the door's socket to the child, which
runs the door. The child holds the reading end of a pipe that ends with the parent, so a killed parent never leaves a
door behind. A door that dies is started again, and calls wait at the socket meanwhile; one that says that its
configuration must change ends everything, for starting it again cannot help. Either may be killed at any time.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from fieldfare.assembly.access import open_access
from fieldfare.assembly.api import open_api
from fieldfare.assembly.copied import sweep
from fieldfare.assembly.files import STATE_URL, open_workspace
from fieldfare.assembly.installation import Installation, open_erasure, open_worker
from fieldfare.assembly.lakes import open_lake_at
from fieldfare.assembly.scheduling import open_scheduled
from fieldfare.assembly.served import drift, held_files, lay_out
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.cli.door import LOOPBACK, DoorPortOption, HostOption
from fieldfare.cli.options import DataOption, LogFreeOption, LogMaxOption, WorkspaceOption, data_folder
from fieldfare.cli.signing import whoami
from fieldfare.collect.connection import listen
from fieldfare.flow.simulate import is_simulated
from fieldfare.flow.versions.model import Files
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.errors import ConfigError

_log = structlog.get_logger()
RESTART_S = 1.0
MUST_CHANGE = 2
"""How the door ends when its configuration is wrong."""
PREDECESSOR_S = 5
"""How long a port may still be held by the door of a server that was killed."""
SHOWN = 8
"""Most files that are named where the folder differs from what is served."""

PortOption = Annotated[int, typer.Option("--port", help="Port of the API, unsubscribe links and receipts.")]


def serve(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    host: HostOption = LOOPBACK,
    door_port: DoorPortOption = 8600,
    port: PortOption = 8601,
    log_max_size: LogMaxOption = None,
    log_min_free: LogFreeOption = None,
) -> None:
    """Run the front door, the worker and the API until stopped."""
    folder = data_folder(workspace, data)
    stores = open_stores(folder)
    sizes = {"--log-max-size": log_max_size, "--log-min-free": log_min_free}
    more = [word for name, size in sizes.items() if size is not None for word in (name, str(size))]
    try:
        if is_simulated(stores.state):
            text = f"{folder} was filled by a simulation; nothing may be sent from it. Give another --data."
            raise ConfigError("data_simulated", text)
        run(Installation(open_workspace(served(stores, workspace)), stores), workspace, host, door_port, port, more)
    finally:
        stores.close()


def served(stores: Stores, workspace: Path) -> Path | Files:
    """Return what is served: the version in force, whatever lies in the folder; the folder when none was applied."""
    number, differing = drift(stores, workspace)
    if not number:
        return workspace
    if differing:
        told = ", ".join(f"{each.file} ({each.how})" for each in differing[:SHOWN])
        more = f" and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        typer.echo(
            f"Version {number} is served. The folder {workspace} differs from it: {told}{more}. `fieldfare plan` says "
            "what that would change, `fieldfare apply` applies it."
        )
    return held_files(stores, workspace)


def run(
    installation: Installation, workspace: Path, host: str, door_port: int, port: int, door_options: list[str]
) -> None:
    """Serve an installation in the foreground until SIGINT or SIGTERM."""
    stop_on_terminate()
    stores = installation.stores
    require_applied(installation)
    files = held_files(stores, workspace)
    take_first(stores.state, files, whoami(), installation.clock.now())
    sweep(stores.folder)
    lake = open_lake_at(installation.workspace.settings.lake, stores, installation.clock)
    open_erasure(installation, lake).obey()
    worker = open_worker(installation, lake)
    worker.scheduled = open_scheduled(installation, lake, worker.ended.is_set)
    told = stores.folder / "server.json"
    api = open_api(installation, lake, worker)
    server = _Server(uvicorn.Config(api, log_config=None, access_log=False), api.stop)
    door: _Door | None = None
    try:
        listeners = [listen(host, each, patience_s=PREDECESSOR_S) for each in (door_port, port)]
        door = _Door(lay_out(stores, files), stores, listeners[0], door_options, lambda: _end(server))
        worker.start()
        door.start()
        told.write_text(
            json.dumps({"api": f"http://{host}:{port}", "door": f"http://{host}:{door_port}", "pid": os.getpid()})
        )
        line = (
            f"Fieldfare serves {installation.workspace.name}. Events: http://{host}:{door_port}/v1  "
            f"API: http://{host}:{port}/api/v1\nConsole: http://{host}:{port}/\n{_set_up(stores, host, port)}"
            "Stop with Ctrl-C."
        )
        threading.Thread(target=_end_with, args=(worker.ended, server), daemon=True).start()
        threading.Thread(target=_announce, args=(line, listeners, lambda: server.should_exit), daemon=True).start()
        server.run(sockets=[listeners[1]])
    finally:
        told.unlink(missing_ok=True)
        if door is not None:
            door.stop()
        worker.stop()
        lake.close()
    if worker.failure is not None:
        raise worker.failure
    if door.refused:
        text = "The door cannot run as it is configured; what it said above tells why. Mend that and start again."
        raise ConfigError("door_refused", text)


class _Server(uvicorn.Server):
    """The API's server: when it ends, listeners to what is live are let go first, for they would listen for ever."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._let_go = stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._let_go()
        await super().shutdown(sockets)


def _set_up(stores: Stores, host: str, port: int) -> str:
    """Return the line with a fresh link for the first owner, nothing when there is a user already."""
    made = open_access(stores)[1].set_up()
    if made is None:
        return ""
    return f"No user yet. Set up the first owner within an hour: http://{host}:{port}/set-up#{made[0]}\n"


def _end_with(ended: threading.Event, server: uvicorn.Server) -> None:
    ended.wait()
    _end(server)


def _end(server: uvicorn.Server) -> None:
    server.should_exit = True


def _announce(line: str, listeners: list[socket.socket], stopping: Callable[[], bool]) -> None:
    """Print the line once both processes have answered."""
    addresses = [listener.getsockname()[:2] for listener in listeners]
    while not all(_answers(*address) for address in addresses):
        if stopping():
            return
        threading.Event().wait(0.05)
    if not stopping():
        typer.echo(line)


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection({"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host), port, timeout=2)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _Door:
    """The door's process, kept running. ``refused`` when starting it again cannot help; then ``on_refused`` is told."""

    def __init__(
        self,
        workspace: Path,
        stores: Stores,
        listener: socket.socket,
        options: list[str],
        on_refused: Callable[[], None],
    ) -> None:
        self._command = [sys.executable, "-m", "fieldfare.cli.main", "door", "--workspace", str(workspace)]
        self._command += ["--data", str(stores.folder), "--listen-fd", str(listener.fileno()), *options]
        self._listener = listener
        # The door must append where this process reads: files stay files, whatever the environment says of PostgreSQL.
        left_out = {STATE_URL} if stores.names["log"] == "sqlite" else set()
        self._environ = {name: value for name, value in os.environ.items() if name not in left_out}
        self._stopping = threading.Event()
        self.refused = False
        self._on_refused = on_refused
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        threading.Thread(target=self._keep, name="fieldfare-door", daemon=True).start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen(  # noqa: S603 - ours
                self._command, stdin=subprocess.PIPE, env=self._environ, pass_fds=[self._listener.fileno()]
            )
            status = self._process.wait()
            if self._stopping.is_set():
                return
            if status == MUST_CHANGE:
                self.refused = True
                self._on_refused()
                return
            _log.error("door_ended", status=status, restart_in_s=RESTART_S)
            self._stopping.wait(RESTART_S)

    def stop(self) -> None:
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._listener.close()


def stop_on_terminate() -> None:
    """Let SIGTERM end the process through its ``finally`` blocks, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def require_applied(installation: Installation) -> None:
    """Raise ``ConfigError`` when other definitions hold and these were not asked for; a new installation takes any."""
    if not installation.standing.may_serve:
        text = "Traits, audiences, locations or seasons changed since they were last applied. Run `fieldfare apply`."
        raise ConfigError("definitions_changed", text)


def require_empty(stores: Stores) -> None:
    """Raise ``ConfigError`` when the data folder has been used: a simulation begins with nothing."""
    if any(stores.log.head(partition) for partition in (0, 1)):
        text = (
            f"The data folder {stores.folder.name} holds data already. A simulation begins with an empty one: "
            "give another --data."
        )
        raise ConfigError("data_not_empty", text)
