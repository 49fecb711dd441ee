"""``fieldfare mappings``: which mappings there are, the workspace's own and the shipped ones, and what one says."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.options import WorkspaceOption
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.mappings import shipped_mappings
from fieldfare.flow.workspace import KINDS, Workspace
from fieldfare.flow.workspace_references import rename_events
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.workspace.compile import compile_file
from fieldfare.ground.workspace.model import Kind

NameArgument = Annotated[str, typer.Argument(help="Name of a shipped mapping.", metavar="NAME")]
console = Console(markup=False)  # names are a sender's words


def list_mappings(workspace: WorkspaceOption = Path()) -> None:
    """List the mappings that `--map` knows by name."""
    from fieldfare.assembly.files import open_workspace

    has_workspace = (workspace / KINDS["workspace"].pattern).exists()
    own = open_workspace(workspace).mappings if has_workspace else {}
    table = Table("mapping", "source", "from", box=None)
    for name, mapping in own.items():
        table.add_row(name, mapping.source, "workspace")
    for name, raw in shipped_mappings().items():
        if name not in own:
            table.add_row(name, _compile(f"{name}.yaml", raw, None).source, "shipped")
    console.print(table)


def show(name: NameArgument) -> None:
    """Print a shipped mapping, for example to keep it in the workspace and change it."""
    shipped = shipped_mappings()
    if name not in shipped:
        text = f"There is no shipped mapping `{name}`. There are: {', '.join(shipped)}."
        raise CallerError("mapping_unknown", text, field="name")
    typer.echo(shipped[name].decode(), nl=False)


def find_mapping(how: str, workspace: Workspace) -> FileMapping:
    """Return the mapping of a name (the workspace's own, then the shipped ones) or of a file.

    Event names are made canonical, as those of the workspace's files are. Raises ``ConfigError`` ``mapping_invalid``
    with every problem and its line.
    """
    if how in workspace.mappings:
        return workspace.mappings[how]
    shipped = shipped_mappings()
    if how in shipped and not Path(how).is_file():
        return _compile(f"{how}.yaml", shipped[how], workspace)
    path = Path(how)
    try:
        raw: bytes | OSError = path.read_bytes()
    except OSError as error:
        if not path.suffix:
            known = ", ".join([*workspace.mappings, *shipped])
            text = f"There is neither a mapping nor a file `{how}`. Mappings: {known}."
            raise CallerError("mapping_unknown", text, field="map") from error
        raw = error
    return _compile(path.name, raw, workspace)


def _compile(file: str, raw: bytes | OSError, workspace: Workspace | None) -> FileMapping:
    def canonical(kind: Kind, value: Any) -> Any:
        return value if workspace is None else rename_events(kind.name, value, workspace.contracts.canonical)

    loaded, problems = compile_file(KINDS["mapping"], file, raw, canonical)
    if loaded is None or loaded.noun is None:
        raise ConfigError("mapping_invalid", "\n".join(str(problem) for problem in problems))
    assert isinstance(loaded.noun, FileMapping)
    return loaded.noun
