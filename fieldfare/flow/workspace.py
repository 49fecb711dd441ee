"""A brand's workspace as one value: every kind of file, loaded, checked together and compiled.

Reads a folder and nothing else; secrets stay ``${NAME}`` references (assembly resolves them). Flow: contracts first,
because their synonyms decide how events are called; then every other file, event names made canonical before parsing;
then the checks between files. Nothing is written. The same files always give the same value and the same digests.
"""

from typing import Any

import msgspec

from fieldfare.act.broadcasts.files import BroadcastFile
from fieldfare.act.broadcasts.model import Broadcast
from fieldfare.act.broadcasts.parse import parse_broadcast
from fieldfare.act.delivery.blocks import Block, parse_block, with_blocks
from fieldfare.act.delivery.files import ChannelsFile
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.parse_channels import parse_channels
from fieldfare.act.delivery.parse_templates import parse_template
from fieldfare.act.delivery.template_files import BlockFile, TemplateFile
from fieldfare.act.delivery.wording import Place, Template
from fieldfare.act.surveys.files import SurveyFile
from fieldfare.act.surveys.model import Survey
from fieldfare.act.surveys.parse import parse_survey
from fieldfare.collect.contracts import CollectSettings, Contract, Contracts, join_contracts
from fieldfare.collect.files import CollectFile, ContractFile, MappingFile
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.parse_files import parse_collect, parse_contract
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.collect.sources.mappings import KIND as WEBHOOK
from fieldfare.collect.sources.mappings import shipped_webhooks
from fieldfare.collect.sources.model import WebhookMapping
from fieldfare.collect.vocabulary import shipped_contracts
from fieldfare.decide.gate.action_files import ActionsFile
from fieldfare.decide.gate.files import PoliciesFile
from fieldfare.decide.gate.parse import parse_policies
from fieldfare.decide.gate.parse_actions import parse_actions
from fieldfare.decide.gate.policy import ActionKind, Policy, in_places
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.files import JourneyFile
from fieldfare.decide.journeys.parse import parse_journey
from fieldfare.decide.journeys.stories import Stories, parse_stories
from fieldfare.decide.journeys.story_files import StoriesFile
from fieldfare.flow.addresses import TRAITS as ADDRESS_TRAITS
from fieldfare.flow.engagement import engagement_of
from fieldfare.flow.finished_journeys import conditions_of, finished
from fieldfare.flow.query_checks import query_problems
from fieldfare.flow.schedule.files import FILE as SCHEDULE_FILE
from fieldfare.flow.schedule.files import ScheduleFile
from fieldfare.flow.schedule.model import Schedule
from fieldfare.flow.schedule.parse import parse_schedule
from fieldfare.flow.workspace_checks import check_all
from fieldfare.flow.workspace_references import define_measures, rename_events
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.ids import digest
from fieldfare.ground.workspace.compile import Loaded, Prepare
from fieldfare.ground.workspace.files import WorkspaceFile
from fieldfare.ground.workspace.load import Held, list_files, load_files
from fieldfare.ground.workspace.model import OWN_SOURCE, Brand, Kind, LocatedProblem, Settings, Source
from fieldfare.ground.workspace.parse import parse_workspace
from fieldfare.know.audiences.files import AudienceFile
from fieldfare.know.audiences.household import rules_in
from fieldfare.know.audiences.measure_files import MeasuresFile
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Audience, NamedMeasure
from fieldfare.know.audiences.parse import parse_audience
from fieldfare.know.audiences.parse_measure import parse_measures
from fieldfare.know.computed.model import Computed, did_in
from fieldfare.know.computed.parse import TraitsDeclared, parse_traits_file
from fieldfare.know.identity.claim_plan import ClaimPlan, Hash
from fieldfare.know.identity.files import IdentityFile
from fieldfare.know.identity.model import DEFAULT
from fieldfare.know.identity.model import Policy as IdentityPolicy
from fieldfare.know.identity.normal import Regions
from fieldfare.know.identity.parse import parse_identity
from fieldfare.know.lifecycle.files import LifecycleFile, OutcomesFile
from fieldfare.know.lifecycle.model import Lifecycle, Outcome, Stage
from fieldfare.know.lifecycle.parse import parse_lifecycle, parse_outcomes
from fieldfare.know.lifecycle.shipped import shipped_stages
from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.health import HealthPolicy
from fieldfare.know.profiles.health_files import HealthFile
from fieldfare.know.profiles.model import Measure, Origin, Traits, TraitSpec
from fieldfare.know.profiles.parse_health import parse_health
from fieldfare.learn.experiments.currency import metric_in, plan_in
from fieldfare.learn.experiments.metrics.files import MetricsFile
from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.metrics.parse import parse_metrics
from fieldfare.learn.experiments.registered.files import ExperimentFile, ProgrammeFile
from fieldfare.learn.experiments.registered.model import Programme, Registration
from fieldfare.learn.experiments.registered.parse import parse_experiment, parse_programme
from fieldfare.network.calendars.files import SchoolCalendarFile, SeasonsFile
from fieldfare.network.calendars.model import Season
from fieldfare.network.calendars.parse import link_breaks, parse_school_calendar, parse_seasons
from fieldfare.network.calendars.read_ical import read_ical
from fieldfare.network.locations.files import LocationsFile
from fieldfare.network.locations.model import Locations
from fieldfare.network.locations.parse import parse_locations
from fieldfare.trust.consent.files import ConsentFile
from fieldfare.trust.consent.model import ConsentPolicy
from fieldfare.trust.consent.parse import parse_consent

