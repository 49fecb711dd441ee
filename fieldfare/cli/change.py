"""Commands that change what is derived: ``apply`` (new definitions), ``rebuild`` (the same ones). Neither sends.

``apply`` stores a version first, in one transaction, and then brings profiles to it; killed between, the next ``apply``
or the next start of the server goes on from there.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_backfill, open_rebuild
from fieldfare.assembly.served import held_files
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.ask_versions import asking_versions, texts_of
from fieldfare.cli.look import show_json
from fieldfare.cli.opened import alone_with
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder
from fieldfare.cli.plan import OnlyOption, TriggerOption, plan_lines
from fieldfare.cli.serve import require_applied
from fieldfare.cli.signing import ByOption, WhyOption, whoami
from fieldfare.flow.identity_plan import IdentityPlan
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.flow.versions.requests import ApplyRequest
from fieldfare.ground.log.ports import NORMAL

BaseOption = Annotated[
    int | None,
    typer.Option(
        "--base", min=0, help="The version that this was planned against; refused when another one holds (0: none)."
    ),
]
ApprovedOption = Annotated[
    int | None, typer.Option("--version", help="Carry out this version, which was approved; the folder is not read.")
]
_console = Console()


def apply(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    reason: WhyOption = "",
    only: OnlyOption = None,
    base: BaseOption = None,
    version: ApprovedOption = None,
    *,
    trigger: TriggerOption = False,
    as_json: JsonOption = False,
) -> None:
    """Store the workspace as a version and bring profiles to it, or let it wait for an approval if it carries a risk.

    Nobody enters a journey by it, unless --trigger-on-change asks for that.
    """
    folder = data_folder(workspace, data)
    with asking_versions(workspace, folder, makes=True) as (versions, is_remote):
        if version is not None:
            found = versions.carry_out(version)
        else:
            asked = ApplyRequest(
                files=texts_of(workspace),
                by=whoami(by),
                reason=reason,
                only=tuple(only or ()),
                base=base,
                trigger_on_change=trigger,
            )
            found = versions.apply(asked)
    tell_outcome(found, is_remote=is_remote, as_json=as_json)
    if not is_remote and found["status"] == "applied":
        bring(workspace, folder, quiet=as_json)


def tell_outcome(found: dict[str, Any], *, is_remote: bool, as_json: bool) -> None:
    """Say what became of a version."""
    if as_json:
        show_json(found)
        return
    number, status = found["version"], found["status"]
    if not found["is_new"]:
        if found["needs"] == "nothing":
            typer.echo(f"The definitions are applied already (version {number}); nothing to do.")
            return
        typer.echo(f"Version {number} holds already; what is left to do for it is done now or with the next start.")
    else:
        for line in plan_lines(found["plan"]):
            typer.echo(line)
    if status == "waiting":
        names = ", ".join(found["approvers"])
        typer.echo(
            f"Version {number} is stored and waits for an approval. Who may, but for {found['by']}: {names}. "
            f'`fieldfare approve {number} --by NAME --reason "…"`'
        )
    elif status == "approved":
        typer.echo(
            f"Version {number} is approved. Every profile must be folded anew for it: stop the server, run "
            f"`fieldfare apply --version {number}`, and start it again."
        )
    elif status == "applied" and is_remote:
        typer.echo(
            f"Version {number} is recorded. Start the server again: it serves it at once and brings profiles to it "
            "meanwhile; `fieldfare status` shows how far."
        )
    elif status == "applied":
        typer.echo(f"Version {number} is applied.")


def bring(workspace: Path, folder: Path, *, quiet: bool = False) -> None:
    """Bring profiles to the version in force here, as no server does it."""
    stores = open_stores(folder)
    try:
        installation = Installation(open_workspace(held_files(stores, workspace)), stores)
        standing = installation.standing
        if standing.is_begun and standing.is_finished:
            return
        done = _rebuild(installation, "definition") if standing.is_refold else _bring(installation)
        for line in () if quiet else done:
            typer.echo(line)
    finally:
        stores.close()


def rebuild(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Fold every profile again from its events; nobody enters a journey by it."""
    stores = open_stores(data_folder(workspace, data))
    try:
        installation = Installation(open_workspace(held_files(stores, workspace)), stores)
        if not installation.standing.is_begun:
            require_applied(installation)
        for line in _rebuild(installation, "rebuild"):
            typer.echo(line)
    finally:
        stores.close()


def _bring_people_in_line(installation: Installation) -> list[str]:
    """Merge and take apart whom the workspace's rules of identity see otherwise than the people there are."""
    plan = IdentityPlan(installation.stores.state, installation.workspace.identity)
    with _console.status("looking who is who") as shown:
        done = plan.apply(
            installation.pipeline, lambda count, of: shown.update(f"bringing people in line: {count:,} of {of:,}")
        )
    if not done.changes:
        return []
    both = f"{counted(done.merged, 'profile')} merged and {done.split:,} taken apart"
    return [f"By the rules of identity: {both}."]


def _bring(installation: Installation) -> list[str]:
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
    filled = f"{total:,} profiles were brought to the definitions, {lacking:,} measures filled from events."
    return [f"{filled} {_unless_triggered(installation)}"]


def _rebuild(installation: Installation, cause: str) -> list[str]:
    with alone_with(installation) as lake:
        pipeline, now = installation.pipeline, installation.clock.now()
        if installation.standing.is_begun:  # what happened meanwhile is told to journeys first
            while drain_urgent(pipeline) + pipeline.apply(NORMAL) + pipeline.wake(now):
                pass
        told = _bring_people_in_line(installation)
        with _console.status("folding profiles") as shown:
            done = open_rebuild(installation, lake).run(
                pipeline.settled_until(now), cause, lambda count: shown.update(f"folding profiles: {count:,}")
            )
    folded = f"{done:,} profiles were folded again from their events."
    return [*told, f"{folded} {_unless_triggered(installation)}"]


def _unless_triggered(installation: Installation) -> str:
    names = ", ".join(sorted(installation.standing.editions.triggering))
    return f"Whoever joined {names} by it may have entered journeys." if names else "Nothing was sent because of it."
