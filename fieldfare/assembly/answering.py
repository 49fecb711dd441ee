"""Joins the answers of the rooms to one installation: about profiles, traits, stages, templates, versions."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fieldfare.decide.gate.orders import ACTION_CHANNEL
from fieldfare.flow.broadcast_answers import BroadcastAnswers
from fieldfare.flow.contract_answers import ContractAnswers
from fieldfare.flow.corrections import Corrections
from fieldfare.flow.decide_action import Decide
from fieldfare.flow.delivery_ports import SqlOutbox
from fieldfare.flow.experiment_answers import ExperimentAnswers
from fieldfare.flow.failed_messages import FailedMessages
from fieldfare.flow.guardrails import Guardrails
from fieldfare.flow.journey_answers import JourneyAnswers
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.lifecycle_answers import LifecycleAnswers
from fieldfare.flow.look_back import LookBack
from fieldfare.flow.message_answers import MessageAnswers
from fieldfare.flow.order_answers import OrderAnswers
from fieldfare.flow.profile_answers import ProfileAnswers
from fieldfare.flow.profile_health import ProfileHealth
from fieldfare.flow.season_answers import SeasonAnswers, SeasonParts
from fieldfare.flow.season_changes import changes_told
from fieldfare.flow.season_ready import Readiness
from fieldfare.flow.stop_counts import StopCounts
from fieldfare.flow.stop_journeys import Counting, StopJourneys
from fieldfare.flow.tasks import Tasks
from fieldfare.flow.template_answers import TemplateAnswers
from fieldfare.flow.trait_answers import TraitAnswers
from fieldfare.flow.try_message import TryMessage
from fieldfare.flow.versions.plan import Planner
from fieldfare.flow.versions.run import Versions
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.workspace.model import OWN_SOURCE

if TYPE_CHECKING:
    from fieldfare.assembly.installation import Installation


def open_template_answers(installation: "Installation", lake: Lake) -> TemplateAnswers:
    """Return the answers about templates."""
    delivery, state = installation.delivery, installation.stores.state
    parts = (installation.workspace, delivery.composer, delivery.people, installation.look, state)
    return TemplateAnswers(*parts, lake, installation.loader(lake), installation.clock)


def open_tries(installation: "Installation", lake: Lake) -> TryMessage:
    """Return what sends test messages to our own people."""
    return TryMessage(
        templates=open_template_answers(installation, lake),
        channels=installation.channels,
        ports=installation.delivery.ports,
        keys=installation.stores.keys,
        regions=installation.workspace.regions,
        declared=installation.workspace.settings.test_recipients,
        clock=installation.clock,
    )


def open_contract_answers(installation: "Installation", lake: Lake) -> ContractAnswers:
    """Return the answers about contracts."""
    stores, workspace = installation.stores, installation.workspace
    return ContractAnswers(
        contracts=workspace.contracts,
        traits=frozenset(workspace.traits),
        state=stores.state,
        lake=lake,
        loader=installation.loader(lake),
        keys=stores.keys,
        clock=installation.clock,
    )


def open_message_answers(installation: "Installation", lake: Lake) -> MessageAnswers:
    """Return the answers about broadcasts, messages that did not go, and tasks."""
    workspace, stores, clock = installation.workspace, installation.stores, installation.clock
    return MessageAnswers(
        broadcasts=BroadcastAnswers(
            workspace=workspace,
            state=stores.state,
            lake=lake,
            loader=installation.loader(lake),
            delivery=installation.delivery,
            clock=clock,
        ),
        failed=FailedMessages(state=stores.state, zone=workspace.time_zone, clock=clock),
        tasks=Tasks(
            state=stores.state,
            keys=stores.keys,
            clock=clock,
            outbox=SqlOutbox(stores.keys, workspace.keep_raw_days()[OWN_SOURCE]),
        ),
    )


def open_versions(installation: "Installation", lake: Lake, *, is_serving: bool) -> Versions:
    """Return the versions of an installation's workspace; ``is_serving``: a server applies events meanwhile."""
    state, clock = installation.stores.state, installation.clock
    return Versions(state, Planner(state, lake, installation.loader(lake), clock), clock, is_serving=is_serving)


def open_profile_answers(installation: "Installation", lake: Lake, *, is_loaded: bool) -> ProfileAnswers:
    """Return the answers about profiles; ``is_loaded``: the lake is kept up to date by somebody else."""
    stores, loader = installation.stores, installation.loader(lake)
    events, back = LakeEvents(lake, stores.keys), LookBack(lake, stores.keys, installation.people)
    answers = ProfileAnswers(installation.look, back, events, stores.state, stores.keys, installation.clock)
    load = (lambda: None) if is_loaded else loader.catch_up
    workspace = installation.workspace
    return answers.reading(workspace.time_zone, workspace.regions.default, loader.catch_up, load)