_SECRET_KEYS = frozenset(
    {"password", "passwd", "secret", "token", "api_key", "apikey", "write_key", "access_key", "private_key"}
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("workspace", "workspace.yaml", WorkspaceFile, parse_workspace, required=True, secret_keys=_SECRET_KEYS),
        Kind("collect", "collect.yaml", CollectFile, parse_collect),
        Kind("contract", "contracts/*.yaml", ContractFile, parse_contract),
        Kind("identity", "identity.yaml", IdentityFile, parse_identity),
        Kind("measures", "measures.yaml", MeasuresFile, parse_measures),
        Kind("traits", "traits.yaml", TraitsFile, parse_traits_file),
        Kind("health", "health.yaml", HealthFile, parse_health),
        Kind("locations", "locations.yaml", LocationsFile, parse_locations),
        Kind("school_calendar", "calendars/*.ics", SchoolCalendarFile, parse_school_calendar, read=read_ical),
        Kind("seasons", "seasons.yaml", SeasonsFile, parse_seasons),
        Kind("schedule", SCHEDULE_FILE, ScheduleFile, parse_schedule),
        Kind("audience", "audiences/*.yaml", AudienceFile, parse_audience),
        Kind("lifecycle", "lifecycle.yaml", LifecycleFile, parse_lifecycle),
        Kind("outcomes", "outcomes.yaml", OutcomesFile, parse_outcomes),
        Kind("consent", "consent.yaml", ConsentFile, parse_consent),
        Kind("policies", "policies.yaml", PoliciesFile, parse_policies),
        Kind("actions", "actions.yaml", ActionsFile, parse_actions),
        Kind("channels", "channels.yaml", ChannelsFile, parse_channels, secret_keys=_SECRET_KEYS),
        Kind("block", "blocks/*.yaml", BlockFile, parse_block),
        Kind("template", "templates/*.yaml", TemplateFile, parse_template),
        Kind("journey", "journeys/*.yaml", JourneyFile, parse_journey),
        Kind("broadcast", "broadcasts/*.yaml", BroadcastFile, parse_broadcast),
        Kind("survey", "surveys/*.yaml", SurveyFile, parse_survey),
        Kind("metrics", "metrics.yaml", MetricsFile, parse_metrics),
        Kind("experiment", "experiments/*.yaml", ExperimentFile, parse_experiment),
        Kind("programme", "programme.yaml", ProgrammeFile, parse_programme),
        Kind("journey_test", "journeys/tests/*.yaml", StoriesFile, parse_stories),
        Kind("mapping", "mappings/*.yaml", MappingFile, parse_mapping),
        WEBHOOK,
    )
}
"""Every kind of file by name, in the order of reading and of the reference page."""

