"""Commands about seasons: what holds where, forecasts, proposed seasons and decisions on them, readiness."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder

LocationOption = Annotated[str | None, typer.Option("--location", help="A location or region; everywhere if left out.")]
FromOption = Annotated[str | None, typer.Option("--from", help="First day, `YYYY-MM-DD`; today if left out.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Last day; a year after the first if left out.")]
ActorOption = Annotated[str, typer.Option("--actor", help="Who decides.")]
NoteOption = Annotated[str, typer.Option("--note", help="Why, for whoever reads it later.")]
ProposalArgument = Annotated[str, typer.Argument(help="Id of a proposed season, as `seasons proposals` shows it.")]
EventArgument = Annotated[str, typer.Argument(help="Name of an event with a history, such as `checked_in`.")]
AheadOption = Annotated[int, typer.Option("--days", help="How many days ahead, 1 to 732.")]
EventOption = Annotated[str | None, typer.Option("--event", help="Event whose forecast sets the load; the busiest.")]
MostOption = Annotated[int, typer.Option("--most", min=1, max=200, help="How many runs of the journal.")]
StatusOption = Annotated[str | None, typer.Option("--status", help="Only `open`, `accepted` or `rejected` ones.")]
_console = Console(soft_wrap=True, markup=False)
_ROWS = 14
_WEEK = 7


def show(
    workspace: WorkspaceOption = Path(),
    location: LocationOption = None,
    first: FromOption = None,
    last: ToOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show which season phases hold in which places, by the folder's files, and when they come."""
    from fieldfare.flow.season_changes import changes_told
    from fieldfare.flow.season_view import asked_days, seasons_told
    from fieldfare.flow.workspace import read_workspace
    from fieldfare.ground.clock import SystemClock
    from fieldfare.ground.instants import today_in
    from fieldfare.network.calendars.holds import Calendar

    found = read_workspace(workspace)
    now = SystemClock().now()
    calendar = Calendar(found.seasons, found.locations, found.time_zone)
    days = asked_days(first, last, today_in(now, found.time_zone))
    told = seasons_told(calendar, found.locations, location, days, now) | {"changes": changes_told(found)}
    if as_json:
        show_json(told)
        return
    for group in told["places"]:
        phases = [name for name in group["phases"] if not name.endswith(".off")]
        typer.echo(f"{', '.join(group['places'])} ({group['time_zone']}): {', '.join(phases)} on {group['today']}")
        if not group["stretches"]:
            typer.echo(f"  no season between {told['from']} and {told['to']}\n")
            continue
        _console.print(_table(("season", "phase", "from", "to", "days"), group["stretches"]))
    if not told["changes"]:
        typer.echo("No phase changes anything: no file has `by_phase`, and no condition asks for a phase.")
        return
    typer.echo("What a phase changes:")
    rows = [{**each, "then": _shown(each["is_then"]), "else": _shown(each["otherwise"])} for each in told["changes"]]
    _console.print(_table(("phase", "file", "where", "key", "then", "else"), rows))


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def forecast(
    event: EventArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    location: LocationOption = None,
    days: AheadOption = 90,
    *,
    as_json: JsonOption = False,
) -> None:
    """Forecast the daily volume of an event by week, with its season, the start of the peak and the peak's load."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.seasons.forecast(event, location, days)
    if as_json:
        show_json(found)
        return
    if "not_computable" in found:
        typer.echo(f"There is no forecast of {event}: {found['not_computable']['why']}.")
        return
    error = found["error_in_backtests"]
    off = "" if error is None else f", off by {error:.0%} in backtests"
    typer.echo(f"{event}: {found['expected_total']:,.0f} in {days} days{off}; {found['form']}.")
    weeks = [_week(found["forecast"][at : at + _WEEK]) for at in range(0, len(found["forecast"]), _WEEK)]
    _console.print(_table(("week from", "a day", "80 % of days between"), weeks[:_ROWS]))
    if len(weeks) > _ROWS:
        typer.echo(f"and {len(weeks) - _ROWS} more weeks; --json shows every day.")
    _show_season(found)
    _console.print(
        _table(("kind", "expected", "most seen", "unit", "head-room"), [_need(e) for e in found["capacity"]])
    )


def propose(
    event: EventArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    location: LocationOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Look for seasons in the history of an event, and keep what is new as proposals to accept or reject."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.seasons.propose(event, location)
    if as_json:
        show_json(found)
        return
    if "not_computable" in found:
        typer.echo(f"No season can be seen in {event}: {found['not_computable']['why']}.")
    elif not found["proposals"]:
        typer.echo(f"{event} has no peak that is not in seasons.yaml already.")
    _show_proposals(found["proposals"])


def proposals(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    status: StatusOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List proposed seasons and what was decided on them."""
    if status not in {None, "open", "accepted", "rejected"}:
        text = f"`{status}` is no status. Write `open`, `accepted` or `rejected`."
        raise typer.BadParameter(text, param_hint="--status")
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.seasons.proposals(status)
    if as_json:
        show_json(found)
        return
    if not found:
        typer.echo("There are no proposed seasons. `fieldfare seasons propose EVENT` looks for some.")
    _show_proposals(found)


