"""Commands about the cuts of quintiles: ``cuts publish`` and ``cuts list``."""

from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

_console = Console()


def publish(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Find the cuts of all quintiles over all profiles and publish them; they hold from the next start on."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.publish_cuts()
    _show(found, as_json=as_json)
    if not as_json:
        typer.echo("They hold from the next start of the server on, which looks at every profile again.")


def list_cuts(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List the published cuts, every version."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        _show(answers.all_cuts(), as_json=as_json)


def _show(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    table = Table("trait", "version", "published", "profiles", "cuts")
    for row in found:
        cuts = ", ".join(f"{number:g}" for number in row["numbers"])
        table.add_row(row["trait"], str(row["version"]), row["at"], f"{row['profiles']:,}", cuts)
    _console.print(table)