_FIRST = ("collect", "contract")
_MEASURES = "measures"
"""Read next: other files name them, and get their definitions."""


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a workspace defines, compiled. Things by name stand in dicts, sorted by name."""

    settings: Settings
    contracts: Contracts
    identity: IdentityPolicy
    traits: dict[str, TraitSpec]
    registry: Traits
    """The whole of ``traits.yaml``."""
    health: HealthPolicy
    computed: dict[str, Computed]
    locations: Locations
    seasons: tuple[Season, ...]
    schedule: Schedule
    """Work that is done by itself in season phases."""
    audiences: dict[str, Audience]
    stages: tuple[Stage, ...]
    """The stages of the lifecycle, the most important first."""
    outcomes: tuple[Outcome, ...]
    measures: dict[str, Measure]
    """Measures that computed traits and the conditions of audiences and journeys need, by key."""
    named_measures: dict[str, NamedMeasure]
    """What ``measures.yaml`` declares, by name."""
    consent: ConsentPolicy
    policies: Policy
    actions: dict[str, ActionKind]
    """What may be asked of the gate beside messages, by kind."""
    channels: dict[str, ChannelSpec]
    templates: dict[str, Template]
    journeys: dict[str, Journey]
    stories: dict[str, Stories]
    """Tests of journeys."""
    broadcasts: dict[str, Broadcast]
    surveys: dict[str, Survey]
    metrics: dict[str, Metric]
    registrations: dict[str, Registration]
    """Registered experiments."""
    programme: Programme
    """What holds for all experiments: the global holdout, exclusive groups."""
    mappings: dict[str, FileMapping]
    webhooks: dict[str, WebhookMapping]
    """Mappings of webhooks, the shipped ones among them; the workspace's own counts."""
    fingerprint: str
    """Changes exactly when any value in any file does; comments and layout do not count."""
    definition_digest: str
    """Changes when what profiles are made of or evaluated by does.

    That is: identity, traits, measures, audiences, places, seasons.
    """
    fold_digest: str
    """Changes when what cannot be filled in measure by measure does: who is who, how traits are kept, whose word
    counts.
    """

    @property
    def name(self) -> str:
        """Return the workspace's short name."""
        return self.settings.name

    @property
    def time_zone(self) -> str:
        """Return the IANA zone that holds where no location says otherwise."""
        return self.settings.time_zone

    @property
    def currency(self) -> str:
        """Return the ISO 4217 code."""
        return self.settings.currency

    @property
    def public_url(self) -> str | None:
        """Return the address under which customers reach the installation, without a slash at its end."""
        return self.settings.public_url

    @property
    def brand(self) -> Brand:
        """Return who writes to the customers."""
        return self.settings.brand

    @property
    def places(self) -> dict[str, Place]:
        """Return what messages may say of locations, by name."""
        return {
            place.name: Place(name=place.name, title=place.title or place.name, fields=place.fields)
            for place in self.locations.places
        }

    @property
    def gate_policy(self) -> Policy:
        """Return the gate's rules with regions spelled out and the workspace's days."""
        placed = in_places(self.policies, self.locations.inside)
        return msgspec.structs.replace(placed, zone=self.time_zone, seasons=self.seasons)

    @property
    def regions(self) -> Regions:
        """Return the countries of telephone numbers without a country code."""
        return Regions(self.locations.countries(), self.identity.phone_region)

    @property
    def sources(self) -> dict[str, Source]:
        """Return the senders of events by name."""
        return {source.name: source for source in self.settings.sources}

    def claim_plan(self, hash_of: Hash) -> ClaimPlan:
        """Return how identifiers are taken from events."""
        return ClaimPlan(self.identity, hash_of, self.settings.sources, self.regions)

    def origins(self) -> dict[str, Origin]:
        """Return what each source's word on traits is worth."""
        found = {}
        for source in self.settings.sources:
            verified = {trait for name in source.verifies for trait in (name, *ADDRESS_TRAITS.get(name, ()))}
            found[source.name] = Origin(source.system, frozenset(verified), source.infers, source.confidence)
        return found

    def kept_undeclared(self) -> frozenset[str] | None:
        """Return the undeclared traits that are kept, ``None`` for all."""
        if self.registry.undeclared == "drop":
            return frozenset()
        if self.contracts.settings.unknown_fields == "keep":
            return None
        contract = self.contracts.by_event.get("identify")
        return contract.known if contract is not None else frozenset()

    def keep_raw_days(self) -> dict[str, int]:
        """Return for how many days each source's raw records stay readable."""
        usual = self.contracts.settings.keep_raw_days
        return {OWN_SOURCE: usual} | {name: source.keep_raw_days or usual for name, source in self.sources.items()}


