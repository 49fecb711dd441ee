"""``fieldfare profiles erase``: erase a person. Through the running server when there is one, else here."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
import typer

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder

ActorOption = Annotated[str, typer.Option("--actor", help="Who asks for it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, such as the number of the request.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")]
Told = Annotated[
    str, typer.Argument(help="Profile id, or kind:value such as email:ada@example.com.", metavar="PROFILE")
]


def erase(
    told: Told,
    actor: ActorOption,
    reason: ReasonOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    yes: YesOption = False,
) -> None:
    """Erase a person: destroy their keys, delete their rows. Prints a receipt. It cannot be undone."""
    from fieldfare.cli.ask import remote

    if not yes:
        typer.confirm(f"Erase {told}? It cannot be undone.", abort=True, err=True)
    folder = data_folder(workspace, data)
    server = remote(folder)
    if server is not None:
        who = {"actor": actor, "reason": reason}
        path = f"/api/v1/profiles/{quote(told, safe='')}"
        show_json(server.ask("DELETE", path, params=who, timeout=None))
        return
    show_json(_here(workspace, folder, told, actor, reason))


def _here(workspace: Path, folder: Path, told: str, actor: str, reason: str) -> dict[str, Any]:
    from fieldfare.assembly.installation import open_erasure
    from fieldfare.cli.opened import opened

    with opened(workspace, folder) as (installation, lake):
        found: dict[str, Any] = msgspec.to_builtins(open_erasure(installation, lake).erase(told, actor, reason))
    return found
