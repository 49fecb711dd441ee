"""Commands that look: ``status``, ``sql``, ``why-not``, ``token``. They change nothing."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.cli.ask import answering
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

ProfileArgument = Annotated[
    str, typer.Argument(help="Profile id, or kind:value such as user_id:17 or email:someone@example.com.")
]
JourneyOption = Annotated[str | None, typer.Option("--journey", help="Only this journey.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Only verdicts since then: a time (ISO 8601), or a span such as `7 days`.")
]
RowsOption = Annotated[int, typer.Option("--rows", min=1, max=10_000, help="Most rows to print.")]
_console = Console(soft_wrap=True, markup=False)  # names are a sender's words


def show_json(value: Any) -> None:
    """Print a value as indented JSON."""
    _console.print_json(json.dumps(value))


def status(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Show profiles, lag, dead letters, journeys, verdicts and stores."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.status()
    if as_json:
        show_json(found)
        return
    table = Table("what", "value", title="Fieldfare", title_justify="left")
    for name, value in _flat(found):
        table.add_row(name, value)
    _console.print(table)


def _flat(value: dict[str, Any], above: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, inner in value.items():
        path = f"{above} {name}".strip()
        rows += (
            _flat(inner, path)
            if isinstance(inner, dict)
            else [(path, f"{inner:,}" if type(inner) is int else str(inner))]
        )
    return rows


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT over the lake's tables and views.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    rows: RowsOption = 100,
    *,
    as_json: JsonOption = False,
) -> None:
    """Run a read-only query on the lake, through the running server when there is one."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.sql(query, rows)
    if as_json:
        show_json(found)
        return
    table = Table(*found["columns"])
    for row in found["rows"]:
        table.add_row(*("" if value is None else str(value) for value in row))
    _console.print(table)
    if found["cut"]:
        typer.echo(f"Only the first {rows} rows are shown; give --rows for more.")


def why_not(
    told: ProfileArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    journey: JourneyOption = None,
    since: SinceOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say why a person got or did not get messages, journey by journey."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.why_not(told, journey, since)
    if as_json:
        show_json(found)
        return
    typer.echo(f"Profile {found['profile_id']} as of {found['as_of']}")
    for name, here in found["journeys"].items():
        typer.echo(f"\nJourney {name}: {here['entry']}.")
        for walk in here["walks"]:
            ended = (
                f", ended {walk['ended_at']} ({walk['end_reason']})"
                if walk["ended_at"]
                else f", at step {walk['step']}"
            )
            typer.echo(f"  walk since {walk['entered_at']}: {walk['status']}, {walk['arm']}{ended}")
        for waiting in here["waiting"]:
            typer.echo(f"  waits: {waiting['template']} by {waiting['channel']}, judged again at {waiting['due_at']}")
            for words in waiting["words"]:
                typer.echo(f"    {words}")
        for verdict in here["verdicts"]:
            typer.echo(_verdict(verdict))
    if found["other"]:
        typer.echo("\nBroadcasts and actions:")
    for verdict in found["other"]:
        typer.echo(_verdict(verdict))


def _verdict(verdict: dict[str, Any]) -> str:
    pairs = zip(verdict["words"], verdict["reasons"], strict=True)
    reasons = "; ".join(f"{words} [{reason}]" for words, reason in pairs) or "no rule objects"
    delivered = f"; {verdict['delivery_status']}" if verdict["delivery_status"] else ""
    what = f"{verdict['template']} by {verdict['channel']}"
    told = f"  {verdict['at']} {verdict['decision']}: {what}: {reasons}{delivered}"
    return "\n".join([told, *(f"    {words}" for words in verdict["choice"])])


def token(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Print the token of the API, making it when there is none."""
    typer.echo(api_token(open_key_store(data_folder(workspace, data))))