def load_workspace(held: Held) -> tuple[Workspace | None, list[LocatedProblem]]:
    """Return the workspace and its problems, sorted by file and line; ``None`` when one of them is an error.

    ``held`` is a folder, or the contents of files by their paths.
    """
    files, problems = list_files(held, tuple(KINDS.values()))
    loaded: list[Loaded] = []
    unreadable: set[str] = set()

    def take(name: str, prepare: Prepare | None) -> None:
        found, wrong = load_files(held, KINDS[name], files.get(name, ()), prepare)
        if len(found) < len(files.get(name, ())):
            unreadable.add(name)
        loaded.extend(found)
        problems.extend(wrong)

    for name in _FIRST:
        take(name, None)
    contracts = _contracts(loaded)

    definitions: dict[str, Any] = {}

    def canonical(kind: Kind, value: Any) -> Any:
        if kind.name == "template":
            return with_blocks(value, {one.noun.name: one.noun for one in loaded if isinstance(one.noun, Block)})
        return define_measures(kind.name, rename_events(kind.name, value, contracts.canonical), definitions)

    take(_MEASURES, canonical)
    definitions |= _definitions(loaded)
    for name in KINDS:
        if name not in {*_FIRST, _MEASURES}:
            take(name, canonical)
    if files:
        common = {name for contract in shipped_contracts() for name in (contract.event, *contract.synonyms)}
        shipped = frozenset(shipped_webhooks()), frozenset(stage.name for stage in shipped_stages())
        problems += check_all(loaded, contracts, frozenset(unreadable), frozenset(common), *shipped)
        problems += query_problems(loaded)
    problems.sort(key=lambda problem: (problem.file, problem.line, problem.key, problem.what))
    if not files or any(problem.is_error for problem in problems):
        return None, problems
    return _compile(loaded, contracts), problems


def read_workspace(held: Held) -> Workspace:
    """Load a workspace and leave its secrets alone. Raises ``ConfigError`` ``workspace_invalid`` with every problem."""
    workspace, problems = load_workspace(held)
    if workspace is None:
        errors = "\n".join(str(problem) for problem in problems if problem.is_error)
        text = f"The workspace has problems; nothing was started. Mend them (see `fieldfare validate`):\n{errors}"
        raise ConfigError("workspace_invalid", text)
    return workspace


def count_things(workspace: Workspace) -> dict[str, int]:
    """Return how many things of each kind the workspace defines, by their plural."""
    return {
        "audiences": len(workspace.audiences),
        "journeys": len(workspace.journeys),
        "broadcasts": len(workspace.broadcasts),
        "surveys": len(workspace.surveys),
        "metrics": len(workspace.metrics),
        "experiments": len(workspace.registrations),
        "templates": len(workspace.templates),
        "channels": len(workspace.channels),
        "traits": len(workspace.traits),
        "measures": len(workspace.named_measures),
        "computed traits": len(workspace.computed),
        "locations": len(workspace.locations.places),
        "seasons": len(workspace.seasons),
        "sources": len(workspace.sources),
        "mappings": len(workspace.mappings),
        "stages": len(workspace.stages),
    }


def _definitions(loaded: list[Loaded]) -> dict[str, Any]:
    """Return the measures by name as they are written, when all of them are in order."""
    return next((one.value["measures"] for one in loaded if one.kind.name == _MEASURES and one.noun is not None), {})


def _contracts(loaded: list[Loaded]) -> Contracts:
    """Join the workspace's own contracts with the shipped ones, as far as they are in order."""
    own = [one.noun for one in loaded if isinstance(one.noun, Contract)]
    settings = next((one.noun for one in loaded if isinstance(one.noun, CollectSettings)), None)
    return join_contracts(own, shipped_contracts(), settings)


