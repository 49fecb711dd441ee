"""Commands about audiences: who is in them, why, since when, how that grew, what is wrong, and taking them out.

An export is written beside its target and moved there when it is whole and on record. All others change nothing but
that somebody used an audience; ``reconcile`` keeps what it finds.
"""

import getpass
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import ProfileArgument, show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.traits import ActorOption
from fieldfare.flow.export_audience import ExportRequest
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.know.audiences.shipped import shipped_files

NameArgument = Annotated[str, typer.Argument(help="Name of the audience.", metavar="NAME")]
_console = Console(soft_wrap=True, markup=False)  # names are a workspace's words


def list_audiences(
    workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """List the audiences with their sizes, what they mean, who uses them and what is wrong with them."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.overview()
    if as_json:
        show_json(found)
        return
    table = Table("audience", "size", "refresh", "owner", "used by", "flags", "meaning")
    for row in found:
        refresh = row["refresh"] if row["is_exact"] else f"{row['refresh']}, not exact"
        flags, users = ", ".join(row["flags"]), ", ".join(row["used_by"])
        table.add_row(row["audience"], f"{row['size']:,}", refresh, row["owner"], users, flags, row["meaning"])
    _console.print(table)


def show(
    name: NameArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Show one audience: size, what it is for, versions of its definition, uses, findings, last run."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found, lines = answers.audiences.show(name), answers.audiences.explain(name)["lines"]
    if as_json:
        show_json(found)
        return
    for line in lines:
        _console.print(line)
    _console.print(f"Members: {found['size']:,}")
    for each in found["follows"]:
        where = f" in {', '.join(each['places'])}" if each["places"] else ""
        at = "at once" if each["next_at"] is None else f"next at {each['next_at']} ({each['refresh']})"
        _console.print(f"Follows{where} {at}")
    run = found["last_run"]
    if run is not None and not run["ok"]:
        _console.print(f"The last run of its query failed at {run['at']}: {run['message']} [{run['code']}]")
        _console.print(f"Its members are those of {run['succeeded_at'] or 'no run yet'}.")
    _console.print(_rows("Definitions", ("version", "at", "definition", "meaning"), found["versions"]))
    _console.print(_rows("Uses", ("what", "at", "times"), found["uses"]))
    _console.print(_findings(found["findings"]))


def explain(
    name: NameArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Say in plain English who is in an audience and what it is for."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.explain(name)
    if as_json:
        show_json(found)
        return
    for line in found["lines"]:
        _console.print(line)


def why(
    told: ProfileArgument,
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say why a profile is in an audience or not, part by part, and when that changes next by itself."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.why(told, name)
    if as_json:
        show_json(found)
        return
    since = f"is in {name} since {found['joined_at']}" if found["is_member"] else f"is not in {name}"
    _console.print(f"Profile {found['profile_id']} {since}, as of {found['as_of']}.")
    if not found["is_exact"]:
        _console.print("It is decided by a query that runs on a schedule, and is not exact.")
    elif found["holds_now"] is not None and found["holds_now"] is not found["is_member"]:
        when = found["follows_at"]
        _console.print(f"The condition says otherwise now; the membership follows {f'at {when}' if when else 'soon'}.")
    table = Table("holds", "value", "until", "what is asked")
    for part in found["parts"]:
        truth = {True: "yes", False: "no", None: "not computable"}[part["truth"]]
        value = "" if part["value"] is None else str(part["value"])
        table.add_row(truth, value, part["next_change_at"] or "something happens", "  " * part["depth"] + part["text"])
    _console.print(table)


def members(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    at: Annotated[str | None, typer.Option("--at", help="Who was in it at this date or date-time.")] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Go on after this profile id.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most members to print.")] = 100,
    *,
    as_json: JsonOption = False,
) -> None:
    """List who is in an audience, or was at an instant, and since when."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.members(name, at, after, limit)
    if as_json:
        show_json(found)
        return
    _console.print(
        _rows(f"{name}: {found['size']:,} as of {found['as_of']}", ("profile_id", "joined_at"), found["members"])
    )
    if found["next"] is not None:
        typer.echo(f"There are more: --after {found['next']}")


def history(
    told: ProfileArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """List every stay of a person in an audience: from when to when, why, by which version of its definition."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.history(told)
    if as_json:
        show_json(found)
        return
    columns = ("audience", "joined_at", "joined_by", "left_at", "left_by", "version")
    _console.print(_rows(f"Profile {found['profile_id']}", columns, found["stays"]))


def growth(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3_650, help="So many last days.")] = 30,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show who joined and left on each day, and how large the audience was at its end."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.growth(name, days)
    if as_json:
        show_json(found)
        return
    _console.print(_rows(name, ("day", "joined", "joined_live", "left", "size"), found["days"]))


def overlap(
    names: Annotated[
        list[str] | None, typer.Argument(help="Audiences; all when left out.", metavar="[NAME]...")
    ] = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show how many people are in each two audiences."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.overlap(names or [])
    if as_json:
        show_json(found)
        return
    shown = [each["audience"] for each in found["audiences"]]
    table = Table("in both", *shown)
    for audience, row in zip(shown, found["both"], strict=True):
        table.add_row(audience, *(f"{number:,}" for number in row))
    _console.print(table)
    _say_estimated(found)


def _say_estimated(found: dict[str, Any]) -> None:
    if found["is_estimate"]:
        typer.echo(f"These are estimates: one of {found['looked_at_one_in']:,} people was looked at.")


def breakdown(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: Annotated[str, typer.Option("--by", help="`location`, `stage`, or the name of a trait.")] = "location",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="Most values to print.")] = 50,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show the members by location, by stage or by a trait."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audiences.breakdown(name, by, limit)
    if as_json:
        show_json(found)
        return
    rows = [
        {**row, "value": "none" if row["value"] is None else row["value"], "share": f"{row['share']:.1%}"}
        | {"share_of_value": f"{row['share_of_value']:.1%}"}
        for row in found["values"]
    ]
    _console.print(
        _rows(f"{name} by {by}: {found['size']:,}", ("value", "members", "share", "profiles", "share_of_value"), rows)
    )
    if found["others"]:
        typer.echo(f"{found['others']:,} more have other values; give --limit for more.")
    _say_estimated(found)


def reconcile(
    name: Annotated[str | None, typer.Argument(help="One audience; all when left out.", metavar="[NAME]")] = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    latest: Annotated[bool, typer.Option("--latest", help="Show what the last look found, without looking.")] = False,
    *,
    as_json: JsonOption = False,
) -> None:
    """Compare memberships with the lake's answers; exit code 1 when any differs."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.audience_health.latest() if latest else answers.audience_health.run(name)
    if as_json:
        show_json(found)
    elif found["day"] is None:
        typer.echo("Nobody has looked yet: it is done once a day; without --latest it is done now.")
    else:
        told = [each for each in found["findings"] if not each["ok"] or each["metric"] == "differences"]
        _console.print(_findings(told))
        columns = ("audience", "profile_id", "kept", "recorded", "answered", "evaluated")
        if found["differences"]:
            _console.print(_rows("Differences: each is a defect, report it", columns, found["differences"]))
        else:
            typer.echo("Kept memberships, recorded changes and the lake's answers agree.")
    if found["differences"]:
        raise typer.Exit(1)


def refresh(
    name: NameArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Run the query of an audience by `sql` now; exit code 1 when it fails."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.queried.run(name)
    if as_json:
        show_json(found)
    elif found["ok"]:
        unknown = f"; {found['unknown']:,} ids are no profiles" if found["unknown"] else ""
        typer.echo(f"{name} has {found['members']:,} members{unknown}.")
    else:
        typer.echo(f"The query failed, and the members stay as they were. {found['message']} [{found['code']}]")
    if not found["ok"]:
        raise typer.Exit(1)


def export(
    name: NameArgument,
    to: Annotated[Path, typer.Option("--to", help="File to write: .csv, .jsonl or .parquet.")],
    purpose: Annotated[str, typer.Option("--purpose", help="Purpose of `consent.yaml` that it is for.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is taken out; kept on record.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    actor: ActorOption = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Only whom the purpose may reach by it.")] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="Trait, `home_location`, `stage` or `identifier:KIND`; repeat.")
    ] = None,
    *,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Write sealed values in clear; a reveal of each person is recorded.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Export whom a purpose may reach; without --reveal what is sealed is a keyed hash."""
    asked = ExportRequest(
        audience=name,
        purpose=purpose,
        actor=actor or getpass.getuser(),
        reason=reason,
        form=to.suffix.lower().removeprefix(".") or "csv",
        channel=channel,
        fields=tuple(field or ()),
        reveal=reveal,
    )
    if not to.parent.is_dir():
        message = f"There is no folder {to.parent} to write {to.name} into. Make it, or name another."
        raise CallerError("export_invalid", message, field="to")
    with answering(workspace, data_folder(workspace, data)) as answers:
        handle, beside = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
        try:
            with os.fdopen(handle, "wb") as sink:
                found = answers.exports.run(asked, sink)
            Path(beside).replace(to)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    if as_json:
        show_json(found)
        return
    typer.echo(f"wrote {to}: {found['rows']:,} of {name} for {purpose}; {found['withheld']:,} withheld for consent.")


def exports(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    audience: Annotated[str | None, typer.Option("--audience", help="Only of this audience.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="Most exports to print.")] = 100,
    *,
    as_json: JsonOption = False,
) -> None:
    """List exports on record: who took which fields of whom, when, what for and why."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.exports.latest(audience, limit)
    if as_json:
        show_json(found)
        return
    rows = [{**row, "fields": ", ".join(row["fields"])} for row in found]
    columns = ("at", "actor", "audience", "purpose", "channel", "rows", "withheld", "revealed", "fields", "reason")
    _console.print(_rows("Exports", columns, rows))


def shipped() -> None:
    """List the audiences that come with Fieldfare."""
    table = Table("audience", "description")
    for name, text in shipped_files().items():
        described = next((line for line in text.splitlines() if line.startswith("description: ")), "")
        table.add_row(name, described.removeprefix("description: "))
    _console.print(table)


def take(
    names: Annotated[list[str], typer.Argument(help="Shipped audiences.", metavar="NAME...")],
    workspace: WorkspaceOption = Path(),
) -> None:
    """Copy shipped audiences into the workspace, to be changed there; a file that is there is left alone."""
    files = shipped_files()
    unknown = [name for name in names if name not in files]
    if unknown:
        message = f"No audience `{unknown[0]}` is shipped. `fieldfare audiences shipped` lists them."
        raise ConfigError("audience_not_shipped", message)
    folder = workspace / "audiences"
    there = [name for name in names if (folder / f"{name}.yaml").exists()]
    if there:
        message = f"audiences/{there[0]}.yaml is there already and was left as it is. Remove or rename it first."
        raise ConfigError("audience_there", message)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.yaml").write_text(files[name], encoding="utf-8")
        typer.echo(f"wrote audiences/{name}.yaml")
    typer.echo("Next: `fieldfare validate` names what of it your contracts and traits do not have.")


def _findings(found: list[dict[str, Any]]) -> Table:
    table = Table("audience", "metric", "value", "threshold", "")
    for each in found:
        threshold = "" if each["threshold"] is None else f"{each['threshold']:g}"
        mark = "ok" if each["ok"] else "NOT OK"
        table.add_row(each["audience"], each["metric"], f"{each['value']:g}", threshold, mark)
    return table


def _rows(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Table:
    table = Table(*(column.replace("_", " ") for column in columns), title=title, title_justify="left")
    for row in rows:
        cells = [row[column] for column in columns]
        table.add_row(*("" if cell is None else f"{cell:,}" if type(cell) is int else str(cell) for cell in cells))
    return table