def accept(
    proposal: ProposalArgument,
    actor: ActorOption,
    note: NoteOption = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Accept a proposed season and print its entry for `seasons.yaml`; `fieldfare plan` shows what it would change."""
    found = _decide(workspace, data, proposal, ("accept", actor, note))
    if as_json:
        show_json(found)
        return
    verb = "Put this in place of the entry of" if found["replaces"] else "Put this under `seasons:` in"
    typer.echo(f"{verb} seasons.yaml, then run `fieldfare plan`:", err=True)
    typer.echo(found["yaml"], nl=False)


def reject(
    proposal: ProposalArgument,
    actor: ActorOption,
    note: NoteOption = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Reject a proposed season; the same is not proposed again."""
    found = _decide(workspace, data, proposal, ("reject", actor, note))
    if as_json:
        show_json(found)
        return
    typer.echo(f"Rejected {found['id']} ({found['season']}).")


def readiness(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    location: LocationOption = None,
    event: EventOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell what is ready for the next peak and what is not, each with what to do."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.readiness.report(location, event)
    if as_json:
        show_json(found)
        return
    peak = found["peak"]
    if peak is None:
        typer.echo("No peak comes within a year: seasons.yaml declares none here.")
    elif peak["in_days"] > 0:
        typer.echo(f"{peak['season']} peaks from {peak['from']} to {peak['to']}, in {peak['in_days']} days.")
    else:
        typer.echo(f"{peak['season']} is at its peak since {peak['from']}, until {peak['to']}.")
    typer.echo(f"Ready: {found['verdict']}. Load by the forecast of {found['event'] or 'nothing'}.")
    _console.print(_table(("check", "verdict", "found", "limit", "fix"), found["checks"]))


def work(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    most: MostOption = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show the work that the server does by itself in season phases, and the journal of what was done and found."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.schedule.show(most)
    if as_json:
        show_json(found)
        return
    if not found["work"]:
        typer.echo("Nothing is scheduled: there is no schedule.yaml, or it is empty.")
    else:
        rows = [
            each
            | {"phases": ", ".join(each["phases"]), "every": f"{each['every_days']} days", "due": _due(each)}
            | {"last": "never" if each["last"] is None else f"{each['last']['day']} {each['last']['outcome']}"}
            for each in found["work"]
        ]
        _console.print(_table(("work", "phases", "every", "due", "last"), rows))
    for run in found["journal"]:
        told = json.dumps(run["found"], ensure_ascii=False)
        typer.echo(f"{run['day']}  {run['work']}  {run['phase']}  {run['outcome']}  {told}")


def _due(each: dict[str, Any]) -> str:
    if not each["holds_now"]:
        return "not in this phase"
    return each["due_on"] or "now"


def _decide(workspace: Path, data: Path | None, proposal: str, said: tuple[str, str, str]) -> dict[str, Any]:
    with answering(workspace, data_folder(workspace, data)) as answers:
        return answers.seasons.decide(proposal, *said)


def _show_proposals(found: list[dict[str, Any]]) -> None:
    for each in found:
        decided = f" by {each['actor']}" if each["actor"] else ""
        typer.echo(f"{each['id']}  {each['season']}  {each['status']}{decided}\n  {each['question']}")


def _show_season(found: dict[str, Any]) -> None:
    season = found["season"]
    if season is None:
        typer.echo(f"No season can be seen: {found['season_not_computable']}.")
        return
    for peak in season["peaks"]:
        typer.echo(
            f"Peaks from {peak['from']} to {peak['to']} at {peak['factor']}x, {peak['seen']} of {peak['looked_at']}."
        )
    for each in found["onsets"]:
        typer.echo(f"{each['season']} begins {each['begins']} by {each['by']} (calendar: {each['calendar']}).")
        if "exact" in each:
            typer.echo(f"  To make it so, write in its entry: {each['exact']}")


def _week(days: list[dict[str, Any]]) -> dict[str, Any]:
    def mean(name: str) -> float:
        return sum(float(day[name]) for day in days) / len(days)

    between = f"{mean('low'):,.1f} to {mean('high'):,.1f}"
    return {"week from": days[0]["day"], "a day": f"{mean('expected'):,.1f}", "80 % of days between": between}


def _need(each: dict[str, Any]) -> dict[str, Any]:
    room = each["head_room"]
    numbers = {"expected": f"{each['expected']:,.2f}", "most seen": f"{each['most_seen']:,.2f}"}
    return each | numbers | {"head-room": "unknown" if room is None else f"{room:.1f}x"}


def _table(names: tuple[str, ...], rows: list[dict[str, Any]]) -> Table:
    table = Table(*(Column(name, overflow="fold") for name in names))
    for row in rows:
        table.add_row(*(str(row[name]) for name in names))
    return table
