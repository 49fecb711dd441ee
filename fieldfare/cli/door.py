"""``fieldfare door``: the front door's own process, started by ``fieldfare serve``. Imports neither state nor lake."""

import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from fieldfare.assembly.door import open_door
from fieldfare.assembly.files import open_keys, open_log, open_workspace
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.ground.clock import ShiftedClock

LOOPBACK = "127.0.0.1"

HostOption = Annotated[str, typer.Option("--host", help="Address to listen on; the default is this machine only.")]
DoorPortOption = Annotated[int, typer.Option("--door-port", help="Port of the front door (events).")]
ShiftOption = Annotated[int, typer.Option("--clock-shift", help="Microseconds added to the machine's time (demo).")]


def door(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    host: HostOption = LOOPBACK,
    door_port: DoorPortOption = 8600,
    shift: ShiftOption = 0,
) -> None:
    """Run the front door alone; it ends when its standard input does."""
    folder = data_folder(workspace, data)
    log = open_log(folder)
    app, commit = open_door(open_workspace(workspace), log, open_keys(folder), ShiftedClock(shift))
    config = uvicorn.Config(
        app, host=host, port=door_port, log_config=None, access_log=False, loop="uvloop", http="httptools"
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    try:
        server.run()
    finally:
        commit.close()
        log.close()


def _end_with_parent(server: uvicorn.Server) -> None:
    try:
        sys.stdin.buffer.read()
    except ValueError:  # closed while the process ends
        return
    server.should_exit = True
