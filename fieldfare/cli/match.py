"""``fieldfare identity``: look for profiles that may be one person; see what sources share. Neither joins anybody."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder
from fieldfare.ground.errors import CallerError

if TYPE_CHECKING:
    from fieldfare.assembly.audits import FileRead

_console = Console(soft_wrap=True, markup=False)


class MatcherName(StrEnum):
    """How profiles are compared."""

    EXACT = "exact"
    SPLINK = "splink"


def suggest(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    matcher: Annotated[
        MatcherName, typer.Option("--matcher", help="`exact`: fixed rules; `splink`: a model learnt from the profiles.")
    ] = MatcherName.EXACT,
    least: Annotated[
        int, typer.Option("--least", min=1, max=99, help="Ask only above this confidence, in percent.")
    ] = 50,
    model: Annotated[
        Path | None, typer.Option("--model", help="Score by this kept model instead of training one.")
    ] = None,
    memory_mb: Annotated[
        int, typer.Option("--memory-mb", min=128, help="Memory for comparing, in megabytes; nothing spills to disk.")
    ] = 1024,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the questions, and ask none.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look for profiles that may be one person, and put the questions into the review queue. It joins nobody."""
    from fieldfare.assembly.identity import suggested

    folder = data_folder(workspace, data)
    found = suggested(workspace, folder, matcher, least / 100, model, memory_mb, asks=not dry_run)
    if as_json:
        show_json(found)
        return
    _console.print(f"{counted(found['profiles'], 'profile')}, model {found['model']} (kept as {found['kept_as']})")
    table = Table("profile", "profile", "confidence", "why", title=counted(found["questions"], "question"))
    for each in found["surest"]:
        table.add_row(str(each["a"]), str(each["b"]), f"{each['confidence']} %", each["why"])
    _console.print(table)
    if found["new"] is not None:
        _console.print(f"New in the review queue: {found['new']:,}. `fieldfare identity holds` lists all that wait.")


def audit(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="How many days to look at.")] = 7,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file that is not loaded yet, to be looked at beside the sources.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="How its rows become events: a mapping file, or a mapping's name.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show which identifiers each source sends, whom two sources share, and what joining them would match."""
    from fieldfare.cli.ask import answering

    if (file is None) is not (mapping is None):
        text = "`--file` and `--mapping` belong together: the mapping says how rows become events. Give both or none."
        raise CallerError("mapping_missing", text, field="mapping")
    folder = data_folder(workspace, data)
    read = _read(file, mapping, workspace, folder) if file is not None and mapping is not None else None
    with answering(workspace, folder) as answers:
        found = answers.audit_identity(days, read.met if read is not None else ())
    if read is not None:
        found["file"] = {"events": read.events, "refused": read.refused, "cut": read.is_cut}
    if as_json:
        show_json(found)
        return
    if read is not None:
        _console.print(f"The file makes {counted(read.events, 'event')}; {read.refused:,} would be dead letters.")
        if read.is_cut:
            _console.print(f"Only its first {len(read.met):,} identifiers were looked at.")
    show_audit(found, days)


def _read(file: Path, mapping: str, workspace: Path, folder: Path) -> "FileRead":
    from fieldfare.assembly.audits import read_file
    from fieldfare.assembly.files import open_workspace
    from fieldfare.cli.mappings import find_mapping
    from fieldfare.collect.mapping import settle

    compiled = open_workspace(workspace)
    return read_file(file, settle(find_mapping(mapping, compiled), compiled.time_zone, None), compiled, folder)


def show_audit(found: dict[str, Any], days: int) -> None:
    """Print an audit as tables."""
    kinds = found["kinds"]
    table = Table("source", "people", "can be joined", *kinds, title=f"People with each identifier, last {days} days")
    for name, told in found["sources"].items():
        shares = (f"{told['with'][kind]:.0%}" for kind in kinds)
        table.add_row(name, f"{told['people']:,}", f"{told['joinable']:.0%}", *shares)
    _console.print(table)
    for pair in found["pairs"]:
        shared = ", ".join(f"{count:,} {kind}" for kind, count in pair["shared"].items()) or "nothing"
        _console.print(
            f"  {pair['one']} and {pair['other']} share {shared}; expected match rate {pair['match_rate']:.0%}"
        )
    for flag in found["flags"]:
        _console.print(f"  {flag}")
