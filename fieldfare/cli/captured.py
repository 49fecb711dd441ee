"""``fieldfare captured``: read what the capture channel kept instead of sending it. It changes nothing."""

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.assembly.stores import open_stores
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.flow.captured import recent
from fieldfare.ground.errors import ConfigError

LastOption = Annotated[int, typer.Option("--last", min=1, max=1_000, help="How many, the newest first.")]


def captured(workspace: WorkspaceOption = Path(), data: DataOption = None, last: LastOption = 3) -> None:
    """Show the last messages that were captured, with their addresses and links."""
    folder = data_folder(workspace, data)
    if not folder.exists():
        raise ConfigError("data_missing", f"There is no data in {folder}. Run `serve`, `simulate` or `demo` first.")
    stores = open_stores(folder)
    try:
        found = recent(stores.state, stores.keys, last)
    finally:
        stores.close()
    for message in found:
        typer.echo(f"{message['at']}  {message['template']} by {message['channel']} to {message['to']}")
        typer.echo(f"Subject: {message['subject']}\n\n{message['text']}\n")
        for name, value in message["headers"].items():
            typer.echo(f"{name}: {value}")
        typer.echo("-" * 78)
    if not found:
        typer.echo("Nothing was captured yet.")
