"""``fieldfare load``: bring a file's rows into the log as events. The work is :mod:`fieldfare.collect.load`'s.

In backfill mode, the default, nothing is sent because of the file: journeys listen to live events only. Interrupted
once, it ends behind a whole round and says so; the same command goes on from there, as it does after a crash.
"""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fieldfare.cli.mappings import find_mapping
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.collect.load import LoadOptions, LoadReport
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.preview import Preview, Rules
from fieldfare.collect.reconcile import Comparison, Kept
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.instants import DAY, to_iso
from fieldfare.ground.workspace.model import parse_duration

FileArgument = Annotated[
    Path, typer.Argument(help="CSV, TSV, JSON lines or Parquet file, also packed as .gz, .xz or .zst.")
]
MapOption = Annotated[
    str, typer.Option("--map", help="How rows become events: a mapping file, or the name of a mapping.")
]
LiveOption = Annotated[
    bool | None,
    typer.Option(
        "--live/--backfill",
        help="Live: an export of a living system, whose new events may start journeys. The default is the mapping's.",
    ),
]
MaxAgeOption = Annotated[
    str | None,
    typer.Option("--max-age", help="Live events are not older; the mapping's, else `2 days`. Older ones are backfill."),
]
SourceOption = Annotated[
    str | None, typer.Option("--source", help="Source of the workspace that the events come from; else the mapping's.")
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Load a file that was loaded before; what was seen counts once all the same.")
]
DryOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Store nothing; show what would be done, personal values as their kinds."),
]
CompareOption = Annotated[
    bool,
    typer.Option("--compare", help="Store nothing; count where the file and what was kept under its ids differ."),
]
RevealOption = Annotated[
    bool, typer.Option("--reveal", help="Let a dry run show personal values too; they are on your screen then.")
]
RowsOption = Annotated[int, typer.Option("--rows", min=0, help="Events that a dry run shows.")]
DEFAULT_MAX_AGE = 2 * DAY
_STOPPED = 130
console = Console(markup=False)  # names are a sender's words


