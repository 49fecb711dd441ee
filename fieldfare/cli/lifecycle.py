"""The command ``lifecycle show``: stages, their sizes, the moves between them, the outcomes. It changes nothing."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

DaysOption = Annotated[int, typer.Option("--days", min=1, max=3_650, help="Count moves of so many last days.")]
_console = Console(soft_wrap=True, markup=False)


def show(
    workspace: WorkspaceOption = Path(), data: DataOption = None, days: DaysOption = 30, *, as_json: JsonOption = False
) -> None:
    """Show how many profiles are in each stage of the lifecycle, and who went from where to where."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.lifecycle.show(days)
    if as_json:
        show_json(found)
        return
    if not found["stages"]:
        typer.echo("The workspace declares no stages. Write `lifecycle.yaml`, or `shipped: true` in it.")
        return
    _console.print(_table("Stages", ("stage", "size", "enter"), found["stages"]))
    _console.print(_table(f"Moves of {days} days", ("from_stage", "to_stage", "moves"), found["moves"]))
    outcomes = [{**each, "target": _target(each["target"])} for each in found["outcomes"]]
    _console.print(_table("Outcomes", ("outcome", "stage", "kpi", "target"), outcomes))


def _table(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        cells = [row.get(column, row.get("name")) for column in columns]
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell or "none") for cell in cells))
    return table


def _target(target: dict[str, Any]) -> str:
    words = target["operator"].replace("_", " ")
    return f"{words} {target['value']:.0%}" if target["is_share"] else f"{words} {target['value']:g}"
