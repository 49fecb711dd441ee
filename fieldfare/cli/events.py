"""Commands about accepted events: ``events retract``. The server does it; without one, the next start does."""

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.ask import answering
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

ActorOption = Annotated[str, typer.Option("--actor", help="Who takes it back.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]
_SAID = {
    "asked": "It will be taken back as soon as the server has come to it; run this again to see how far it is.",
    "retracted": "It counts nowhere any more; the profile is folded without it next.",
    "folded": "It was taken back, and the profile was folded without it.",
}


def retract(
    message_id: Annotated[str, typer.Argument(help="Message id of the event, as it was sent.")],
    actor: ActorOption,
    reason: ReasonOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take an event back: it stays in the lake, marked, and counts nowhere any more."""
    from fieldfare.cli.look import show_json

    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.retract(message_id, actor, reason)
    if as_json:
        show_json(found)
        return
    typer.echo(f"{message_id}, profile {found['profile_id']}: {found['state']}. {_SAID[found['state']]}")
