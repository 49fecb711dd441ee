"""``fieldfare load``: bring a file's rows into the log as events. The work is :mod:`fieldfare.collect.load`'s.

In backfill mode, the default, nothing is sent because of the file: journeys listen to live events only.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.collect.load import LoadReport
from fieldfare.collect.mapping import FileMapping
from fieldfare.ground.errors import ConfigError

FileArgument = Annotated[Path, typer.Argument(help="CSV, JSON lines or Parquet file, also .gz and .xz.")]
MapOption = Annotated[str, typer.Option("--map", help="How rows become events: a mapping file, or a mapping's name.")]
LiveOption = Annotated[
    bool, typer.Option("--live", help="Treat the events as happening now, so that journeys may start.")
]
console = Console()


def load(
    file: FileArgument,
    how: MapOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    live: LiveOption = False,
) -> None:
    """Load the rows of a file as events."""
    from fieldfare.assembly.files import open_workspace
    from fieldfare.assembly.stores import open_stores
    from fieldfare.collect.load import load as load_file
    from fieldfare.collect.model import Mode
    from fieldfare.collect.strip import field_policy
    from fieldfare.flow.contract_history import record_contracts
    from fieldfare.flow.intake import seal_envelope
    from fieldfare.ground.clock import SystemClock

    compiled = open_workspace(workspace)
    mapping = compiled.mappings[how] if how in compiled.mappings else read_mapping(Path(how))
    if mapping.source not in compiled.sources:
        known = ", ".join(sorted(compiled.sources))
        text = f"The mapping's source `{mapping.source}` is not in workspace.yaml, which has {known}. Name one of them."
        raise ConfigError("source_unknown", text)
    policy = field_policy(compiled.contracts, {name: str(spec.sensitivity) for name, spec in compiled.traits.items()})
    stores = open_stores(data_folder(workspace, data))
    keep = compiled.keep_raw_days()
    try:
        record_contracts(stores.state, compiled.contracts, SystemClock().now())
        with _progress() as progress:
            task = progress.add_task(file.name, total=None)
            report = load_file(
                file,
                mapping,
                stores.log.append,
                lambda envelope: seal_envelope(stores.keys, envelope, keep[envelope.source]),
                SystemClock(),
                mode=Mode.LIVE if live else Mode.BACKFILL,
                policy=policy,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    finally:
        stores.close()
    tell(report)


def read_mapping(path: Path) -> FileMapping:
    """Return the mapping of a file. Raises ``ConfigError`` with every problem, each with its line."""
    from fieldfare.flow.workspace import KINDS
    from fieldfare.ground.workspace.compile import compile_file

    try:
        raw: bytes | OSError = path.read_bytes()
    except OSError as error:
        raw = error
    loaded, problems = compile_file(KINDS["mapping"], path.name, raw)
    if loaded is None or loaded.noun is None:
        raise ConfigError("mapping_invalid", "\n".join(str(problem) for problem in problems))
    assert isinstance(loaded.noun, FileMapping)
    return loaded.noun


def tell(report: LoadReport) -> None:
    """Print what became of the rows."""
    table = Table(show_header=False, box=None)
    table.add_row("rows read", f"{report.rows:,}")
    table.add_row("events appended", f"{report.events:,}")
    for label, count in report.skipped.items():
        table.add_row(f"left out: {label}", f"{count:,}")
    for field, count in report.removed_fields.items():
        table.add_row(f"removed, not allowed: {field}", f"{count:,}")
    table.add_row("bad rows, now dead letters", f"{report.bad:,}")
    console.print(table)
    for row, problem in report.first_bad:
        console.print(f"  row {row}: {problem}")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn(), console=console
    )
