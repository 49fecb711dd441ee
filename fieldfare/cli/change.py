"""Commands that change what is derived: ``apply`` (new definitions), ``rebuild`` (the same ones). Neither sends."""

from pathlib import Path

import typer
from rich.console import Console

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_rebuild
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.opened import alone_with
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.flow.identity_plan import IdentityPlan
from fieldfare.flow.rebuild import applied_definitions
from fieldfare.flow.worker import drain_urgent
from fieldfare.ground.log.ports import NORMAL

_console = Console()


def apply(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Bring profiles and audiences to the workspace's definitions; nobody enters a journey by it."""
    _run(workspace, data, "definition", always=False)


def rebuild(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Fold every profile again from its events; nobody enters a journey by it."""
    _run(workspace, data, "rebuild", always=True)


def bring_people_in_line(installation: Installation) -> None:
    """Merge and take apart whom the workspace's rules of identity see otherwise than the people there are."""
    plan = IdentityPlan(installation.stores.state, installation.workspace.identity)
    with _console.status("looking who is who") as shown:
        done = plan.apply(
            installation.pipeline, lambda count, of: shown.update(f"bringing people in line: {count:,} of {of:,}")
        )
    if done.changes:
        typer.echo(f"{done.merged:,} profiles were merged and {done.split:,} taken apart by the rules of identity.")


def _run(workspace: Path, data: Path | None, cause: str, *, always: bool) -> None:
    stores = open_stores(data_folder(workspace, data))
    try:
        installation = Installation(open_workspace(workspace), stores)
        digest = installation.workspace.definition_digest
        if applied_definitions(stores.state) == digest and not always:
            typer.echo("The definitions are applied already; nothing to do.")
            return
        with alone_with(installation) as lake:
            pipeline, now = installation.pipeline, installation.clock.now()
            if applied_definitions(stores.state) == digest:  # what happened meanwhile is told to journeys first
                while drain_urgent(pipeline) + pipeline.apply(NORMAL) + pipeline.wake(now):
                    pass
            bring_people_in_line(installation)
            with _console.status("folding profiles") as shown:
                done = open_rebuild(installation, lake).run(
                    pipeline.settled_until(now),
                    cause,
                    digest,
                    lambda count: shown.update(f"folding profiles: {count:,}"),
                )
        typer.echo(f"{done:,} profiles were folded again from their events. Nothing was sent because of it.")
    finally:
        stores.close()
