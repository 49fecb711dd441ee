"""``fieldfare replay-decisions``: what changed rules would have decided for a span's proposals; changes nothing."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.simulate import ReportOption, through, written
from fieldfare.flow.redecide.diff import told_diff
from fieldfare.flow.redecide.run import AskedDecisions

ChangesOption = Annotated[Path, typer.Option("--changes", help="Folder of changed files, or a whole workspace.")]
FromOption = Annotated[str | None, typer.Option("--from", help="First day or date-time; thirty days back if left out.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Last day; now if left out.")]
_console = Console(stderr=True, soft_wrap=True, markup=False)


def replay_decisions(
    changes: ChangesOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    first: FromOption = None,
    last: ToOption = None,
    report: ReportOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Judge the proposals of a span anew by changed rules, and tell what differs."""
    from fieldfare.assembly.served import folder_files
    from fieldfare.cli.ask import remote
    from fieldfare.cli.rehearsing import here

    folder, files = data_folder(workspace, data), folder_files(changes)
    asked = AskedDecisions(first=first, last=last)
    server = remote(folder)
    with _console.status("judging anew") as shown:
        if server is not None:
            texts = {path: raw.decode("utf-8", "replace") for path, raw in files.items()}
            body: dict[str, Any] = {"from": first, "to": last, "changes": texts}
            found = through(server, "/api/v1/replay-decisions", body, shown)
        else:
            with here(workspace, folder, is_real=True) as runs:
                runs.check_decisions(asked, files)
                found = runs.redecide(asked, files)
    written(found, report)
    if as_json:
        show_json(found)
        return
    for line in told_diff(found):
        typer.echo(line)
