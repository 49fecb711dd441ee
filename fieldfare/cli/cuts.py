"""Commands about published cuts: ``cuts publish``, ``cuts list`` and ``cuts show``."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

_MOST_PLACES = 5
_console = Console()


def publish(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Publish the next version of every cut, and bring to it the profiles that it concerns; they hold at once."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.publish_cuts()
    _show(found, as_json=as_json)


def list_cuts(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List the cuts in force, and those that are still to be published."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        _show(answers.all_cuts(), as_json=as_json)


def show(
    name: Annotated[str, typer.Argument(help="Name of a cut, as `fieldfare cuts list` shows it.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show every version of a cut, the newest first, with its numbers in every place."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        _show(answers.show_cut(name), as_json=as_json, most_places=None)


def _show(found: list[dict[str, Any]], *, as_json: bool, most_places: int | None = _MOST_PLACES) -> None:
    if as_json:
        show_json(found)
        return
    table = Table(Column("cut", overflow="fold"), "version", Column("published", overflow="fold"))
    for name in ("ranked", "concerned", "numbers"):
        table.add_column(name)
    for row in found:
        if row["version"] is None:
            table.add_row(row["cut"], "-", "not yet: not computable", "", "", "")
            continue
        places = [_place(place) for place in row["places"][:most_places]]
        more = len(row["places"]) - len(places)
        places += [f"and {more} more places"] if more else []
        counts = f"{row['ranked']:,}", f"{row['concerned']:,}"
        table.add_row(row["cut"], str(row["version"]), row["at"], *counts, "\n".join(places))
    _console.print(table)


def _place(told: dict[str, Any]) -> str:
    numbers = ", ".join(
        "everybody"
        if mark["number"] is None
        else f"{mark['number']:g}" + (f" (profile {mark['profile_id']})" if mark["profile_id"] is not None else "")
        for mark in told["marks"]
    )
    return f"{told['place']}: {numbers}" if told["place"] else numbers
