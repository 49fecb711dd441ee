"""``fieldfare demo``: the main job on generated or real input, told in one page, then served.

Without ``--data`` a generated network of clubs lives through a year; with the folder of the online-retail data set the
real orders of two years are played. Either way the true pipeline runs on a simulated clock, every message goes to the
capture channel, and what is generated is labelled so.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_answers, open_simulation
from fieldfare.assembly.served import folder_files
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.door import LOOPBACK
from fieldfare.cli.serve import run
from fieldfare.cli.signing import whoami
from fieldfare.cli.summary import Story, tell
from fieldfare.collect.load import LoadReport, read_calls
from fieldfare.flow.generate import fitness, retail
from fieldfare.flow.generate.effects import TRUE_EFFECTS
from fieldfare.flow.simulate import Call, Reacts, Sent
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.clock import ShiftedClock, SimulatedClock, SystemClock
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.instants import DAY, Instant, parse_iso

MEMBERS = 1_200
SEED = 7
FITNESS_START = parse_iso("2024-12-31T23:00:00+00:00")
FITNESS_DAYS = 365
DEMO_KEY = ("FIELDFARE_WRITE_KEY", "demo")
"""The examples' write key, where the environment has none."""
MARK = ".fieldfare-demo"
console = Console()

InputOption = Annotated[
    str, typer.Option("--data", help="Folder of the online-retail data set; empty: a generated fitness network.")
]
ExamplesOption = Annotated[Path, typer.Option("--examples", help="Folder of the example workspaces.")]
OutOption = Annotated[
    Path, typer.Option("--out", help="Folder for the demo's data; emptied first when an earlier demo made it.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of everything that is generated.")]
MembersOption = Annotated[int, typer.Option("--members", min=10, help="Members of the generated network.")]
ServeOption = Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the result until stopped.")]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One demo: which workspace lives through which calls."""

    workspace: Path
    source: str
    calls: Iterable[Call]
    start: Instant
    end: Instant
    react: Reacts | None
    story: Story


def demo(
    data: InputOption = "",
    examples: ExamplesOption = Path("examples"),
    out: OutOption = Path("build/demo"),
    seed: SeedOption = SEED,
    members: MembersOption = MEMBERS,
    *,
    serve: ServeOption = True,
) -> None:
    """Walk a year (or two real ones) through the true pipeline, print what happened, then serve it."""
    os.environ.setdefault(*DEMO_KEY)
    if not (examples / "fitness").is_dir():
        text = f"There are no example workspaces in {examples}. Run it in the checkout, or give --examples FOLDER."
        raise ConfigError("demo_examples_missing", text)
    plan = _retail(Path(data), examples, seed) if data else _fitness(examples, seed, members)
    folder = _fresh(out)
    began = time.monotonic()
    stores = open_stores(folder, {}, durable=False)
    clock = SimulatedClock(plan.start)
    try:
        installation = Installation(open_workspace(plan.workspace), stores, clock, capture_all=True)
        lake = stores.open_lake()
        simulation = open_simulation(installation, clock, lake)
        with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as progress:
            task = progress.add_task("simulating", total=plan.end - plan.start)
            simulation.run(
                plan.calls,
                plan.source,
                plan.end,
                plan.react,
                lambda now: progress.update(task, completed=now - plan.start),
            )
            progress.update(task, completed=plan.end - plan.start)
        take_first(stores.state, folder_files(plan.workspace), whoami(), clock.now())
        tell(console, open_answers(installation, lake), plan.story, time.monotonic() - began)
        lake.close()
    finally:
        stores.close()
    if serve:
        stores = open_stores(folder, {})
        try:
            shift = plan.end - SystemClock().now()
            run(
                Installation(open_workspace(plan.workspace), stores, ShiftedClock(shift), capture_all=True),
                plan.workspace,
                LOOPBACK,
                8600,
                8601,
                ["--clock-shift", str(shift)],
            )
        finally:
            stores.close()


def _fitness(examples: Path, seed: int, members: int) -> Plan:
    end = FITNESS_START + FITNESS_DAYS * DAY
    world = fitness.World(members, FITNESS_START, FITNESS_DAYS, seed)

    def react(sent: Sent) -> Iterable[Call]:
        return fitness.react(sent, world)

    effect = TRUE_EFFECTS["win_back"]
    story = Story(
        title="A generated network of clubs over a year",
        labels=[fitness.LABEL],
        experiment="win-back",
        truth=f"true effect, as generated: {effect.uplift * 100:+.1f} points of return for those the message reaches",
    )
    return Plan(
        workspace=examples / "fitness",
        source="app",
        calls=fitness.generate(members, FITNESS_START, FITNESS_DAYS, seed),
        start=FITNESS_START,
        end=end,
        react=react,
        story=story,
    )


def _retail(folder: Path, examples: Path, seed: int) -> Plan:
    files = sorted(folder.glob("online_retail.csv*")) if folder.is_dir() else [folder]
    if not files or not files[0].exists():
        text = f"There is no online_retail.csv(.xz) in {folder}. Give the folder of that data set, or leave --data out."
        raise ConfigError("demo_data_missing", text)
    folder = examples / "retail"
    report = LoadReport()
    with console.status("reading the invoice lines"):
        found = read_calls(files[0], open_workspace(folder).mappings["online-retail"], report)
        orders = [(each.occurred_at, each.call) for each in found if each.occurred_at is not None]
    left = [f"{count:>9,} {label.replace('_', ' ')}" for label, count in report.skipped.items()]
    story = Story(
        title="A real shop over two years",
        labels=[retail.LABEL],
        experiment="win-back",
        truth="true effect: none, for the orders had happened before any message; chance alone can differ",
        counted=[
            f"{report.rows:>9,} invoice lines read, left out knowingly:",
            *left,
            f"{report.events:>9,} orders and refunds",
        ],
    )
    start, end = orders[0][0] - DAY, orders[-1][0] + DAY
    calls = retail.with_consent(orders, seed)
    return Plan(workspace=folder, source="till", calls=calls, start=start, end=end, react=None, story=story)


def _fresh(out: Path) -> Path:
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        text = f"The folder {out} holds something that no demo made. Give another --out, or empty it yourself."
        raise ConfigError("demo_folder_taken", text)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).touch()
    return Path(tempfile.mkdtemp(prefix="data-", dir=out))
