"""``fieldfare sources audit``: is what each source sends fit to be joined and trusted? It changes nothing."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

DaysOption = Annotated[int, typer.Option("--days", min=1, max=400, help="How many days to look at.")]
_COLUMNS = ("events", "duplicates", "dead_letters", "people", "late_median_s", "late_p95_s")
_console = Console(soft_wrap=True, markup=False)  # names are a sender's words


def audit(
    workspace: WorkspaceOption = Path(), data: DataOption = None, days: DaysOption = 7, *, as_json: JsonOption = False
) -> None:
    """Show what each source sends, what it leaves out, how late it is, and whom two sources share."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audit_sources(days)
    if as_json:
        show_json(found)
        return
    table = Table("source", "owner", *(name.replace("_", " ") for name in _COLUMNS), title=f"Sources, last {days} days")
    for name, told in found["sources"].items():
        numbers = ("" if told[each] is None else f"{told[each]:,}" for each in _COLUMNS)
        table.add_row(name, told["owner"] or "", *numbers)
    _console.print(table)
    for name, told in found["sources"].items():
        for flag in told["red_flags"]:
            _console.print(f"  {name}: {flag}")
    for pair in found["shared_people"]:
        _console.print(f"  {pair['one']} and {pair['other']} share {pair['shared']:,} identifiers")
