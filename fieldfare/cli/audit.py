"""``fieldfare audit consent``: was anything sent that must not have been? Changes nothing."""

from pathlib import Path

import typer

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder

BREACHED = 1


def consent(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Replay consent against everything that was permitted and called; exit code 1 when a breach is found."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audit_consent()
    if as_json:
        show_json(found)
    else:
        for what, told in found["breaches"].items():
            for breach in told:
                since = f" since {breach['since']}" if breach["since"] is not None else ""
                typer.echo(f"BREACH {breach['proposal_id']}: {what[:-1]} at {breach['at']}, {breach['kind']}{since}")
        count = sum(len(told) for told in found["breaches"].values())
        against = (
            f"{counted(found['records'], 'record')} of consent and {counted(found['suppressions'], 'suppression')}"
        )
        looked = f"{counted(found['permits'], 'permit')} and {counted(found['calls'], 'call')}"
        typer.echo(f"{count or 'No'} breach{'' if count == 1 else 'es'} in {looked}, by {against}.")
    if not found["ok"]:
        raise typer.Exit(BREACHED)
