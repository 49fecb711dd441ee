"""The API's routes for what screens ask beside the rooms' own: the first screen, the decision log, journeys as graphs.

Drafts, files, notes and saved queries are in :mod:`.drafts`. What they answer is ``flow.screens``'s.
"""

from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from fieldfare.flow.screens.decisions import MOST, DecisionAnswers, DecisionFilter
from fieldfare.flow.screens.journey_graph import MOST_DAYS, USUAL_DAYS, JourneyGraphs
from fieldfare.flow.screens.lift import Lifts
from fieldfare.flow.screens.now import NowAnswers
from fieldfare.flow.screens.sides import Sides
from fieldfare.flow.screens.sources import SourceAnswers
from fieldfare.learn.experiments.registered.findings.model import Claim
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs

Text = Annotated[str | None, MaxLen(300)]
Number = Annotated[int, Ge(1), Le(2**62)]


class Stretch(BaseModel):
    """A stretch of a season's phase, by local days."""

    season: str
    phase: str
    first: Annotated[str, Field(alias="from")]
    last: Annotated[str, Field(alias="to")]
    days: int


class SeasonNow(BaseModel):
    """Phases in force at places where all is alike, until when, and what comes next."""

    places: list[str]
    time_zone: str
    today: str
    phases: list[str]
    until: str | None
    next: Stretch | None


class FlowHealth(BaseModel):
    """Whether a flow is in order, and what is to be said of it."""

    flow: str
    ok: bool
    detail: str


class Today(BaseModel):
    """Verdicts of the day so far: permitted by channel, refused and deferred by first reason."""

    permitted: dict[str, int]
    refused: dict[str, int]
    deferred: dict[str, int]
    is_whole: bool


class Waiting(BaseModel):
    """What needs a person, and how much of it; ``is_more``: beyond what is counted."""

    what: str
    count: int
    is_more: bool


class ExperimentName(BaseModel):
    """An experiment that runs."""

    experiment: str
    journey: str | None
    metric: str | None
    looks: str | None


class NowView(BaseModel):
    """The first screen."""

    seasons: list[SeasonNow]
    flows: list[FlowHealth]
    today: Today
    waiting: list[Waiting]
    experiments: list[ExperimentName]
    as_of: str


class LiftInterval(BaseModel):
    """A lift over the control: 0.1 is 10 % more."""

    low: float
    high: float
    method: str


class VariantLiftView(BaseModel):
    """A variant against the control: the difference with its always-valid interval, or why there is none."""

    variant: str
    claim: Claim
    is_good: bool | None
    value: float | None
    low: float | None
    high: float | None
    relative: LiftInterval | None
    why: str


class LiftView(BaseModel):
    """A running experiment: its primary metric, units by arm, each variant's lift."""

    experiment: str
    metric: str
    is_share: bool
    is_money: bool
    units: dict[str, int]
    variants: list[VariantLiftView]
    why: str
    as_of: str


class LiftsView(BaseModel):
    """Running experiments as far as they are worked out; not ``is_whole``: ask again, one more is fresh each time."""

    experiments: list[LiftView]
    is_whole: bool


class DecisionView(BaseModel):
    """One verdict: what, on whom, why in words, from which inputs, by which versions."""

    id: int
    at: str
    profile_id: int
    decision: str
    rule: str
    reasons: list[str]
    words: list[str]
    inputs: dict[str, Any]
    journey: str
    step: str
    channel: str
    template: str
    arm: str
    phase: str
    delivery_status: str | None
    policy_version: str
    journey_version: str


class DecisionWhole(DecisionView):
    """One verdict with the others about the same proposal."""

    proposal_id: str
    event_id: str
    match_confidence: int
    is_summary: bool
    same_proposal: list[DecisionView]


class DecisionPage(BaseModel):
    """A page of verdicts, the newest first; ``next`` is the cursor of the page after, also of an empty page."""

    decisions: list[DecisionView]
    next: int | None


class DecisionQuery(BaseModel):
    """Which verdicts."""

    profile: Text = None
    journey: Text = None
    channel: Text = None
    outcome: Text = None
    reason: Text = None
    first: Annotated[str | None, Field(alias="from", max_length=40)] = None
    last: Annotated[str | None, Field(alias="to", max_length=40)] = None
    cursor: Number | None = None
    limit: Annotated[int, Ge(1), Le(MOST)] = 50


