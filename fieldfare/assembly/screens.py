"""What the console's screens are answered with, joined for an installation. Has no rule."""

from typing import TYPE_CHECKING

from fieldfare.flow.answers import Answers
from fieldfare.flow.screens.audience_drafts import AudienceDrafts
from fieldfare.flow.screens.day_tally import DayTally
from fieldfare.flow.screens.decisions import DecisionAnswers
from fieldfare.flow.screens.files import WorkspaceFiles
from fieldfare.flow.screens.journey_graph import JourneyGraphs
from fieldfare.flow.screens.notes import Notes
from fieldfare.flow.screens.now import NowAnswers
from fieldfare.flow.screens.queries import SavedQueries
from fieldfare.flow.screens.sides import Sides
from fieldfare.flow.screens.sources import SourceAnswers
from fieldfare.flow.worker import Worker
from fieldfare.ground.lake.ports import Lake
from fieldfare.trust.access.model import Permission
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
            health=answers.health.summary,
            versions=answers.versions.standing,
            experiments=answers.registered.every,
        ),
        decisions=DecisionAnswers(stores.state, installation.look, workspace.time_zone),
        graphs=JourneyGraphs(state=stores.state, versions=installation.definitions.versions, answers=answers.journeys),
        sources=SourceAnswers(state=stores.state, workspace=workspace, clock=clock),
        sides=Sides(answers.identity, installation.look, clock),
        files=files,
        audiences=AudienceDrafts(files, lake, installation.loader(lake).sync, installation.definitions.moment, clock),
        notes=Notes(stores.state, stores.keys, installation.look, clock),
        queries=SavedQueries(stores.state, clock),
    )


def open_live(answers: Answers, screens: Screens) -> Live:
    """Return what is told while it happens."""
    now, clock = screens.now, answers.clock
    see = Permission.SEE
    return Live(
        {
            "today": Topic(see, lambda: now.today(clock.now())),
            "waiting": Topic(see, lambda: now.waiting(clock.now())),
            "flows": Topic(see, lambda: now.flows(clock.now())),
            "pauses": Topic(see, answers.orders.pauses),
            "seasons": Topic(see, lambda: now.seasons(clock.now()), is_slow=True),
            "journeys": Topic(see, answers.journeys.all, is_slow=True),
        }
    )
