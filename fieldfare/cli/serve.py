"""``fieldfare serve``: the door and everything else, as two processes; ``fieldfare door`` is the first of them.

The parent runs the worker's loops and the API; the child runs the door. The child holds the reading end of a pipe that
ends with the parent, so a killed parent never leaves a door behind; a door that dies is started again. Either may be
killed at any time.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from fieldfare.assembly.files import STATE_URL, open_workspace
from fieldfare.assembly.installation import Installation, open_api, open_worker
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.cli.door import LOOPBACK, DoorPortOption, HostOption
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.flow.rebuild import take_definitions
from fieldfare.flow.simulate import is_simulated
from fieldfare.ground.errors import ConfigError

_log = structlog.get_logger()
RESTART_S = 1.0

PortOption = Annotated[int, typer.Option("--port", help="Port of the API, unsubscribe links and receipts.")]


def serve(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    host: HostOption = LOOPBACK,
    door_port: DoorPortOption = 8600,
    port: PortOption = 8601,
) -> None:
    """Run the front door, the worker and the API until stopped."""
    folder = data_folder(workspace, data)
    stores = open_stores(folder)
    try:
        if is_simulated(stores.state):
            text = f"{folder} was filled by a simulation; nothing may be sent from it. Give another --data."
            raise ConfigError("data_simulated", text)
        run(Installation(open_workspace(workspace), stores), workspace, host, door_port, port)
    finally:
        stores.close()


def run(installation: Installation, workspace: Path, host: str, door_port: int, port: int, shift: int = 0) -> None:
    """Serve an installation in the foreground until SIGINT or SIGTERM; ``shift`` moves the door's clock (demo)."""
    stop_on_terminate()
    stores = installation.stores
    require_applied(installation)
    lake = stores.open_lake()
    worker = open_worker(installation, lake)
    server = uvicorn.Server(
        uvicorn.Config(open_api(installation, lake, worker), host=host, port=port, log_config=None, access_log=False)
    )
    told = stores.folder / "server.json"
    door = _Door(workspace, stores, host, door_port, shift)
    try:
        worker.start()
        door.start()
        told.write_text(
            json.dumps({"api": f"http://{host}:{port}", "door": f"http://{host}:{door_port}", "pid": os.getpid()})
        )
        typer.echo(
            f"Fieldfare serves {installation.workspace.name}. Events: http://{host}:{door_port}/v1  API: http://{host}:{port}/api/docs"
        )
        typer.echo("Stop with Ctrl-C.")
        threading.Thread(target=_end_with, args=(worker.ended, server), daemon=True).start()
        server.run()
    finally:
        told.unlink(missing_ok=True)
        door.stop()
        worker.stop()
        lake.close()
    if worker.failure is not None:
        raise worker.failure


def _end_with(ended: threading.Event, server: uvicorn.Server) -> None:
    ended.wait()
    server.should_exit = True


class _Door:
    """The door's process, kept running."""

    def __init__(self, workspace: Path, stores: Stores, host: str, port: int, shift: int) -> None:
        self._command = [sys.executable, "-m", "fieldfare.cli.main", "door", "--workspace", str(workspace)]
        self._command += ["--data", str(stores.folder), "--host", host, "--door-port", str(port)]
        self._command += ["--clock-shift", str(shift)]
        # The door must append where this process reads: files stay files, whatever the environment says of PostgreSQL.
        left_out = {STATE_URL} if stores.names["log"] == "sqlite" else set()
        self._environ = {name: value for name, value in os.environ.items() if name not in left_out}
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        threading.Thread(target=self._keep, name="fieldfare-door", daemon=True).start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=self._environ)  # noqa: S603 - ours
            status = self._process.wait()
            if not self._stopping.is_set():
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


def stop_on_terminate() -> None:
    """Let SIGTERM end the process through its ``finally`` blocks, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def require_applied(installation: Installation) -> None:
    """Raise ``ConfigError`` when profiles were folded by other definitions; a new installation takes those it has."""
    if not take_definitions(installation.stores.state, installation.workspace.definition_digest):
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