class NodeView(BaseModel):
    """A step, and how many stand there."""

    id: str
    kind: str
    does: str
    standing: int


class EdgeView(BaseModel):
    """What follows a step, by which way, and how many took it in the last days."""

    source: str
    target: str
    way: str
    walked: int


class GraphView(BaseModel):
    """A journey as it is drawn."""

    journey: str
    version: str
    is_in_force: bool
    definition: dict[str, Any]
    nodes: list[NodeView]
    edges: list[EdgeView]
    days: int


class SourceView(BaseModel):
    """A source and its last day; ``hours`` are counts of events, the oldest first."""

    source: str
    is_declared: bool
    enabled: bool
    kind: str
    system: str | None
    owner: str | None
    description: str
    events: int
    duplicates: int
    dead_letters: int
    unverified: int
    erased: int
    events_per_min: float
    hours: list[int]
    last_received_at: str | None
    silent_s: int | None
    max_delay_s: int | None


class SideView(BaseModel):
    """One of the two people a question is about."""

    profile_id: int
    match_confidence: int
    home_location: str | None
    first_seen_at: str | None
    last_seen_at: str | None
    identifiers: dict[str, int]
    stage: str | None
    audiences: list[str]


class TraitPair(BaseModel):
    """A trait of both: sealed values are compared and not shown; ``agree`` is null where one has none."""

    trait: str
    values: list[Any]
    has: list[bool]
    sealed: bool
    agree: bool | None


class SidesView(BaseModel):
    """A question about identity with both people side by side."""

    question: dict[str, Any]
    sides: list[SideView | None]
    traits: list[TraitPair]


def screen_routes(
    now: NowAnswers,
    lifts: Lifts,
    decisions: DecisionAnswers,
    graphs: JourneyGraphs,
    sources: SourceAnswers,
    sides: Sides,
) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/now", dependencies=needs(Permission.SEE))
    def first_screen() -> NowView:
        """Seasons, health of each flow, verdicts of today by reason, what needs a person, running experiments."""
        return NowView.model_validate(now.summary())

    @router.get("/api/v1/lift", dependencies=needs(Permission.SEE))
    def lift() -> LiftsView:
        """Lift of the experiments that run, in short, by intervals that hold at every look; minutes old at most."""
        return LiftsView.model_validate(lifts.look())

    @router.get("/api/v1/decisions", dependencies=needs(Permission.PEOPLE_SEE))
    def search(asked: Annotated[DecisionQuery, Query()]) -> DecisionPage:
        """Search the decision log: by person, journey, channel, outcome, reason and time, the newest first."""
        return DecisionPage.model_validate(decisions.search(DecisionFilter(**asked.model_dump())))

    @router.get("/api/v1/decisions/{decision}", dependencies=needs(Permission.PEOPLE_SEE))
    def one(decision: Number) -> DecisionWhole:
        """One verdict whole: inputs, rules, reasons in words, versions, and the other verdicts on its proposal."""
        return DecisionWhole.model_validate(decisions.show(decision))

    @router.get("/api/v1/journeys/{name}/graph", dependencies=needs(Permission.SEE))
    def graph(
        name: str, version: Text = None, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = USUAL_DAYS
    ) -> GraphView:
        """Draw a journey: nodes, edges, who stands where, how many took each edge in the last `days`; `version`."""
        return GraphView.model_validate(graphs.show(name, version, days))

    @router.get("/api/v1/identity/holds/{hold}/sides", dependencies=needs(Permission.PEOPLE_SEE))
    def compare(hold: Annotated[str, MaxLen(100)]) -> SidesView:
        """Show both people of a question side by side, and which traits agree; sealed values are not shown."""
        return SidesView.model_validate(sides.show(hold))

    @router.get("/api/v1/sources", dependencies=needs(Permission.SEE))
    def all_sources() -> list[SourceView]:
        """Every source: what it is, its events of the last day by the hour, how long it has been silent."""
        return [SourceView.model_validate(each) for each in sources.all()]

    return router
