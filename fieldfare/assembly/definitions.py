"""What a workspace's files compile to, ready to parse, fold, evaluate and step with. Opens no store."""

from collections.abc import Callable, Mapping

import msgspec

from fieldfare.collect.check import Names, personal_fields
from fieldfare.collect.model import Event
from fieldfare.collect.parse import ParseSettings
from fieldfare.collect.personal import is_personal_name
from fieldfare.decide.journeys.versions import Versions
from fieldfare.flow.finished_journeys import compiled_definitions, conditions_of
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.instants import Instant
from fieldfare.ground.money import digits_of
from fieldfare.know.audiences.cuts_of import Wanted, wanted_cuts
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.to_lake import Moment
from fieldfare.know.computed.compute import TraitsComputed
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.identity.claims import lead_of
from fieldfare.know.profiles.editions import Editions
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.zone import PersonZones
from fieldfare.learn.experiments.model import Experiment, UnitKind
from fieldfare.network.calendars.holds import Calendar


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace compiles to."""

    workspace: Workspace
    plan: FoldPlan
    computed: TraitsComputed
    evaluator: Evaluator
    wanted: dict[str, Wanted]
    """The cuts that conditions and computed traits compare with, by name."""
    cuts: CutsInForce
    """None yet: whoever opens the state puts them in force."""
    calendar: Calendar
    zones: PersonZones
    experiments: dict[str, Experiment]
    versions: Versions
    """Journeys as they are, and older ones that somebody still walks."""
    parse: ParseSettings

    def moment(self, now: Instant) -> Moment:
        """Return when and where a query over the lake asks, so that it answers as the evaluator does."""
        workspace = self.workspace
        places = tuple(place.name for place in workspace.locations.places)
        return Moment(
            now, workspace.time_zone, self.calendar, workspace.locations, places, self.computed, cuts=self.cuts
        )


def compile_definitions(
    workspace: Workspace, editions: Editions | None = None, walked: Mapping[tuple[str, str], bytes] | None = None
) -> Definitions:
    """Return what the workspace's files compile to, ready to fold, evaluate and step with.

    ``walked``: stored definitions of journeys that somebody still walks, by name and version.
    """
    stored = compiled_definitions(walked or {}, workspace.templates, workspace.channels, workspace.consent)
    versions = Versions(workspace.journeys, stored)
    every = [*workspace.journeys.values(), *stored.values()]
    in_journeys = [condition for journey in every for condition in conditions_of(journey)]
    measures = measures_of(in_journeys) | workspace.measures
    calendar = Calendar(workspace.seasons, workspace.locations, workspace.time_zone)
    cuts = CutsInForce()
    computed = TraitsComputed(workspace.computed, workspace.time_zone, cuts)
    asked = list(in_journeys)
    asked += [condition for stage in workspace.stages for _, condition in stage.rules()]
    wanted = wanted_cuts(asked, workspace.audiences, computed)
    cuts.wanted = frozenset(wanted)
    evaluator = Evaluator(
        workspace.audiences.values(),
        zone=workspace.time_zone,
        phases=calendar,
        places=workspace.locations,
        stages=workspace.stages,
        computed=computed,
        editions=editions,
        asked=in_journeys,
        cuts=cuts,
    )
    return Definitions(
        workspace=workspace,
        plan=FoldPlan(
            measures.values(),
            workspace.traits,
            origins=workspace.origins(),
            only=workspace.kept_undeclared(),
            moves_after_days=workspace.registry.moves_after_days,
            identifiers=workspace.identity.trait_names(),
            regions=workspace.regions,
        ),
        computed=computed,
        evaluator=evaluator,
        wanted=wanted,
        cuts=cuts,
        calendar=calendar,
        zones=PersonZones(workspace.locations, workspace.time_zone, workspace.registry.moves_after_days),
        experiments=experiments_of(workspace),
        versions=versions,
        parse=parse_settings(workspace),
    )


def parse_settings(workspace: Workspace) -> ParseSettings:
    """Return what parsing needs to know of a workspace."""
    return ParseSettings(
        zone=workspace.time_zone,
        zones=workspace.locations.zones(),
        synonyms=workspace.contracts.synonyms,
        trust_timestamp=workspace.contracts.settings.trust_timestamp,
    )


def names_somebody(workspace: Workspace, claims: ClaimPlan | None = None) -> Names:
    """Return what tells whether an event names somebody, by what the workspace believes of its sources.

    ``claims``: the plan of whoever takes the same events' claims afterwards, so that each is made once.
    """
    plan = claims if claims is not None else workspace.claim_plan(_no_hash)
    return lambda event: lead_of(event, plan) is not None


def _no_hash(_kind: str, _value: str) -> bytes:
    return b""


def hidden_fields(definitions: Definitions) -> Callable[[Event], frozenset[str]]:
    """Return what tells the fields of an event that are sealed."""
    contracts, plan = definitions.workspace.contracts, definitions.plan
    sealed, of_traits = plan.sealed_traits, plan.is_named_personal

    def hidden(event: Event) -> frozenset[str]:
        # Only an identify call's payload is traits; a property that is an identifier stands as its contract says.
        is_named = of_traits if event.type == "identify" else is_personal_name
        return personal_fields(event, contracts, sealed, is_named)

    return hidden


def units_of_experiments(workspace: Workspace) -> dict[str, UnitKind]:
    """Return what is assigned as one, by registered experiment."""
    return {each.experiment: each.unit for each in workspace.registrations.values()}


def blocks_of_experiments(workspace: Workspace) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the matched locations, by registered experiment."""
    return {each.experiment: each.blocks for each in workspace.registrations.values() if each.blocks}


def strata_of_experiments(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """Return the traits in whose strata people are dealt, by registered experiment."""
    plans = workspace.registrations.values()
    return {each.experiment: each.strata for each in plans if each.strata and not each.broadcast}


def experiments_of(workspace: Workspace) -> dict[str, Experiment]:
    """Return the experiment of every journey that keeps a holdout, by name."""
    found: dict[str, Experiment] = {}
    units, blocks = units_of_experiments(workspace), blocks_of_experiments(workspace)
    for journey in workspace.journeys.values():
        if journey.experiment is None or journey.holdout is None:
            continue
        if journey.goal is None:
            text = (
                f"The journey {journey.name} keeps a holdout but has no goal: nothing can be measured. Write a `goal`."
            )
            raise ConfigError("goal_missing", text)
        found[journey.experiment] = Experiment(
            name=journey.experiment,
            salt=workspace.name,
            holdout=journey.holdout,
            goal_event=journey.goal.trigger.event,
            goal_where=journey.goal.trigger.where,
            window_us=journey.goal.within_us,
            revenue_property=journey.goal.revenue,
            unit=units.get(journey.experiment, UnitKind.PROFILE),
            blocks=blocks.get(journey.experiment, ()),
            minor_digits=digits_of(workspace.currency),
        )
    return found
