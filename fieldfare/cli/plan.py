"""``fieldfare plan``: what the workspace's rules would do to the people there are, before anything is applied.

Reads one snapshot of the state, beside a running server or without one; changes nothing.
"""

from pathlib import Path
from typing import Any

import typer

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder
from fieldfare.ground.errors import ConfigError


def plan(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Show how many profiles would merge or come apart under the workspace's rules of identity."""
    from fieldfare.assembly.files import open_workspace
    from fieldfare.assembly.stores import open_stores
    from fieldfare.flow.identity_plan import IdentityPlan

    folder = data_folder(workspace, data)
    if not folder.exists():
        text = f"There is no data in {folder}. Start with `fieldfare serve`, `load` or `demo`, or give --data."
        raise ConfigError("data_missing", text)
    definitions = open_workspace(workspace)
    stores = open_stores(folder)
    try:
        told = IdentityPlan(stores.state, definitions.identity).run().told()
    finally:
        stores.close()
    if as_json:
        show_json({"identity": told})
        return
    _show(told)


def _show(told: dict[str, Any]) -> None:
    typer.echo(
        f"Identity: {counted(told['profiles'], 'profile')} of {counted(told['identifiers'], 'identifier')}; "
        f"{told['profiles_after']:,} under the rules of the workspace."
    )
    if not told["merged"] and not told["split"]:
        typer.echo("Nobody would merge, nobody would come apart.")
    else:
        typer.echo(f"{told['merged']:,} would merge into others, {told['split']:,} would come apart.")
    for title, name in (("merging", "examples_merged"), ("coming apart", "examples_split")):
        for profiles in told[name]:
            typer.echo(f"  {title}: profiles {', '.join(map(str, profiles))}")
    if told["set_aside"]:
        typer.echo(f"{counted(told['set_aside'], 'identifier')} would be set aside: too many people use such.")
    for reason, count in told["questions"].items():
        typer.echo(f"{counted(count, 'link')} would join nobody ({reason}).")
    if told["largest"]:
        sizes = ", ".join(f"{each['identifiers']} (profile {each['profile']})" for each in told["largest"][:5])
        typer.echo(f"Largest: {sizes}.")
    typer.echo("Nothing was changed. `fieldfare apply` does it; applying the former rules again undoes it.")