def load(
    file: FileArgument,
    how: MapOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    source: SourceOption = None,
    max_age: MaxAgeOption = None,
    *,
    live: LiveOption = None,
    again: AgainOption = False,
    dry_run: DryOption = False,
    rows: RowsOption = 5,
    reveal: RevealOption = False,
    compare: CompareOption = False,
) -> None:
    """Load the rows of a file as events. Run again after an interruption, it goes on where it was."""
    wish = Wish(again=again, dry_run=dry_run, rows=rows, reveal=reveal, compare=compare)
    load_rows(file, how, workspace, data_folder(workspace, data), (source, max_age, live), wish)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be loaded."""

    again: bool = False
    dry_run: bool = False
    rows: int = 5
    reveal: bool = False
    compare: bool = False
    is_vouched: bool = False
    """Whoever loads answers for what people confirmed; for imports of consent."""


def load_rows(
    file: Path,
    how: str,
    workspace: Path,
    folder: Path,
    told: tuple[str | None, str | None, bool | None],
    wish: Wish,
) -> None:
    """Load a file; ``told``: its source, the greatest age and whether it is live, where the command says so."""
    from fieldfare.assembly.files import open_workspace
    from fieldfare.collect.mapping import settle
    from fieldfare.trust.consent.stamp import consent_stamp

    source, max_age, live = told
    compiled = open_workspace(workspace)
    mapping = settle(find_mapping(how, compiled), compiled.time_zone, source)
    if mapping.source not in compiled.sources:
        known = ", ".join(sorted(compiled.sources))
        text = (
            f"The source `{mapping.source}` is not in workspace.yaml, which has {known}. Add it there, or give "
            f"`--source` with one of them."
        )
        raise ConfigError("source_unknown", text)
    age = _live_max_age(mapping, max_age, live=live)
    if wish.dry_run:
        _dry_run(file, mapping, compiled, age, wish.rows, reveal=wish.reveal)
        return
    if wish.compare:
        _compare(file, mapping, compiled, workspace, folder)
        return
    with _Interruption() as interruption, _progress() as progress:
        task = progress.add_task(file.name, total=None)
        options = LoadOptions(
            live_max_age=age,
            policy=_policy(compiled),
            consent_version=consent_stamp(compiled.consent),
            is_vouched=wish.is_vouched,
            again=wish.again,
            stop=lambda: interruption.asked,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        report = _load(file, mapping, compiled, folder, options)
    tell(report)
    if report.is_stopped:
        console.print("Stopped. What was appended stays; the same command goes on from there.")
        raise typer.Exit(_STOPPED)


def _load(file: Path, mapping: FileMapping, workspace: Workspace, folder: Path, options: LoadOptions) -> LoadReport:
    from fieldfare.assembly.loads import StateLoadNotes
    from fieldfare.assembly.stores import open_stores
    from fieldfare.collect.load import load as load_file
    from fieldfare.flow.contract_history import record_contracts
    from fieldfare.flow.intake import seal_envelope
    from fieldfare.ground.clock import SystemClock

    stores = open_stores(folder)
    keep_days = workspace.keep_raw_days()[mapping.source]
    try:
        notes = StateLoadNotes(stores.state)
        clock = SystemClock()
        record_contracts(stores.state, workspace.contracts, clock.now())
        return load_file(
            file,
            mapping,
            stores.log.append,
            lambda each: seal_envelope(stores.keys, each, keep_days),
            clock,
            notes,
            options,
        )
    finally:
        stores.close()


def _policy(workspace: Workspace) -> Any:
    from fieldfare.collect.strip import field_policy

    sensitivities = {name: spec.sensitivity.value for name, spec in workspace.traits.items()}
    return field_policy(workspace.contracts, sensitivities)


def _live_max_age(mapping: FileMapping, max_age: str | None, *, live: bool | None) -> int | None:
    """Return how old a live event may be, ``None`` when everything is backfill."""
    if live is False or (live is None and mapping.live_max_age is None):
        if max_age is not None:
            text = "`--max-age` is given, but the file is backfill. Give `--live` too, or leave it out."
            raise CallerError("max_age_invalid", text, field="max_age")
        return None
    if max_age is None:
        return mapping.live_max_age or DEFAULT_MAX_AGE
    duration = parse_duration(max_age)
    if isinstance(duration, str):
        text = f"`--max-age {max_age}` is not a duration. {duration}"
        raise CallerError("max_age_invalid", text, field="max_age")
    return duration.us


def _dry_run(
    file: Path, mapping: FileMapping, workspace: Workspace, age: int | None, rows: int, *, reveal: bool
) -> None:
    from fieldfare.collect.preview import preview
    from fieldfare.ground.clock import SystemClock

    with _progress() as progress:
        task = progress.add_task(file.name, total=None)
        options = LoadOptions(
            live_max_age=age,
            policy=_policy(workspace),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        found = preview(file, mapping, SystemClock(), _rules(workspace, options), rows, reveal=reveal)
    tell_preview(found)


def _compare(file: Path, mapping: FileMapping, compiled: Workspace, workspace: Path, folder: Path) -> None:
    from fieldfare.cli.ask import answering
    from fieldfare.collect.preview import compare_file
    from fieldfare.ground.clock import SystemClock

    with answering(workspace, folder) as answers, _progress() as progress:
        task = progress.add_task(file.name, total=None)
        options = LoadOptions(
            policy=_policy(compiled),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        found = compare_file(
            file, mapping, SystemClock(), _rules(compiled, options), lambda ids: _kept(answers.sql, ids)
        )
    tell_comparison(found)


def _rules(workspace: Workspace, options: LoadOptions) -> Rules:
    from fieldfare.assembly.definitions import compile_definitions, hidden_fields, names_somebody

    definitions = compile_definitions(workspace)
    return Rules(
        options=options,
        settings=definitions.parse,
        contracts=workspace.contracts,
        names=names_somebody(workspace),
        hidden=hidden_fields(definitions),
    )


def _kept(sql: Callable[[str, int], dict[str, Any]], ids: list[str]) -> dict[str, Kept]:
    """Return what the lake keeps in clear of the events with these message ids."""
    if not ids:
        return {}
    quoted = ", ".join("'" + each.replace("'", "''") + "'" for each in ids)
    columns = "event_id, epoch_us(occurred_at), properties::VARCHAR"
    found = sql(f"SELECT {columns} FROM events WHERE event_id IN ({quoted})", len(ids))  # noqa: S608 - quoted
    return {row[0]: Kept(int(row[1]), msgspec.json.decode(row[2] or "{}")) for row in found["rows"]}


def tell_comparison(found: Comparison) -> None:
    """Print how a file agrees with what is kept."""
    table = Table(show_header=False, box=None)
    table.add_row("events that are kept as the file has them", f"{found.equal:,}")
    table.add_row("events that differ", f"{found.different:,}")
    table.add_row("events that are not kept", f"{found.absent:,}")
    table.add_row("rows that would be dead letters", f"{found.refused:,}")
    for label, counts in (
        ("differs", found.differing),
        ("only in the file", found.only_in_file),
        ("only in what is kept", found.only_kept),
    ):
        for name, count in counts.items():
            table.add_row(f"{label}: {name}", f"{count:,}")
    console.print(table)


def tell_preview(found: Preview) -> None:
    """Print what a load would do."""
    for item in found.shown:
        console.print_json(data=item)
    tell(found.report, appended="events to append", bad="bad rows")
    for reason, count in found.dead.items():
        console.print(
            f"  {count:,} would be dead letters: {reason}. The first: {found.first_dead[reason]}", markup=False
        )
    for event, field, sensitivity, why in found.sensitive:
        console.print(f"  {event}: `{field}` looks {sensitivity} and is not declared ({why})", markup=False)
    if found.unmapped:
        console.print(f"  columns not mapped: {', '.join(found.unmapped)}", markup=False)
    console.print("Nothing was stored.")


def tell(report: LoadReport, appended: str = "events appended", bad: str = "bad rows, now dead letters") -> None:
    """Print what became of the rows."""
    if report.finished_at is not None:
        at = to_iso(report.finished_at)[:16]
        console.print(f"This file was loaded whole on {at} UTC; nothing was done. `--again` loads it once more.")
        return
    table = Table(show_header=False, box=None)
    table.add_row("rows read", f"{report.rows:,}")
    table.add_row(appended, f"{report.events:,}")
    if report.already:
        table.add_row("appended by an earlier run, bad rows with them", f"{report.already:,}")
    if report.live:
        table.add_row("events that count as live", f"{report.live:,}")
    for label, count in report.skipped.items():
        table.add_row(f"left out: {label}", f"{count:,}")
    for field, count in report.removed_fields.items():
        table.add_row(f"removed, not allowed: {field}", f"{count:,}")
    for label, text in (("twice", "the earlier was taken"), ("never", "moved forward")):
        if report.clock_changes.get(label):
            table.add_row(f"local times that clocks show {label}: {text}", f"{report.clock_changes[label]:,}")
    table.add_row(bad, f"{report.bad:,}")
    console.print(table)
    for row, line, problem in report.first_bad:
        place = f"row {row}" if line is None or line == row else f"row {row}, line {line}"
        console.print(f"  {place}: {problem}", markup=False)


class _Interruption:
    """Catches the first Ctrl-C or end signal, so that a load ends behind a whole round; a second one ends it now."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        def stop(number: int, _frame: object) -> None:
            self.asked = True
            signal.signal(number, self._before[number])

        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, stop)
        return self

    def __exit__(self, *_: object) -> None:
        restore: Callable[..., Any] = signal.signal
        for number, handler in self._before.items():
            restore(number, handler)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn(), console=console
    )
