"""What the console's screens are answered with, joined for an installation. Has no rule."""

from typing import TYPE_CHECKING

from fieldfare.flow.answers import Answers
from fieldfare.flow.experiment_answers import ExperimentAnswers
from fieldfare.flow.screens.audience_drafts import AudienceDrafts
from fieldfare.flow.screens.day_tally import DayTally
from fieldfare.flow.screens.decisions import DecisionAnswers
from fieldfare.flow.screens.experiment_drafts import ExperimentDrafts
from fieldfare.flow.screens.files import WorkspaceFiles
from fieldfare.flow.screens.journey_graph import JourneyGraphs
from fieldfare.flow.screens.lift import Lifts
from fieldfare.flow.screens.notes import Notes
from fieldfare.flow.screens.now import NowAnswers
from fieldfare.flow.screens.queries import SavedQueries
from fieldfare.flow.screens.reports import Reports
from fieldfare.flow.screens.sides import Sides
from fieldfare.flow.screens.sources import SourceAnswers
from fieldfare.flow.screens.stores import Recount, StoreAnswers
from fieldfare.flow.screens.violations import Violations
from fieldfare.flow.worker import Worker
from fieldfare.ground.lake.ports import Lake
from fieldfare.trust.access.model import Permission
from fieldfare.trust.keys.rotate import key_status
from fieldfare.web.app import Screens
from fieldfare.web.live import Live, Topic

if TYPE_CHECKING:
    from fieldfare.assembly.installation import Installation


def broken(worker: Worker) -> str | None:
    """Return why the server cannot go on."""
    return None if worker.failure is None else f"a loop has failed: {type(worker.failure).__name__}"


def open_screens(installation: "Installation", lake: Lake, worker: Worker, answers: Answers) -> Screens:
    """Return what answers the screens."""
    stores, clock, workspace = installation.stores, installation.clock, installation.workspace
    files = WorkspaceFiles(stores.state, clock, {})
    return Screens(
        now=NowAnswers(
            state=stores.state,
            log=stores.log,
            lake=lake,
            clock=clock,
            calendar=installation.definitions.calendar,
            locations=workspace.locations,
            zone=workspace.time_zone,
            tally=DayTally(workspace.time_zone),
            broken=lambda: broken(worker),
            unread=worker.unread_experiments,
            health=answers.health.summary,
            versions=answers.versions.standing,
            experiments=answers.registered.every,
        ),
        lifts=Lifts(workspace, answers.experiments, lake, installation.loader(lake).sync, clock),
        decisions=DecisionAnswers(stores.state, installation.look, workspace.time_zone),
        graphs=JourneyGraphs(
            state=stores.state, clock=clock, versions=installation.definitions.versions, answers=answers.journeys
        ),
        sources=SourceAnswers(state=stores.state, workspace=workspace, clock=clock),
        sides=Sides(answers.identity, installation.look, clock),
        files=files,
        audiences=AudienceDrafts(files, lake, installation.loader(lake).sync, installation.definitions.moment, clock),
        experiments=ExperimentDrafts(
            files, lambda made: ExperimentAnswers(made, stores.state, lake, installation.loader(lake), clock), clock
        ),
        notes=Notes(stores.state, stores.keys, installation.look, clock),
        queries=SavedQueries(stores.state, clock),
        violations=Violations(
            state=stores.state,
            keys=stores.keys,
            clock=clock,
            contracts=workspace.contracts,
            personal=installation.definitions.plan.sealed_traits,
            is_named=installation.definitions.plan.is_named_personal,
            zone=workspace.time_zone,
        ),
        stores=open_store_answers(installation, lake),
        reports=Reports(
            lake=lake,
            sync=installation.loader(lake).sync,
            clock=clock,
            zone=workspace.time_zone,
            channels=workspace.channels,
        ),
    )


def open_store_answers(installation: "Installation", lake: Lake) -> StoreAnswers:
    """Return what tells of the stores."""
    stores = installation.stores
    names = {"state": "state.sqlite", "log": "log.sqlite", "lake": "lake.duckdb", "keys": "keys.sqlite"}
    return StoreAnswers(
        state=stores.state,
        log=stores.log,
        lake=lake,
        clock=installation.clock,
        kinds=stores.names,
        files={
            store: tuple(stores.folder / f"{name}{end}" for end in ("", "-wal", ".wal"))
            for store, name in names.items()
        },
        data_keys=Recount(lambda: sum(key_status(stores.keys).data_keys.values()), installation.clock).look,
    )


def topics_of(answers: Answers, screens: Screens) -> dict[str, Topic]:
    """Return what is told while it happens, by name."""
    now, clock = screens.now, answers.clock
    see = Permission.SEE
    return {
        "today": Topic(see, lambda: now.today(clock.now())),
        "waiting": Topic(see, lambda: now.waiting(clock.now())),
        "flows": Topic(see, lambda: now.flows(clock.now())),
        "pauses": Topic(see, answers.orders.pauses),
        "seasons": Topic(see, lambda: now.seasons(clock.now()), is_slow=True),
        "journeys": Topic(see, answers.journeys.all, is_slow=True),
    }


def open_live(answers: Answers, screens: Screens) -> Live:
    """Return what tells it."""
    return Live(topics_of(answers, screens))
