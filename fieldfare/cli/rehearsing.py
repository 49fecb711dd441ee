"""Where commands rehearse without a server: by the files of a folder, over the people of a data folder if asked for."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldfare.assembly.copied import GENERATED, Source, sweep
from fieldfare.assembly.rehearsing import Rehearsing, as_of
from fieldfare.assembly.served import folder_files
from fieldfare.cli.opened import opened
from fieldfare.ground.clock import SystemClock


@contextmanager
def here(workspace: Path, folder: Path, *, is_real: bool) -> Iterator[Rehearsing]:
    """Give what runs rehearsals here; for real people the data folder is nobody else's meanwhile.

    SIGTERM ends it as Ctrl-C does, and nothing is left behind; what a killed one left is removed first.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sweep(folder)
    if not is_real:
        try:
            yield Rehearsing(folder_files(workspace), folder / GENERATED, SystemClock())
        finally:
            sweep(folder)
        return
    with opened(workspace, folder) as (installation, lake):
        now = as_of(installation.stores, installation.clock)
        source = Source(installation.stores, lake, lambda: now, installation.loader(lake).sync)
        yield Rehearsing(folder_files(workspace), folder, SystemClock(), source)
