"""Where commands rehearse without a server: by the files of a folder, over the people of a data folder if asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldfare.assembly.copied import sweep
from fieldfare.assembly.living import Source
from fieldfare.assembly.rehearsing import Rehearsing, as_of
from fieldfare.assembly.served import folder_files
from fieldfare.cli.opened import opened
from fieldfare.ground.clock import SystemClock

SCRATCH = "rehearsals"
"""Folder inside the data folder in which generated people live for a while."""


@contextmanager
def here(workspace: Path, folder: Path, *, is_real: bool) -> Iterator[Rehearsing]:
    """Give what runs rehearsals here; for real people the data folder is nobody else's meanwhile."""
    if not is_real:
        scratch = folder / SCRATCH
        try:
            yield Rehearsing(folder_files(workspace), scratch, SystemClock())
        finally:
            if scratch.is_dir() and not any(scratch.iterdir()):
                scratch.rmdir()
        return
    with opened(workspace, folder) as (installation, lake):
        sweep(folder)
        installation.loader(lake).sync()
        now = as_of(installation.stores, installation.clock)
        files = folder_files(workspace)
        yield Rehearsing(files, folder, SystemClock(), Source(installation.stores, lake, now))
