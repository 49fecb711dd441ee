"""``fieldfare replay``: read accepted events again under the definitions of now. Nothing is sent to anybody.

Through the running server when there is one, whose definitions then hold; else here. Either may be killed anywhere, and
the same command goes on where it was.
"""

import threading
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.status import Status
from rich.table import Table

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.replay_job import ReplayRequest
from fieldfare.ground.errors import CallerError

FromOption = Annotated[str | None, typer.Option("--from", help="Since this date or date-time.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Through this date, or before this date-time.")]
ByOption = Annotated[str, typer.Option("--by", help="The span is of when events were received, or when they occurred.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Only events from this source.")]
EventOption = Annotated[str | None, typer.Option("--event", help="Only this event, under all its names.")]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Only events of this person: a profile id, or kind:value.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
StatusOption = Annotated[bool, typer.Option("--status", help="Only tell how far the server's last replay is.")]
_console = Console(soft_wrap=True, markup=False)  # names are a sender's words
_LOOK_EVERY_S = 0.5


def replay(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    first: FromOption = None,
    last: ToOption = None,
    by: ByOption = "received",
    source: SourceOption = None,
    event: EventOption = None,
    profile: ProfileOption = None,
    *,
    dry_run: DryRunOption = False,
    status: StatusOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read accepted events again under the definitions of now, and fold again whose they are."""
    from fieldfare.cli.ask import Remote, remote

    asked = ReplayRequest(first=first, last=last, by=by, source=source, event=event, profile=profile, dry_run=dry_run)
    folder = data_folder(workspace, data)
    server: Remote | None = remote(folder)
    if status:
        if server is None:
            raise CallerError("server_missing", "No server runs on this data folder, so no replay runs either.")
        show_json(server.ask("GET", "/api/v1/replay"))
        return
    with _console.status("reading events again") as shown:
        report = _through(server, asked, shown) if server is not None else _here(workspace, folder, asked, shown)
    if as_json:
        show_json(report)
        return
    _tell(report)


def _through(server: Any, asked: ReplayRequest, shown: Status) -> dict[str, Any]:
    said = msgspec.to_builtins(asked)
    names = {"first": "from", "last": "to"}
    told = server.ask("POST", "/api/v1/replay", json={names.get(name, name): value for name, value in said.items()})
    wait = threading.Event()
    while told["state"] == "running":
        _show(shown, told["report"])
        wait.wait(_LOOK_EVERY_S)
        told = server.ask("GET", "/api/v1/replay")
    if told["state"] != "done":
        raise CallerError(
            "replay_failed", f"The server's replay did not finish ({told.get('code')}): {told.get('message')}"
        )
    report: dict[str, Any] = told["report"]
    return report


def _here(workspace: Path, folder: Path, asked: ReplayRequest, shown: Status) -> dict[str, Any]:
    from fieldfare.assembly.installation import open_backfill, open_replay_parts
    from fieldfare.cli.opened import opened
    from fieldfare.cli.serve import require_applied
    from fieldfare.flow.replay_job import run
    from fieldfare.flow.take_turns import drain_urgent
    from fieldfare.ground.log.ports import NORMAL

    with opened(workspace, folder) as (installation, lake):
        require_applied(installation)
        open_backfill(installation, lake).begin()
        pipeline = installation.pipeline
        if not asked.dry_run:  # what happened meanwhile is told to journeys first
            now = installation.clock.now()
            while drain_urgent(pipeline) + pipeline.apply(NORMAL) + pipeline.wake(now):
                pass
        parts = open_replay_parts(installation, lake)
        return run(asked, parts, lambda report: _show(shown, msgspec.to_builtins(report)))


def _show(shown: Status, report: dict[str, Any]) -> None:
    shown.update(f"{report['events']:,} events read again, {report['profiles']:,} profiles folded")


def _tell(report: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("events read again", f"{report['events']:,} ({report['from_log']:,} from the log)")
    table.add_row("rows that change", f"{report['changed_rows']:,}")
    for what, count in report["changes"].items():
        table.add_row(f"  in {what}", f"{count:,}")
    if report["unreadable"]:
        table.add_row("left alone, key destroyed", f"{report['unreadable']:,}")
    for reason, count in report["refused_now"].items():
        table.add_row(f"would be refused now, kept: {reason}", f"{count:,}")
    table.add_row("profiles folded", f"{report['profiles']:,}")
    for edge in ("joined", "left"):
        for audience, count in report[edge].items():
            table.add_row(f"  {edge} {audience}", f"{count:,}")
    _console.print(table)
    if report["dead_letters"]["would_pass"]:
        passing = report["dead_letters"]["would_pass"]
        typer.echo(f"{passing:,} dead letters would pass now; `fieldfare dead-letters repair --apply` takes them.")
    typer.echo("Nothing was changed." if report["dry_run"] else "Nothing was sent to anybody because of it.")
