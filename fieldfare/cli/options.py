"""Options that several commands share, and where data lives. Knows no store."""

import re
from pathlib import Path
from typing import Annotated

import typer

_UNITS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
Size = int
"""Bytes."""

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", help="Folder of the workspace; the default is this folder.")
]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of the data; the default is `.fieldfare` in the workspace.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, for whoever reads it: one profile, 1,200 profiles."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(B|KB|MB|GB|TB)?", text.strip(), re.IGNORECASE)
    if found is None:
        message = f"`{text}` is not a size. Write, for example, `20 GB`."
        raise typer.BadParameter(message)
    return int(float(found[1]) * _UNITS[(found[2] or "B").upper()])


LogMaxOption = Annotated[
    Size | None,
    typer.Option(
        "--log-max-size",
        parser=_size,
        metavar="SIZE",
        help="How large the log's file may grow (`20 GB`); then the door answers 503 until it is trimmed.",
    ),
]
LogFreeOption = Annotated[
    Size | None,
    typer.Option(
        "--log-min-free",
        parser=_size,
        metavar="SIZE",
        help="Below this much free disk the door answers 503; two hundredths of the disk, 256 MB at most, if left out.",
    ),
]


def data_folder(workspace: Path, data: Path | None) -> Path:
    """Return the data folder: as told, else ``.fieldfare`` in the workspace."""
    return data if data is not None else workspace / ".fieldfare"