def _compile(loaded: list[Loaded], contracts: Contracts) -> Workspace:
    """Join the nouns of files that are all in order."""
    single = {one.kind.name: one.noun for one in loaded if not one.kind.many}
    settings: Settings = single["workspace"]
    audiences: dict[str, Audience] = _by_name(loaded, "audience")
    templates: dict[str, Template] = _by_name(loaded, "template")
    consent: ConsentPolicy = single.get("consent", ConsentPolicy())
    channels: dict[str, ChannelSpec] = dict(sorted(single.get("channels", {}).items()))
    journeys = {
        name: finished(each, templates, channels, consent) for name, each in _by_name(loaded, "journey").items()
    }
    conditions = [audience.condition for audience in audiences.values()]
    conditions += [condition for journey in journeys.values() for condition in conditions_of(journey)]
    lifecycle: Lifecycle = single.get("lifecycle", Lifecycle())
    stages = lifecycle.stages(shipped_stages())
    conditions += [condition for stage in stages for _, condition in stage.rules()]
    declared: TraitsDeclared = single.get("traits", TraitsDeclared())
    registry, computed = declared.registry, dict(sorted(declared.computed.items()))
    traits: dict[str, TraitSpec] = dict(sorted(registry.by_name.items()))
    conditions += [did for trait in computed.values() if (did := did_in(trait.node)) is not None]
    policies: Policy = single.get("policies", Policy())
    conditions += engagement_of(policies).values()
    measures = dict(sorted(measures_of(conditions).items()))
    locations: Locations = single.get("locations", Locations())
    seasons = link_breaks(single.get("seasons", ()), _by_name(loaded, "school_calendar"))
    asked = {name: (audience.digest, audience.refresh, audience.by_phase) for name, audience in audiences.items()}
    staged = [(stage.name, stage.enter, stage.exit, stage.after) for stage in stages]
    folded = folded_by(registry, settings, contracts)
    identity: IdentityPolicy = single.get("identity", DEFAULT)
    nodes = {name: trait.node for name, trait in computed.items()}
    people = rules_in(conditions), consent, sorted(channels)
    metrics = {name: metric_in(each, settings.currency) for name, each in sorted(single.get("metrics", {}).items())}
    plans = {name: plan_in(each, settings.currency, metrics) for name, each in _by_name(loaded, "experiment").items()}
    timed = {name: each.entry for name, each in journeys.items() if each.entry.dated or each.entry.rhythm}
    places = locations.places
    defined = (settings.time_zone, identity, measures, asked, staged, folded, nodes, places, seasons, people, timed)
    return Workspace(
        settings=settings,
        contracts=contracts,
        identity=identity,
        traits=traits,
        registry=registry,
        health=single.get("health", HealthPolicy()),
        schedule=single.get("schedule", Schedule()),
        computed=computed,
        locations=locations,
        seasons=seasons,
        audiences=audiences,
        stages=stages,
        outcomes=single.get("outcomes", ()),
        measures=measures,
        named_measures=dict(sorted(single.get(_MEASURES, {}).items())),
        consent=consent,
        policies=policies,
        actions=single.get("actions", {}),
        channels=channels,
        templates=templates,
        journeys=journeys,
        stories=_by_name(loaded, "journey_test"),
        broadcasts=_by_name(loaded, "broadcast"),
        surveys=_by_name(loaded, "survey"),
        metrics=metrics,
        registrations=plans,
        programme=msgspec.structs.replace(single.get("programme", Programme()), salt=settings.name),
        mappings=_by_name(loaded, "mapping"),
        webhooks=shipped_webhooks() | _by_name(loaded, "webhook"),
        fingerprint=_digest([(one.file, one.value) for one in sorted(loaded, key=lambda one: one.file)]),
        definition_digest=_digest(defined),
        fold_digest=_digest((identity, folded)),
    )


def folded_by(registry: Traits, settings: Settings, contracts: Contracts) -> tuple[Any, ...]:
    """Return what decides which values of traits are kept and survive."""
    typed = {
        name: (spec.type, spec.sensitivity, spec.retention_days, spec.owner, spec.sources, spec.status, spec.derive)
        for name, spec in registry.by_name.items()
    }
    words = [(each.name, each.system, each.verifies, each.infers, each.confidence) for each in settings.sources]
    return typed, registry.undeclared, registry.moves_after_days, words, contracts.settings.unknown_fields


def _by_name(loaded: list[Loaded], kind: str) -> dict[str, Any]:
    return dict(sorted((one.noun.name, one.noun) for one in loaded if one.kind.name == kind))


def _digest(value: Any) -> str:
    return digest(msgspec.json.encode(value, order="deterministic")).hex()
