"""Commands that change what is derived: ``apply`` (new definitions), ``rebuild`` (the same ones). Neither sends."""

from pathlib import Path

import typer
from rich.console import Console

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_backfill, open_rebuild
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.ask import running
from fieldfare.cli.opened import alone_with
from fieldfare.cli.options import DataOption, WorkspaceOption, counted, data_folder
from fieldfare.flow.editions import want
from fieldfare.flow.identity_plan import IdentityPlan
from fieldfare.flow.worker import drain_urgent
from fieldfare.ground.errors import ConflictError
from fieldfare.ground.log.ports import NORMAL

_console = Console()


def apply(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Bring profiles and audiences to the workspace's definitions; nobody enters a journey by it."""
    folder = data_folder(workspace, data)
    stores = open_stores(folder)
    try:
        installation = Installation(open_workspace(workspace), stores)
        standing = installation.standing
        if standing.is_begun and standing.is_finished:
            typer.echo("The definitions are applied already; nothing to do.")
        elif standing.is_refold:
            _refuse_beside_a_server(folder)
            _rebuild(installation, "definition")
        elif running(folder) is not None:
            want(stores.state, standing)
            typer.echo(
                f"The definitions are recorded; {standing.lacking:,} measures are to be filled. Start the server again "
                "with this workspace: it serves at once and fills them meanwhile; `fieldfare status` shows how far."
            )
        else:
            _bring(installation)
    finally:
        stores.close()


def rebuild(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Fold every profile again from its events; nobody enters a journey by it."""
    stores = open_stores(data_folder(workspace, data))
    try:
        _rebuild(Installation(open_workspace(workspace), stores), "rebuild")
    finally:
        stores.close()


def _bring_people_in_line(installation: Installation) -> None:
    """Merge and take apart whom the workspace's rules of identity see otherwise than the people there are."""
    plan = IdentityPlan(installation.stores.state, installation.workspace.identity)
    with _console.status("looking who is who") as shown:
        done = plan.apply(
            installation.pipeline, lambda count, of: shown.update(f"bringing people in line: {count:,} of {of:,}")
        )
    if done.changes:
        both = f"{counted(done.merged, 'profile')} merged and {done.split:,} taken apart"
        typer.echo(f"By the rules of identity: {both}.")


def _refuse_beside_a_server(folder: Path) -> None:
    if running(folder) is not None:
        text = (
            "Who is who, or how traits are folded, changed, so every profile must be folded anew, and a server runs. "
            "Stop it, and run this again."
        )
        raise ConflictError("lake_busy", text)


def _bring(installation: Installation) -> None:
    """Put the definitions in force and do here what a server would do in the background."""
    with alone_with(installation) as lake:
        backfill, total = open_backfill(installation, lake), 0
        backfill.begin()
        installation.audience_parts(lake).health().begin()
        with _console.status("bringing profiles to the definitions") as shown:
            while done := backfill.step():
                total += done
                shown.update(f"bringing profiles to the definitions: {total:,}")
    lacking = installation.standing.lacking
    typer.echo(
        f"{total:,} profiles were brought to the definitions, {lacking:,} measures filled from events. "
        "Nothing was sent because of it."
    )


def _rebuild(installation: Installation, cause: str) -> None:
    with alone_with(installation) as lake:
        pipeline, now = installation.pipeline, installation.clock.now()
        if installation.standing.is_begun:  # what happened meanwhile is told to journeys first
            while drain_urgent(pipeline) + pipeline.apply(NORMAL) + pipeline.wake(now):
                pass
        _bring_people_in_line(installation)
        with _console.status("folding profiles") as shown:
            done = open_rebuild(installation, lake).run(
                pipeline.settled_until(now), cause, lambda count: shown.update(f"folding profiles: {count:,}")
            )
    typer.echo(f"{done:,} profiles were folded again from their events. Nothing was sent because of it.")
