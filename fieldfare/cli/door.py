"""``fieldfare door``: the front door's own process, started by ``fieldfare serve``. Imports neither state nor lake.

It listens itself, or takes over a socket that its parent listens on: then a door that is started again finds the calls
that came meanwhile waiting, and no client is refused.
"""

import resource
import socket
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from fieldfare.assembly.door import open_door
from fieldfare.assembly.files import open_bounded_log, open_raw_keys, open_workspace
from fieldfare.cli.options import DataOption, LogFreeOption, LogMaxOption, WorkspaceOption, data_folder
from fieldfare.collect.connection import Bounds, door_server, listen
from fieldfare.ground.clock import ShiftedClock

LOOPBACK = "127.0.0.1"

HostOption = Annotated[str, typer.Option("--host", help="Address to listen on; the default is this machine only.")]
DoorPortOption = Annotated[int, typer.Option("--door-port", help="Port of the front door (events).")]
ShiftOption = Annotated[int, typer.Option("--clock-shift", help="Microseconds added to the machine's time (demo).")]
SocketOption = Annotated[
    int | None, typer.Option("--listen-fd", help="Number of a socket that listens already, from the parent process.")
]


def door(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    host: HostOption = LOOPBACK,
    door_port: DoorPortOption = 8600,
    shift: ShiftOption = 0,
    listen_fd: SocketOption = None,
    log_max_size: LogMaxOption = None,
    log_min_free: LogFreeOption = None,
) -> None:
    """Run the front door alone; it ends when its standard input does."""
    folder = data_folder(workspace, data)
    opened = open_workspace(workspace)
    listener = listen(host, door_port) if listen_fd is None else socket.socket(fileno=listen_fd)
    log = open_bounded_log(folder, log_max_size, log_min_free)
    app, commit = open_door(opened, log, open_raw_keys(folder), ShiftedClock(shift))
    server = door_server(app, listener, Bounds(connections=_most_connections()))
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    try:
        server.run()
    finally:
        commit.close()
        log.close()


def _most_connections() -> int:
    """Return how many connections may be open: as many files as the system lets us have, less some for ourselves."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = Bounds().connections + 100
    files = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return max(10, files - 100)


def _end_with_parent(server: uvicorn.Server) -> None:
    try:
        sys.stdin.buffer.read()
    except ValueError:  # closed while the process ends
        return
    server.should_exit = True
