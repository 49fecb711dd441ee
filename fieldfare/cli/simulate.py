"""``fieldfare simulate``: people through the true pipeline on a simulated clock, and what would have happened.

With a file of recorded calls these are played into an empty data folder. Without one, generated people, or a copy of
the people there are, live through a span of time in a folder that is thrown away; the report stays.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.status import Status

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.rehearsal.model import Asked, Population
from fieldfare.ground.errors import CallerError

CallsArgument = Annotated[
    Path | None,
    typer.Argument(help="JSON lines, each a Segment-style call with `type` and `timestamp`; also .gz and .xz."),
]
SourceOption = Annotated[
    str | None, typer.Option("--source", help="Of recorded calls: the workspace's source that they come from.")
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="Of recorded calls: last instant (ISO 8601); a day after the last call if left out."),
]
FromOption = Annotated[str | None, typer.Option("--from", help="First day or date-time; today if left out.")]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Last day; a year of generated people, 90 days of real ones if left out.")
]
PopulationOption = Annotated[
    str, typer.Option("--population", help="`generated` people, or `real`: a copy of those in the data folder.")
]
PeopleOption = Annotated[int, typer.Option("--people", help="How many generated people.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of everything that is generated.")]
LoadOption = Annotated[int, typer.Option("--load", help="How many times the usual load.")]
FaultOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        help="outage-at-peak, duplicates, moving-zones, late-webhooks, merges, partial-consent; may be given again.",
    ),
]
ChangesOption = Annotated[
    Path | None,
    typer.Option("--changes", help="Folder of changed files, or a whole workspace: both sets of rules, side by side."),
]
SpeedOption = Annotated[
    float | None, typer.Option("--speed", min=0.001, help="Simulated seconds a second at most; all it can if left out.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write the report as JSON to this file too.")]
_console = Console(stderr=True, soft_wrap=True, markup=False)
_LOOK_EVERY_S = 0.5


def simulate(
    calls: CallsArgument = None,
    source: SourceOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    until: UntilOption = None,
    first: FromOption = None,
    last: ToOption = None,
    population: PopulationOption = Population.GENERATED.value,
    people: PeopleOption = 1_000,
    seed: SeedOption = 7,
    load: LoadOption = 1,
    fault: FaultOption = None,
    changes: ChangesOption = None,
    speed: SpeedOption = None,
    report: ReportOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let people live through a span of time on a simulated clock, and say what would have happened."""
    folder = data_folder(workspace, data)
    if calls is not None:
        from fieldfare.cli.recorded import play_calls

        if source is None:
            text = "Recorded calls come from a source of the workspace. Name it with `--source`."
            raise CallerError("source_unnamed", text, field="source")
        play_calls(calls, source, workspace, folder, until)
        return
    asked = Asked(
        first=first,
        last=last,
        population=population,
        people=people,
        seed=seed,
        load=load,
        faults=tuple(fault or ()),
    )
    with _console.status("simulating") as shown:
        found = _run(workspace, folder, asked, changes, speed, shown)
    timings = found.pop("timings")
    written(found, report)
    if as_json:
        show_json(found)
    else:
        from fieldfare.flow.rehearsal.tell import told_simulation

        for line in told_simulation(found):
            typer.echo(line)
    seconds, events = sum(each["seconds"] for each in timings), sum(each["events"] for each in timings)
    typer.echo(f"simulated in {seconds:,.1f} s, {events / max(seconds, 0.001):,.0f} events a second", err=True)


def written(found: dict[str, Any], report: Path | None) -> None:
    """Write a result to a file, where one is named. Raises ``CallerError`` ``report_unwritable``."""
    if report is None:
        return
    try:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    except OSError as error:
        text = f"The report cannot be written to {report}: {error.strerror}. Name another file."
        raise CallerError("report_unwritable", text, field="report") from error


def shares(shown: Status) -> Callable[[str, float], None]:
    """Return what shows how far a run is."""
    return lambda running, share: shown.update(f"simulating, {running}: {share:.0%}")


def _run(
    workspace: Path, folder: Path, asked: Asked, changes: Path | None, speed: float | None, shown: Status
) -> dict[str, Any]:
    from fieldfare.assembly.served import folder_files
    from fieldfare.cli.rehearsing import here

    if asked.population != Population.REAL.value or speed is not None:
        server = None
    else:
        from fieldfare.cli.ask import remote

        server = remote(folder)
    files = folder_files(changes) if changes is not None else None
    if server is None:
        with here(workspace, folder, is_real=asked.population == Population.REAL.value) as runs:
            return runs.simulate(asked, files, shares(shown), speed)
    said = msgspec.to_builtins(asked)
    body = {{"first": "from", "last": "to"}.get(name, name): value for name, value in said.items()}
    if files is not None:
        body["changes"] = {path: raw.decode("utf-8", "replace") for path, raw in files.items()}
    return through(server, "/api/v1/simulations", body, shown)


def through(server: Any, path: str, body: dict[str, Any], shown: Status) -> dict[str, Any]:
    """Let a server run it, and wait. Raises ``CallerError`` ``rehearsal_failed``."""
    told = server.ask("POST", path, json=body)
    wait = threading.Event()
    while told["state"] == "running":
        shares(shown)(told["running"], told["share"])
        wait.wait(_LOOK_EVERY_S)
        told = server.ask("GET", path)
    if told["state"] != "done":
        text = f"The server did not finish it ({told.get('code')}): {told.get('message')}"
        raise CallerError("rehearsal_failed", text)
    result: dict[str, Any] = told["result"]
    return result
