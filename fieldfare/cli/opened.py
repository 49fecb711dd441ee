"""An installation opened by a command, and nobody else at it: its stores, its lake, and the lock of its state database.

A lake takes the rows that say what was applied out of the state, so whoever may load one must be the only one who does:
two data folders can lead to one database on PostgreSQL, each with a lake of its own. Starts nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_erasure
from fieldfare.assembly.lakes import open_lake_at
from fieldfare.assembly.served import held_files
from fieldfare.assembly.stores import open_stores
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import Alone

WAIT_S = 1.0
"""Another command may be about to end."""


@contextmanager
def opened(workspace: Path, folder: Path) -> Iterator[tuple[Installation, Lake]]:
    """Open what is there, with the version in force, or with the folder where none was applied yet.

    Raises ``ConfigError`` ``data_missing``, and what :func:`alone_with` raises.
    """
    if not folder.exists():
        text = f"There is no data in {folder}. Start with `fieldfare serve`, `load` or `demo`, or give --data."
        raise ConfigError("data_missing", text)
    stores = open_stores(folder)
    try:
        installation = Installation(open_workspace(held_files(stores, workspace) or workspace), stores)
        with alone_with(installation) as lake:
            yield installation, lake
    finally:
        stores.close()


@contextmanager
def alone_with(installation: Installation) -> Iterator[Lake]:
    """Open the lake, be the only one, and obey what was erased before a restore.

    Raises ``ConflictError``: ``worker_twice``, or that the lake is taken.
    """
    stores = installation.stores
    lake = open_lake_at(installation.workspace.settings.lake, stores, installation.clock)
    alone = Alone(stores.state, wait_s=WAIT_S)
    try:
        alone.take()
        open_erasure(installation, lake).obey()
        yield lake
    finally:
        alone.release()
        lake.close()
