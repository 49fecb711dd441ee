"""``fieldfare tasks``: the lists that people work through, who has taken what, and noting what is done."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.signing import ByOption, whoami
from fieldfare.flow.tasks import TaskFilter

ListOption = Annotated[str | None, typer.Option("--list", help="Only of this list.")]
StatusOption = Annotated[str, typer.Option("--status", help="`open`, `done` or `all`.")]
LocationOption = Annotated[str | None, typer.Option("--location", help="Only of this location.")]
AssigneeOption = Annotated[str | None, typer.Option("--assignee", help="Only of this person.")]
ProfileOption = Annotated[int | None, typer.Option("--profile", min=0, help="Only about this profile.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="Most tasks to list.")]
TaskArgument = Annotated[str, typer.Argument(help="Id of the task, as `fieldfare tasks list` shows it.")]
OverOption = Annotated[str | None, typer.Option("--over", help="Who has it now, and is taken it from.")]
_console = Console(soft_wrap=True, markup=False)


def list_tasks(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    name: ListOption = None,
    status: StatusOption = "open",
    location: LocationOption = None,
    assignee: AssigneeOption = None,
    profile: ProfileOption = None,
    limit: LimitOption = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """List tasks, those due first before the others. What they say is personal, and shown."""
    asked = TaskFilter(
        list=name,
        status=None if status == "all" else status,
        location=location,
        assignee=assignee,
        profile=profile,
        limit=limit,
    )
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.tasks.all(asked)
    if as_json:
        show_json(found)
        return
    if not found["tasks"]:
        typer.echo("No task fits." if found["open"] else "No task is open.")
        return
    table = Table(Column("task", no_wrap=True), "list", "due", "location", "who", "what")
    for row in found["tasks"]:
        who = row["done_by"] or row["assignee"] or ""
        table.add_row(row["id"], row["list"], row["due_at"] or "", row["location"] or "", who, row["title"])
    _console.print(table)
    if found["is_more"]:
        typer.echo("There are more; give --limit, or narrow the list.")


def done(
    task: TaskArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Note that a task is done."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.tasks.done(task, whoami(by))
    _tell(found, "Done by {done_by} at {done_at}: {title}", as_json=as_json)


def take(
    task: TaskArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    over: OverOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a task, so that others see who is on it."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.tasks.take(task, whoami(by), over)
    _tell(found, "{assignee} has it: {title}", as_json=as_json)


def give_back(
    task: TaskArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    by: ByOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Give a task back that you have taken: it waits for anybody again."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.messages.tasks.give_back(task, whoami(by))
    _tell(found, "It waits for anybody: {title}", as_json=as_json)


def _tell(found: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print a task as JSON, or as a text that names its fields in braces."""
    if as_json:
        show_json(found)
    else:
        typer.echo(text.format_map(found))
