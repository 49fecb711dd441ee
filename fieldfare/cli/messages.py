"""``fieldfare messages``: messages that did not go, one with all that is known of it, and replaying them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder
from fieldfare.cli.signing import ByOption, WhyOption, whoami
from fieldfare.flow.failed_messages import FailedFilter, ReplayRequest

ChannelOption = Annotated[str | None, typer.Option("--channel", help="Only by this channel.")]
StatusOption = Annotated[str | None, typer.Option("--status", help="Only failed, rejected or unknown ones.")]
JourneyOption = Annotated[str | None, typer.Option("--journey", help="Only of this journey, or of `broadcast:NAME`.")]
FromOption = Annotated[str | None, typer.Option("--from", help="Given up since this date or date-time.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Given up through this date, or before this date-time.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="Most messages to list.")]
IdsArgument = Annotated[list[str] | None, typer.Argument(help="Ids of messages; all that fit when left out.")]
IdArgument = Annotated[str, typer.Argument(help="Id of the message, `prp_…`.")]
WithinOption = Annotated[str, typer.Option("--within", help="How long they may still go, such as `1 day`.")]
UnknownOption = Annotated[
    bool,
    typer.Option("--even-unknown", help="Also those of which nobody knows whether they arrived: they may come twice."),
]
ApplyOption = Annotated[bool, typer.Option("--apply", help="Do it. Without this it is only counted.")]
_console = Console(soft_wrap=True, markup=False)


def failed(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    channel: ChannelOption = None,
    status: StatusOption = None,
    journey: JourneyOption = None,
    first: FromOption = None,
    last: ToOption = None,
    limit: LimitOption = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """Count messages that were given up, and list the newest with the last reason of each."""
    asked = FailedFilter(channel=channel, status=status, journey=journey, first=first, last=last, limit=limit)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.failed.overview(asked)
    if as_json:
        show_json(found)
        return
    if not found["counts"]:
        typer.echo("No message was given up.")
        return
    counts = Table("channel", "status", "journey", "messages")
    for row in found["counts"]:
        counts.add_row(row["channel"], row["status"], row["journey"], f"{row['count']:,}")
    _console.print(counts)
    newest = Table("message", "status", "template", "channel", "last tried", "detail")
    for row in found["messages"]:
        tried = row["last_tried_at"] or ""
        newest.add_row(row["id"], row["status"], row["template"], row["channel"], tried, row["detail"] or "")
    _console.print(newest)


def show(
    message: IdArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Show one message: every attempt, every receipt, what became of it."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.failed.show(message)
    if as_json:
        show_json(found)
        return
    typer.echo(f"{found['id']}: {found['template']} by {found['channel']}, {found['status']}; {found['journey']}.")
    for row in found["attempts"]:
        detail = f" ({row['detail']})" if row["detail"] else ""
        typer.echo(f"{row['granted_at']}  attempt {row['id']}: {row['outcome']}{detail}")
    for row in found["receipts"]:
        machine = " by a machine" if row["is_machine"] else ""
        typer.echo(f"{row['at']}  {row['status']}{machine} {row['code'] or ''}".rstrip())
    for row in found["replays"]:
        typer.echo(f"{row['at']}  replayed by {row['actor']}: {row['reason']} (was {row['was']})")
    typer.echo(f"As far as is known: {found['fate']['rank']}.")


def replay(
    reason: WhyOption,
    ids: IdsArgument = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    channel: ChannelOption = None,
    status: StatusOption = None,
    journey: JourneyOption = None,
    first: FromOption = None,
    last: ToOption = None,
    within: WithinOption = "1 day",
    by: ByOption = None,
    *,
    even_unknown: UnknownOption = False,
    apply: ApplyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put messages that were given up on their way again; the gate judges each anew."""
    chosen = FailedFilter(channel=channel, status=status, journey=journey, first=first, last=last, ids=tuple(ids or ()))
    asked = ReplayRequest(
        chosen=chosen, actor=whoami(by), reason=reason, within=within, even_unknown=even_unknown, apply=apply
    )
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.failed.replay(asked)
    if as_json:
        show_json(found)
        return
    if found["applied"]:
        typer.echo(f"{counted(found['replayed'], 'message')} will be judged anew.")
    else:
        typer.echo(f"{counted(found['messages'], 'message')} would be judged anew. Give --apply to do it.")
    if found["unknown_left_out"]:
        left = found["unknown_left_out"]
        typer.echo(f"Left out: {left:,} of unknown outcome, which may arrive twice. Give --even-unknown to take them.")
    if found["is_more"]:
        typer.echo("There are more; give the command again.")
