"""``fieldfare broadcast``: plan one, start it, stop and go on, see how it stands. Through a running server."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.act.broadcasts.model import Act
from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder
from fieldfare.cli.signing import ByOption, WhyOption, whoami
from fieldfare.flow.broadcast_answers import USUAL_SAMPLE

NameArgument = Annotated[str, typer.Argument(help="Name of the broadcast, as in broadcasts/NAME.yaml.")]
EditionOption = Annotated[
    str | None, typer.Option("--edition", help="Which edition; that of the workspace when left out.")
]
SampleOption = Annotated[
    int, typer.Option("--sample", min=1, help="Ask about so many members at most, and scale the counts.")
]
EverybodyOption = Annotated[bool, typer.Option("--everybody", help="Ask about every member, however long it takes.")]
StateOption = Annotated[
    str | None, typer.Option("--state", help="List the recipients in this state: listed, due, sent, refused …")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="Most recipients to list.")]
AfterOption = Annotated[int, typer.Option("--after", min=-1, help="List those after this profile.")]
_console = Console(soft_wrap=True, markup=False)


def list_broadcasts(
    workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """List broadcasts, and how each stands."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.broadcasts.all()
    if as_json:
        show_json(found)
        return
    table = Table("broadcast", "edition", "standing", "audience", "recipients", "started")
    for row in found:
        recipients = f"{row['recipients']:,}" if "recipients" in row else ""
        started = row.get("started_at") or ""
        table.add_row(row["broadcast"], row["edition"], row["standing"], row["audience"], recipients, started)
    _console.print(table)


def plan(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    sample: SampleOption = USUAL_SAMPLE,
    *,
    everybody: EverybodyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Tell who would get it now, who not and why, what it costs and how long it takes. Nothing is sent."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.broadcasts.plan(name, None if everybody else sample)
    if as_json:
        show_json(found)
        return
    typer.echo(f"Broadcast `{name}` to the audience `{found['audience']}`: {counted(found['recipients'], 'member')}.")
    if found["is_scaled"]:
        typer.echo(f"Asked about {found['asked']:,} of them; the counts are scaled to all.")
    later = f", {found['of_these_later']:,} of them later" if found["of_these_later"] else ""
    typer.echo(f"{found['would_get_it']:,} would get it{later}; {found['would_not']:,} would not:")
    for reason, count in found["reasons"].items():
        typer.echo(f"  {count:>10,}  {reason}")
    if found["cost"] is not None:
        typer.echo(f"Cost: about {found['cost']['amount']:,.2f} {found['cost']['currency']}.")
    if found["takes_at_least_s"]:
        typer.echo(f"It takes at least {_span(found['takes_at_least_s'])}.")
    if found["needs_approval"]:
        typer.echo("Somebody else must approve it after the start.")


def start(
    name: NameArgument,
    reason: WhyOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the list of recipients, and send; or wait for approval. A second start is refused."""
    _act(name, Act.START, (whoami(by), reason, None), workspace, data, as_json=as_json)


def approve(
    name: NameArgument,
    reason: WhyOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    edition: EditionOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Approve a broadcast that waits for it; whoever started it cannot."""
    _act(name, Act.APPROVE, (whoami(by), reason, edition), workspace, data, as_json=as_json)


def pause(
    name: NameArgument,
    reason: WhyOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    edition: EditionOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Stop a broadcast at once; nobody is lost, and `resume` goes on with those who are left."""
    _act(name, Act.PAUSE, (whoami(by), reason, edition), workspace, data, as_json=as_json)


def resume(
    name: NameArgument,
    reason: WhyOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    edition: EditionOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Go on with a paused broadcast."""
    _act(name, Act.RESUME, (whoami(by), reason, edition), workspace, data, as_json=as_json)


def cancel(
    name: NameArgument,
    reason: WhyOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    edition: EditionOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """End a broadcast for good; what went stays gone, and nobody else gets it."""
    _act(name, Act.CANCEL, (whoami(by), reason, edition), workspace, data, as_json=as_json)


def show(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    edition: EditionOption = None,
    state: StateOption = None,
    after: AfterOption = -1,
    limit: LimitOption = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show how a broadcast stands; with `--state` who is in that state."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.broadcasts.show(name, edition)
        if state is not None:
            page = answers.messages.broadcasts.recipients(name, edition, state, after, limit)
            found |= {"recipients_in_state": page["recipients"], "next": page["next"]}
    _show(found, as_json=as_json)


def _act(
    name: str,
    act: Act,
    told: tuple[str, str, str | None],
    workspace: Path,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.broadcasts.act(name, act, *told)
    _show(found, as_json=as_json)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    edition = f", edition `{found['edition']}`" if found["edition"] else ""
    recipients = counted(found["recipients"], "recipient")
    typer.echo(f"Broadcast `{found['broadcast']}`{edition}: {found['standing']}, {recipients}.")
    if found["standing"] == "waiting":
        typer.echo("Somebody else must approve it: `fieldfare broadcast approve`.")
    for state, count in found["states"].items():
        typer.echo(f"  {count:>10,}  {state}")
    for act in found["acts"]:
        typer.echo(f"{act['at']}  {act['act']} by {act['actor']}: {act['reason']}")
    for row in found.get("recipients_in_state", ()):
        typer.echo(f"  profile {row['profile_id']}  {row['state']}  {row['proposal_id'] or ''}")
    if found.get("next") is not None:
        typer.echo(f"There are more; give --after {found['next']}.")


def _span(seconds: int) -> str:
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return counted(seconds, "second")
    minutes = seconds // 60
    return counted(minutes, "minute") if minutes < 120 else counted(minutes // 60, "hour")  # noqa: PLR2004 - two hours
