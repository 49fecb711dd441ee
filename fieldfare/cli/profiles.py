"""Commands about people: ``profiles show | timeline | identities | search | reveals``. They change nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import ProfileArgument, show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.traits import ActorOption, ReasonOption, RevealOption, wish_of
from fieldfare.flow.profile_answers import MOVED, EventFilter

AsOfOption = Annotated[str | None, typer.Option("--as-of", help="As the profile was at this instant.")]
_console = Console(soft_wrap=True, markup=False)  # names are a sender's words


def _followed(ask: Callable[[str], dict[str, Any]], told: str) -> dict[str, Any]:
    """Return the answer; where the profile was merged into another one, say so and ask for that."""
    found = ask(told)
    if found.get("code") != MOVED:
        return found
    typer.echo(found["message"], err=True)
    return ask(str(found["profile_id"]))


def show(
    told: ProfileArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, as_of: AsOfOption = None
) -> None:
    """Show one profile, now or as it was; personal values stay sealed."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(_followed(lambda who: answers.profiles.show(who, as_of), told))


def timeline(
    told: ProfileArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    event: Annotated[str | None, typer.Option("--event", help="Only events of this name.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="Only this type: track, identify, page …")] = None,
    first: Annotated[str | None, typer.Option("--from", help="From this date or date-time on.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Up to this date, or before this date-time.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="Most events to print.")] = 50,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Where the page before ended.")] = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    *,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """List a person's events, the newest first."""
    asked = EventFilter(
        event=event,
        kind=kind,
        first=first,
        last=last,
        limit=limit,
        cursor=cursor,
        reveal=wish_of(actor, reason, shows=reveal),
    )
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = _followed(lambda who: answers.profiles.timeline(who, asked), told)
    if as_json:
        show_json(found)
        return
    table = Table("occurred at", "event", "source", "location", "what", title=f"Profile {found['profile_id']}")
    for each in found["events"]:
        what = each["properties"] | each["sealed"]
        told_of = ", ".join(f"{name}: {value}" for name, value in what.items())
        table.add_row(each["occurred_at"], each["event"], each["source_system"], each["location"] or "", told_of)
    _console.print(table)
    if found["next"] is not None:
        typer.echo(f"There are more: --cursor {found['next']}")


def identities(
    told: ProfileArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    *,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show by which identifiers a person is known, what links them, and which questions wait."""
    wish = wish_of(actor, reason, shows=reveal)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = _followed(lambda who: answers.profiles.identities(who, wish), told)
    if as_json:
        show_json(found)
        return
    names = {each["hash"]: f"{each['kind']} {each['value']}" for each in found["identifiers"]}
    table = Table("identifier", "first seen", title=f"Profile {found['profile_id']}")
    for each in found["identifiers"]:
        table.add_row(names[each["hash"]], each["first_seen_at"])
    _console.print(table)
    links = Table("one", "other", "kind", "rule", "confidence", "since", "source", "retracted")
    for each in found["links"]:
        ends = [names.get(each[end], each[end][:8]) for end in ("a", "b")]
        retracted = f"{each['retracted_at']}: {each['retracted_because']}" if each["retracted_at"] else ""
        said = [each["kind"], each["rule"], str(each["confidence"]), each["occurred_at"], each["source"]]
        links.add_row(*ends, *said, retracted)
    _console.print(links)
    for hold in found["holds"]:
        ends = [names.get(hold[end], hold[end][:8]) for end in ("a", "b")]
        typer.echo(f"{hold['at']} {hold['status']} question {hold['id'][:12]}: {' and '.join(ends)}, {hold['reason']}")


def search(
    words: Annotated[str, typer.Argument(help="Profile id, kind:value, e-mail address, phone number, or names.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="Most profiles to print.")] = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """Find people by id, address or all words of a name; accents and case do not count."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.profiles.search(words, limit)
    if as_json:
        show_json(found)
        return
    table = Table("profile", "home location", "last seen", "identifiers")
    for each in found["profiles"]:
        known = ", ".join(f"{count} {kind}" for kind, count in each["identifiers"].items())
        table.add_row(str(each["profile_id"]), each["home_location"] or "", each["last_seen_at"], known)
    _console.print(table)
    if found["cut"]:
        typer.echo("There are more; give another word.")


def reveals(
    told: Annotated[str | None, typer.Argument(metavar="PROFILE", help="Only of this person.")] = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only what this one was shown.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="Most to print.")] = 50,
    cursor: Annotated[int | None, typer.Option("--cursor", help="Where the page before ended.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List who was shown sealed values, of whom and why, the newest first."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.profiles.reveals(told, actor, cursor, limit)
    if as_json:
        show_json(found)
        return
    table = Table("at", "who", "profile", "what", "reason")
    for each in found["reveals"]:
        table.add_row(each["at"], each["actor"], str(each["profile_id"]), each["what"], each["reason"])
    _console.print(table)
    if found["next"] is not None:
        typer.echo(f"There are more: --cursor {found['next']}")