def open_trait_answers(installation: "Installation", lake: Lake) -> TraitAnswers:
    """Return the answers about traits."""
    stores = installation.stores
    events = LakeEvents(lake, stores.keys)
    loader, plan = installation.loader(lake), installation.definitions.plan
    return TraitAnswers(stores.state, events, loader, installation.look, plan, installation.clock)


def open_corrections(
    installation: "Installation", lake: Lake, settle: Callable[[], object] | None, check: Callable[[], object] | None
) -> Corrections:
    """Return what corrects traits; ``settle`` applies what was appended, where no server does."""
    stores, definitions = installation.stores, installation.definitions
    return Corrections(
        state=stores.state,
        log=stores.log,
        keys=stores.keys,
        clock=installation.clock,
        look=installation.look,
        identify=installation.pipeline.identify,
        events=LakeEvents(lake, stores.keys),
        loader=installation.loader(lake),
        intake=installation.intake,
        plan=definitions.plan,
        computed=frozenset(definitions.evaluator.computed.names()),
        keep_days=installation.workspace.keep_raw_days()[OWN_SOURCE],
        settle=settle,
        check=check,
    )


def open_seasons(installation: "Installation", lake: Lake) -> tuple[SeasonAnswers, SeasonParts]:
    """Return the answers about seasons, and what they are made of."""
    workspace = installation.workspace
    parts = SeasonParts(
        calendar=installation.definitions.calendar,
        locations=workspace.locations,
        zone=workspace.time_zone,
        state=installation.stores.state,
        lake=lake,
        sync=installation.loader(lake).sync,
        clock=installation.clock,
        changes=changes_told(workspace),
    )
    return SeasonAnswers(parts), parts


def open_readiness(installation: "Installation", lake: Lake, health: ProfileHealth) -> Readiness:
    """Return what reports whether the next peak may come."""
    seasons, parts = open_seasons(installation, lake)
    return Readiness(parts, seasons, health, open_template_answers(installation, lake))


def open_lifecycle_answers(installation: "Installation", lake: Lake) -> LifecycleAnswers:
    """Return the answers about stages and outcomes."""
    workspace, loader = installation.workspace, installation.loader(lake)
    return LifecycleAnswers(workspace.stages, workspace.outcomes, lake, loader, installation.clock)


def open_journey_answers(installation: "Installation") -> JourneyAnswers:
    """Return what answers about journeys."""
    stores, workspace = installation.stores, installation.workspace
    return JourneyAnswers(
        state=stores.state,
        log=stores.log,
        keys=stores.keys,
        clock=installation.clock,
        look=installation.look,
        versions=installation.definitions.versions,
        keep_days=workspace.keep_raw_days()[OWN_SOURCE],
    )


def open_orders(installation: "Installation") -> OrderAnswers:
    """Return what gives and shows orders of people to the gate."""
    workspace = installation.workspace
    known = {
        "journey": frozenset(workspace.journeys),
        "channel": frozenset({*workspace.channels, ACTION_CHANNEL}),
        "location": frozenset(place.name for place in workspace.locations.places),
        "action": frozenset(workspace.actions),
    }
    return OrderAnswers(state=installation.stores.state, clock=installation.clock, look=installation.look, known=known)


def open_decide(installation: "Installation") -> Decide:
    """Return what asks the gate about actions."""
    workspace = installation.workspace
    return Decide(
        state=installation.stores.state,
        clock=installation.clock,
        look=installation.look,
        keys=installation.stores.keys,
        ports=installation.delivery.ports,
        policy=workspace.gate_policy,
        kinds=workspace.actions,
        channels={
            name: purpose.channels or tuple(sorted(workspace.channels))
            for name, purpose in workspace.consent.purposes.items()
        },
    )


def open_guardrails(installation: "Installation", lake: Lake) -> Guardrails:
    """Return what pauses journeys whose experiment's guardrail is crossed."""
    answers = open_experiment_answers(installation, lake)
    return Guardrails(installation.stores.state, installation.workspace.registrations, answers.guard)


def open_stops(installation: "Installation", lake: Lake) -> StopJourneys:
    """Return what pauses journeys that break their own criteria."""
    loader = installation.loader(lake)

    def counting() -> Counting:
        loader.sync()
        return StopCounts(lake).count

    journeys, calendar = installation.workspace.journeys, installation.definitions.calendar
    return StopJourneys(installation.stores.state, journeys, calendar, counting)


def open_experiment_answers(installation: "Installation", lake: Lake) -> ExperimentAnswers:
    """Return the answers about registered experiments."""
    stores = installation.stores
    loader = installation.loader(lake)
    return ExperimentAnswers(installation.workspace, stores.state, lake, loader, installation.clock)
