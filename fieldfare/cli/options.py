"""Options that several commands share, and where data lives. Knows no store."""

from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", help="Folder of the workspace; the default is this folder.")
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of the data; the default is `.fieldfare` in the workspace.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def data_folder(workspace: Path, data: Path | None) -> Path:
    """Return the data folder: as told, else ``.fieldfare`` in the workspace."""
    return data if data is not None else workspace / ".fieldfare"
