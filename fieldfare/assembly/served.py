"""Which workspace a data folder serves: the version in force, laid out as a folder for the door.

The folder that people edit is not served: a server that starts again goes on with what was applied, whatever lies
half-edited there. The laid-out folder is made anew at each start; a crash between leaves one that the next start mends.
"""

import shutil
from pathlib import Path

from fieldfare.assembly.stores import Stores
from fieldfare.flow.versions.files import file_changes
from fieldfare.flow.versions.model import FileChange, Files
from fieldfare.flow.versions.record import files_in_force
from fieldfare.flow.workspace import KINDS
from fieldfare.ground.workspace.load import read_files

SERVED = "served"
"""Folder inside the data folder."""


def folder_files(folder: Path) -> Files:
    """Return the files of a workspace folder that are of some kind."""
    return read_files(folder, tuple(KINDS.values())) if folder.is_dir() else {}


def held_files(stores: Stores, folder: Path) -> Files:
    """Return the files of the version in force, those of the folder when none was applied yet."""
    held = files_in_force(stores.state)
    return held[1] if held is not None else folder_files(folder)


def drift(stores: Stores, folder: Path) -> tuple[int, tuple[FileChange, ...]]:
    """Return the version in force (0: none) and how the folder differs from it."""
    held = files_in_force(stores.state)
    return (held[0], file_changes(held[1], folder_files(folder))) if held is not None else (0, ())


def lay_out(stores: Stores, files: Files) -> Path:
    """Write the files into a folder of the data folder, in place of what an earlier start wrote; return it."""
    target = stores.folder / SERVED
    shutil.rmtree(target, ignore_errors=True)
    for path, raw in files.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(raw)
    return target
