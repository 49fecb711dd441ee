"""``fieldfare captured``: search what the capture channel kept instead of sending it. It changes nothing."""

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.captured import MailboxFilter

LastOption = Annotated[int, typer.Option("--last", min=1, max=1_000, help="How many, the newest first.")]
AddressOption = Annotated[
    str | None, typer.Option("--address", help="Only to this address, as kind:value (email:someone@example.com).")
]
ProfileOption = Annotated[int | None, typer.Option("--profile", min=0, help="Only to this profile.")]
TemplateOption = Annotated[str | None, typer.Option("--template", help="Only of this template.")]
ChannelOption = Annotated[str | None, typer.Option("--channel", help="Only by this channel.")]
FromOption = Annotated[str | None, typer.Option("--from", help="From this date or date-time on.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to this date, or before this date-time.")]
WordsOption = Annotated[str | None, typer.Option("--text", help="Only with all of these words, in any order.")]


def captured(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    last: LastOption = 3,
    address: AddressOption = None,
    profile: ProfileOption = None,
    template: TemplateOption = None,
    channel: ChannelOption = None,
    first: FromOption = None,
    until: ToOption = None,
    words: WordsOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show messages that were captured, the newest first, with their addresses and links."""
    asked = MailboxFilter(
        address=address,
        profile=profile,
        template=template,
        channel=channel,
        first=first,
        last=until,
        words=words,
        limit=last,
    )
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.mailbox.search(asked)
    if as_json:
        show_json(found)
        return
    for message in found["messages"]:
        typer.echo(f"{message['at']}  {message['template']} by {message['channel']} to {message['to']}")
        typer.echo(f"Subject: {message['subject']}\n\n{message['text']}\n")
        for name, value in message["headers"].items():
            typer.echo(f"{name}: {value}")
        typer.echo("-" * 78)
    if not found["messages"]:
        typer.echo("No captured message fits." if asked != MailboxFilter(limit=last) else "Nothing was captured yet.")
    elif found["is_more"]:
        typer.echo("There are more; give --last, or narrow the search.")
