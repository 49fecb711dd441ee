"""``fieldfare seasons rehearse``: a peak, as it is expected and several times over with everything going wrong."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.status import Status

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.simulate import PeopleOption, PopulationOption, ReportOption, SeedOption, shares, through, written
from fieldfare.flow.rehearsal.model import Population
from fieldfare.flow.rehearsal.peak import LOADS, AskedPeak, told_peak

SeasonOption = Annotated[
    str | None, typer.Option("--season", help="Whose next peak is rehearsed; that which comes first if left out.")
]
LoadsOption = Annotated[
    list[int] | None, typer.Option("--load", help="How many times the usual load; may be given again. 1, 3 and 5.")
]
BREAKS = 2
"""Exit code when something breaks."""
_console = Console(stderr=True, soft_wrap=True, markup=False)


def rehearse(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    season: SeasonOption = None,
    population: PopulationOption = Population.GENERATED.value,
    people: PeopleOption = 1_000,
    seed: SeedOption = 7,
    load: LoadsOption = None,
    report: ReportOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Rehearse the next peak at growing loads, with faults, and say what breaks; exit code 0: nothing, 2: something."""
    loads = tuple(load) if load else LOADS
    asked = AskedPeak(season=season, population=population, people=people, seed=seed, loads=loads)
    with _console.status("rehearsing") as shown:
        found = _run(workspace, data_folder(workspace, data), asked, shown)
    written(found, report)
    if as_json:
        show_json(found)
    else:
        for line in told_peak(found):
            typer.echo(line)
    if any(each["verdict"] == "bad" for each in found["breaks"]):
        raise typer.Exit(BREAKS)


def _run(workspace: Path, folder: Path, asked: AskedPeak, shown: Status) -> dict[str, Any]:
    from fieldfare.cli.rehearsing import here

    is_real = asked.population == Population.REAL.value
    if is_real:
        from fieldfare.cli.ask import remote

        server = remote(folder)
        if server is not None:
            return through(server, "/api/v1/seasons/rehearse", msgspec.to_builtins(asked), shown)
    with here(workspace, folder, is_real=is_real) as runs:
        runs.check_peak(asked)
        return runs.rehearse(asked, shares(shown))
