"""The commands of ``experiments``: list them, design one or match its places before it starts, report on one.

They change nothing here.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.ground.errors import CallerError
from fieldfare.ground.workspace.model import parse_share

NameArgument = Annotated[str, typer.Argument(help="Experiment, or the journey whose holdout makes it.")]
ExposedOption = Annotated[
    bool,
    typer.Option(
        "--exposed",
        help="Where nothing is registered: count only those for whom the holdout alone decided whether a message went.",
    ),
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write the report as one page with plots into this file.")
]
_LEAST = 0.001
HoldoutOption = Annotated[str | None, typer.Option("--holdout", help="Try this share, such as `20 %`.")]
PerDayOption = Annotated[
    float | None, typer.Option("--units-per-day", min=0.001, help="How many come each day; as of late, if left out.")
]
DaysOption = Annotated[
    int | None,
    typer.Option("--days", min=1, max=3_650, help="For how many days they come; as registered, if left out."),
]
SizeOption = Annotated[
    int, typer.Option("--size", min=2, max=50, help="Places in a block: pairs, or more where shares are uneven.")
]
_console = Console(soft_wrap=True, markup=False)


def list_experiments(
    workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """List registered experiments, and the holdouts of journeys that nobody registered."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.registered.every()
    if as_json:
        show_json(found)
        return
    table = Table("experiment", "measures", "metric", "looks", title="Experiments", title_justify="left")
    for row in found:
        table.add_row(row["experiment"], row["subject"], row["metric"] or "no goal", row["looks"] or "not registered")
    _console.print(table)


def report(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    html: HtmlOption = None,
    *,
    exposed: ExposedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print the report of an experiment: what was registered, what may be said now, what it is worth."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        is_registered = answers.registered.knows(name)
        if exposed and is_registered:
            text = (
                f"`{name}` is registered: whom each metric counts stands in metrics.yaml (`per`). Leave --exposed out."
            )
            raise CallerError("option_unfit", text, field="exposed")
        if html is not None and not is_registered:
            text = f"`{name}` is not registered, so it has no page. Write `experiments/{name}.yaml`, or drop --html."
            raise CallerError("option_unfit", text, field="html")
        found = (
            answers.registered.report(name)
            if is_registered
            else answers.readout(name, "exposed" if exposed else "assigned")
        )
    if html is not None:
        html.write_text(found["page"], encoding="utf-8")
    if as_json:
        show_json({key: value for key, value in found.items() if key != "page"})
        return
    for line in found["report"]:
        typer.echo(line)


def design(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    holdout: HoldoutOption = None,
    units_per_day: PerDayOption = None,
    days: DaysOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell what a registered experiment can find, from this workspace's own base rates and variance."""
    share = parse_share(holdout) if holdout is not None else None
    if isinstance(share, str) or (share is not None and not _LEAST <= share <= 1 - _LEAST):
        message = f"`{holdout}` is no share of a holdout. Write a percentage from 0.1 to 99.9, such as `20 %`."
        raise typer.BadParameter(message)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.registered.design(name, share, units_per_day, days)
    if as_json:
        show_json(found)
        return
    for line in found["report"]:
        typer.echo(line)


def match(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    size: SizeOption = 2,
    *,
    as_json: JsonOption = False,
) -> None:
    """Match the places of an experiment with ``unit: location`` in blocks, and tell what they can find; as YAML."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.registered.match(name, size)
    if as_json:
        show_json(found)
        return
    for line in found["report"]:
        typer.echo(line)
