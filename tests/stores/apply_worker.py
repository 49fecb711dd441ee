"""A process that applies its share of what lies in a log: ``FOLDER WORKSPACE reads-past|blind RECORDS``."""

import sys
from pathlib import Path

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.flow.store import watermark_of
from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.ports import NORMAL

MOST = 100
"""Events in a batch: few, so that there are many to take turns at."""


def main(folder: Path, workspace: Path, share: int, *, reads_past: bool) -> None:
    """Apply until nothing is left or ``share`` records are done; say when it begins, and how many this process did."""
    stores = open_stores(folder)
    installation = Installation(open_workspace(workspace), stores, capture_all=True)
    lake = stores.open_lake(threads=1) if reads_past else None
    if lake is not None:
        installation.loader(lake)
    print("ready", flush=True)
    sys.stdin.readline()
    done, end = 0, stores.log.head(NORMAL)
    while done < share and _applied(stores) < end:
        try:
            applied = installation.pipeline.apply(NORMAL, MOST)
        except TransientError as error:
            if error.code != "history_elsewhere":
                raise
            continue
        if applied and not done:
            print("begun", flush=True)
        done += applied
    print(done, flush=True)
    if lake is not None:
        lake.close()
    stores.close()


def _applied(stores: Stores) -> int:
    with stores.state.read() as connection:
        return watermark_of(connection, NORMAL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[4]), reads_past=sys.argv[3] == "reads-past")
