"""``fieldfare profiles health``: are profiles fit to act on? It changes no profile."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

_console = Console(soft_wrap=True, markup=False)


def health(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    run: Annotated[bool, typer.Option("--run", help="Look now, instead of showing what the daily job found.")] = False,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show completeness, coverage, freshness and what else tells whether profiles are fit to act on."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.profile_health(run=run)
    if as_json:
        show_json(found)
        return
    if found["day"] is None:
        _console.print("Nobody has looked yet: the job runs once a day; `--run` looks now.")
        return
    table = Table("metric", "of", "value", "threshold", "", title=f"Profile health on {found['day']}")
    for each in found["findings"]:
        threshold = "" if each["threshold"] is None else f"{each['threshold']:g}"
        mark = "ok" if each["ok"] else "NOT OK"
        table.add_row(each["metric"], each["source"], f"{each['value']:g}", threshold, mark)
    _console.print(table)
