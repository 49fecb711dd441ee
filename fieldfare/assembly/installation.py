"""One workspace over its stores, every part joined: pipeline, delivery, relay, loader, API, simulation. No rules."""

import gc
from typing import Any

import msgspec

from fieldfare.act.delivery.admit import route_of
from fieldfare.act.delivery.unsubscribe import Unsubscribe
from fieldfare.assembly.answering import (
    open_contract_answers,
    open_corrections,
    open_decide,
    open_experiment_answers,
    open_guardrails,
    open_journey_answers,
    open_lifecycle_answers,
    open_message_answers,
    open_orders,
    open_profile_answers,
    open_readiness,
    open_seasons,
    open_stops,
    open_template_answers,
    open_trait_answers,
    open_tries,
    open_versions,
)
from fieldfare.assembly.audiences import AudienceParts
from fieldfare.assembly.audit_consent import consent_audit
from fieldfare.assembly.channels import open_channels, tracking_of
from fieldfare.assembly.consent import open_consent_answers
from fieldfare.assembly.definitions import (
    blocks_of_experiments,
    compile_definitions,
    hidden_fields,
    names_somebody,
    strata_of_experiments,
    units_of_experiments,
)
from fieldfare.assembly.delivering import open_delivery, open_feed
from fieldfare.assembly.followed import EVENTS, followed_tables
from fieldfare.assembly.stores import Stores
from fieldfare.collect.model import Event
from fieldfare.collect.repair import DoorDefinitions
from fieldfare.collect.strip import field_policy
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow.answers import Answers
from fieldfare.flow.backfill import Backfill
from fieldfare.flow.captured import CapturedReader, Mailbox
from fieldfare.flow.consent_rows import record_notices
from fieldfare.flow.contract_history import record_contracts
from fieldfare.flow.corrections import Corrections
from fieldfare.flow.cuts import CutAnswers
from fieldfare.flow.cuts_in_force import refresh
from fieldfare.flow.dead_letters import DeadLetters
from fieldfare.flow.editions import begin, require_in_force, standing_of
from fieldfare.flow.erase import Erasure, ErasureParts
from fieldfare.flow.event_rows import EventRows
from fieldfare.flow.history import LakeHistory
from fieldfare.flow.identity_answers import IdentityAnswers
from fieldfare.flow.intake import Intake
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.letter_requests import LetterAnswers
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.person import People, Rules
from fieldfare.flow.pipeline import Pipeline, PipelineSettings
from fieldfare.flow.profile_health import ProfileHealth
from fieldfare.flow.publish_cuts import CutParts, PublishCuts
from fieldfare.flow.rebuild import Rebuild
from fieldfare.flow.refold import Refold
from fieldfare.flow.rehearsal.job import RehearsalJob
from fieldfare.flow.relay import Relay
from fieldfare.flow.replay import Replay
from fieldfare.flow.replay_job import ReplayParts
from fieldfare.flow.reread import Reread
from fieldfare.flow.retain import Retention
from fieldfare.flow.retract import Mend, Refolds, Retractions
from fieldfare.flow.schedule.run import ScheduleAnswers
from fieldfare.flow.simulate import STRETCH_CALLS, Around, Simulation
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.flow.upcoming import Upcoming
from fieldfare.flow.verdict_tally import VerdictTally
from fieldfare.flow.walks import WalkRules
from fieldfare.flow.worker import Chores, Worker
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock, SimulatedClock, SystemClock
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import Alone
from fieldfare.ground.workspace.model import OWN_SOURCE

PUBLIC_URL = "http://127.0.0.1:8601"
"""Where unsubscribe links lead when the workspace names no public address: this machine only."""


class Installation:
    """One workspace over its stores, every part joined; nothing runs by itself."""

    def __init__(
        self,
        workspace: Workspace,
        stores: Stores,
        clock: Clock | None = None,
        *,
        capture_all: bool = False,
        events_alone: bool = False,
    ) -> None:
        """Join the parts. ``capture_all`` replaces every channel by the capture channel: simulations send nothing.

        ``events_alone``: nobody but published cuts will ask the lake for more than events.
        """
        self.workspace, self.stores = workspace, stores
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.rehearsals = RehearsalJob()
        """What runs rehearsals in this program, asked for or scheduled: one at a time."""
        self.standing = standing_of(stores.state, workspace, self.clock.now())
        with stores.state.read() as connection:
            walked = journey_store.walked_versions(connection)
            self.definitions = compile_definitions(workspace, self.standing.editions, walked)
            refresh(connection, self.definitions.cuts)
        self._events_alone = events_alone and not self.definitions.wanted
        claims = workspace.claim_plan(stores.keys.lookup_hash)
        names = names_somebody(workspace, claims)
        self.intake = Intake(stores.keys, self.definitions.parse, workspace.contracts, names)
        self.channels = open_channels(workspace, stores, PUBLIC_URL, self.clock, capture_all=capture_all)
        kinds = {name: channel.capabilities.address for name, channel in self.channels.items()}
        rules = Rules(
            plan=self.definitions.plan,
            evaluator=self.definitions.evaluator,
            walks=self._walk_rules(),
            consent=workspace.consent,
            address_kinds=kinds,
            zones=self.definitions.zones,
            workspace_zone=workspace.time_zone,
            regions=workspace.regions,
            scope_of=workspace.locations.around,
            editions=self.standing.editions,
            cuts=self.definitions.cuts,
            tells_lake=not self._events_alone,
        )
        self.people = People(stores.keys, rules)
        self.pipeline = Pipeline(
            stores.state,
            stores.log,
            self.clock,
            stores.keys,
            self.intake,
            self.people,
            claims,
            PipelineSettings.of(workspace.contracts.settings, workspace.keep_raw_days()),
        )
        public_url = workspace.public_url or PUBLIC_URL
        self.links = Unsubscribe(public_url, stores.keys.seal_token, stores.keys.open_token)
        self.tracking = tracking_of(workspace, stores.keys)
        self.routes = {name: route_of(spec) for name, spec in workspace.channels.items()}
        self.delivery = open_delivery(self)
        self._loader: tuple[Lake, LakeLoader] | None = None
        self.relay = Relay(stores.state, stores.log, stores.keys, workspace.keep_raw_days()[OWN_SOURCE])
        found = self.definitions
        self.look = Look(
            stores.state, stores.keys, found.evaluator, workspace.journeys, found.plan, found.zones, claims
        )

    def _walk_rules(self) -> WalkRules:
        workspace = self.workspace
        return WalkRules(
            versions=self.definitions.versions,
            experiments=self.definitions.experiments,
            units=units_of_experiments(workspace),
            blocks=blocks_of_experiments(workspace),
            strata=strata_of_experiments(workspace),
            programme=workspace.programme,
            evaluator=self.definitions.evaluator,
            zones=self.definitions.zones,
            regions=workspace.regions,
            workspace_zone=workspace.time_zone,
            keep_days=workspace.keep_raw_days()[OWN_SOURCE],
        )

    def loader(self, lake: Lake) -> LakeLoader:
        """Return the loader of a lake, the same one for everybody who asks: two would load everything twice."""
        if self._loader is not None and self._loader[0] is lake:
            return self._loader[1]
        self._loader = (lake, self._new_loader(lake))
        return self._loader[1]

    def audience_parts(self, lake: Lake, *, alone: bool = False) -> AudienceParts:
        """Return what joins whatever is about audiences; ``alone``: no worker has put the definitions in force."""
        return AudienceParts(
            stores=self.stores,
            definitions=self.definitions,
            people=self.people,
            pipeline=self.pipeline,
            look=self.look,
            lake=lake,
            loader=self.loader(lake),
            clock=self.clock,
            check=self.require_in_force if alone else lambda: None,
        )

    def require_in_force(self) -> None:
        """Raise ``ConfigError`` ``definitions_changed`` where profiles would be brought to what has not begun."""
        require_in_force(self.standing)

    def settle_alone(self) -> None:
        """Apply the acts that wait, where no worker does and the definitions hold."""
        self.require_in_force()
        drain_urgent(self.pipeline)

    def event_rows(self) -> EventRows:
        """Return what makes rows of the lake of events."""
        hidden = hidden_fields(self.definitions)
        return EventRows(self.stores.keys, self.pipeline.identify.lead, hidden)

    def _new_loader(self, lake: Lake) -> LakeLoader:
        stores, plan = self.stores, self.definitions.plan
        followed = EVENTS if self._events_alone else followed_tables()
        loader = LakeLoader(stores.state, stores.log, lake, self.intake, self.event_rows(), followed, plan)
        events = LakeEvents(lake, stores.keys)
        self.pipeline.regrouping.history = LakeHistory(loader, events)
        return loader


def as_json(value: Any) -> Any:
    """Return a struct as plain JSON values."""
    return msgspec.to_builtins(value, str_keys=True)


def open_answers(installation: Installation, lake: Lake, *, alone: bool = False) -> Answers:
    """Return the answers of an installation over its lake; ``alone``: nobody else applies what is appended."""
    stores, workspace = installation.stores, installation.workspace
    parts = installation.audience_parts(lake, alone=alone)
    audiences, settle = parts.answers(), installation.settle_alone if alone else None
    return Answers(
        workspace=workspace,
        experiments=installation.definitions.experiments,
        state=stores.state,
        log=stores.log,
        lake=lake,
        loader=installation.loader(lake),
        look=installation.look,
        keys=stores.keys,
        letters=LetterAnswers(open_dead_letters(installation), installation.workspace.time_zone),
        clock=installation.clock,
        names=stores.names,
        health=open_health(installation, lake),
        contracts=open_contract_answers(installation, lake),
        identity=IdentityAnswers(
            state=stores.state,
            log=stores.log,
            keys=stores.keys,
            clock=installation.clock,
            look=installation.look,
            identify=installation.pipeline.identify,
            most=installation.pipeline.identify.policy.cluster_most,
            keep_days=workspace.keep_raw_days()[OWN_SOURCE],
            settle=settle,
            check=installation.require_in_force if alone else None,
        ),
        traits=open_trait_answers(installation, lake),
        corrections=_open_corrections(installation, lake, alone=alone),
        lifecycle=open_lifecycle_answers(installation, lake),
        seasons=open_seasons(installation, lake)[0],
        readiness=open_readiness(installation, lake, open_health(installation, lake)),
        schedule=ScheduleAnswers(
            stores.state, workspace.schedule, installation.definitions.calendar, installation.clock
        ),
        registered=open_experiment_answers(installation, lake),
        profiles=open_profile_answers(installation, lake, is_loaded=not alone),
        cuts=CutAnswers(
            state=stores.state,
            wanted=installation.definitions.wanted,
            job=open_cuts(installation, lake),
            clock=installation.clock,
            may_serve=installation.standing.is_begun or installation.standing.is_first,
        ),
        retractions=_open_retractions(installation, lake),
        audiences=audiences,
        exports=parts.exports(audiences, settle),
        audience_health=parts.health(),
        queried=parts.queried(),
        templates=open_template_answers(installation, lake),
        tries=open_tries(installation, lake),
        messages=open_message_answers(installation, lake),
        mailbox=Mailbox(stores.state, stores.keys, workspace.time_zone, workspace.regions),
        orders=open_orders(installation),
        decide=open_decide(installation),
        audit_consent=consent_audit(stores.state, workspace.consent, installation.clock),
        versions=open_versions(installation, lake, is_serving=not alone),
        journeys=open_journey_answers(installation),
        consent=open_consent_answers(installation, settle),
        verdicts=VerdictTally(),
    )


def _open_corrections(installation: Installation, lake: Lake, *, alone: bool) -> Corrections:
    if not alone:
        return open_corrections(installation, lake, None, None)

    def settle() -> None:
        installation.settle_alone()
        open_refolds(installation, lake).step()

    return open_corrections(installation, lake, settle, installation.require_in_force)


def _open_retractions(installation: Installation, lake: Lake) -> Retractions:
    stores, workspace = installation.stores, installation.workspace
    return Retractions(
        stores.state,
        stores.log,
        lake,
        installation.loader(lake),
        stores.keys,
        installation.clock,
        workspace.keep_raw_days()[OWN_SOURCE],
    )


def open_dead_letters(installation: Installation) -> DeadLetters:
    """Return the dead letters of an installation, to be repaired by its definitions."""
    stores, workspace = installation.stores, installation.workspace
    sensitivities = {name: spec.sensitivity.value for name, spec in workspace.traits.items()}
    definitions = DoorDefinitions(
        parse=installation.definitions.parse,
        contracts=workspace.contracts,
        policy=field_policy(workspace.contracts, sensitivities),
        names=names_somebody(workspace),
    )
    parts = stores.state, stores.log, stores.keys, definitions, installation.clock
    pipeline = installation.pipeline

    def is_erased(event: Event) -> bool:
        return bool(pipeline.buried.among([event], pipeline.identify.hashes))

    return DeadLetters(*parts, workspace.keep_raw_days(), is_erased)


def calm_collector() -> None:
    """Let the garbage collector rest: batches make many short-lived objects and no cycles worth looking for often."""
    gc.set_threshold(100_000, 50, 100)


def open_worker(installation: Installation, lake: Lake) -> Worker:
    """Return the worker of an installation; it does not run yet."""
    calm_collector()
    record_contracts(installation.stores.state, installation.workspace.contracts, installation.clock.now())
    record_notices(installation.stores.state, installation.workspace.consent, installation.clock.now())
    parts = installation.pipeline, installation.delivery, installation.relay, installation.loader(lake)
    alone = Alone(installation.stores.state)
    mend = Mend(open_refolds(installation, lake), open_cuts(installation, lake), open_backfill(installation, lake))
    retention, audiences = open_retention(installation, lake), installation.audience_parts(lake)
    chores = Chores(
        retention,
        open_health(installation, lake),
        mend,
        audiences.queried(),
        audiences.health(),
        open_feed(installation),
        open_guardrails(installation, lake),
        open_stops(installation, lake),
    )
    return Worker(*parts, chores, alone, installation.clock)


def open_refolds(installation: Installation, lake: Lake) -> Refolds:
    """Return what folds profiles anew whose events were taken back."""
    loader, pipeline, refold = installation.loader(lake), installation.pipeline, open_refold(installation, lake)
    return Refolds(installation.stores.state, lake, loader, pipeline, refold, installation.clock)


def open_backfill(installation: Installation, lake: Lake) -> Backfill:
    """Return what brings profiles to the installation's definitions, page by page."""
    stores, parts = installation.stores, (installation.people, installation.pipeline, installation.standing)
    events, loader = LakeEvents(lake, stores.keys), installation.loader(lake)
    return Backfill(stores.state, events, loader, stores.keys, *parts, installation.clock)


def open_cuts(installation: Installation, lake: Lake) -> PublishCuts:
    """Return what publishes cuts when they are due."""
    definitions = installation.definitions
    return PublishCuts(
        CutParts(
            state=installation.stores.state,
            lake=lake,
            loader=installation.loader(lake),
            pipeline=installation.pipeline,
            wanted=definitions.wanted,
            cuts=definitions.cuts,
            moment=definitions.moment,
            zone=installation.workspace.time_zone,
            refresh=installation.workspace.settings.cuts,
            clock=installation.clock,
        )
    )


def open_health(installation: Installation, lake: Lake) -> ProfileHealth:
    """Return the daily look at profiles."""
    stores, workspace = installation.stores, installation.workspace
    found = ProfileHealth(
        stores.state, lake, installation.loader(lake), stores.keys, workspace.health, workspace.time_zone
    )
    found.declared, found.calendar = tuple(workspace.traits), installation.definitions.calendar
    found.required = tuple(name for name, spec in workspace.traits.items() if spec.required)
    return found


def open_retention(installation: Installation, lake: Lake) -> Retention:
    """Return what lets go of raw records whose time is over."""
    stores = installation.stores
    found = Retention(stores.state, stores.log, lake, stores.keys, installation.workspace.keep_raw_days())
    found.decision_days = installation.workspace.policies.keep_days
    return found


def open_simulation(
    installation: Installation,
    clock: SimulatedClock,
    lake: Lake,
    *,
    publishes: bool = True,
    apart: bool = False,
    stretch_calls: int = STRETCH_CALLS,
) -> Simulation:
    """Return a simulation over an installation opened with this clock and ``capture_all``; ``publishes``: also cuts.

    ``apart``: its people have nothing to do with each other, and go in stretches of so many calls at most.
    """
    begin(installation.stores.state, installation.standing, clock.now())
    calm_collector()
    stores = installation.stores

    captured = CapturedReader(stores.state, stores.keys)
    loader = installation.loader(lake)
    parts = (installation.pipeline, installation.delivery, loader)
    cuts = open_cuts(installation, lake) if publishes else None
    around = Around(Upcoming(stores.state), captured.read, cuts, stores.together, apart, stretch_calls)
    return Simulation(stores.state, clock, stores.keys, *parts, around)


def open_rebuild(installation: Installation, lake: Lake) -> Rebuild:
    """Return what folds all documents anew under the installation's definitions."""
    stores = installation.stores
    record_contracts(stores.state, installation.workspace.contracts, installation.clock.now())
    return Rebuild(stores.state, installation.loader(lake), open_refold(installation, lake), installation.standing)


def open_replay(installation: Installation, lake: Lake) -> Replay:
    """Return what reads accepted events again under the installation's definitions."""
    stores, loader = installation.stores, installation.loader(lake)
    events = LakeEvents(lake, stores.keys)
    reread = Reread(stores.log, installation.intake, installation.event_rows(), events)
    refold, contracts = open_refold(installation, lake), installation.workspace.contracts
    return Replay(stores.state, lake, loader, installation.pipeline, refold, reread, events, contracts)


def open_replay_parts(installation: Installation, lake: Lake) -> ReplayParts:
    """Return what a replay needs, to be run here or beside a server's loops."""
    workspace = installation.workspace
    return ReplayParts(
        replay=open_replay(installation, lake),
        letters=open_dead_letters(installation),
        family=installation.look.family,
        zone=workspace.time_zone,
        definitions=workspace.fingerprint,
        clock=installation.clock,
    )


def open_erasure(installation: Installation, lake: Lake) -> Erasure:
    """Return what erases people; it has obeyed no tombstone yet."""
    stores = installation.stores
    parts = ErasureParts(
        state=stores.state,
        log=stores.log,
        lake=lake,
        loader=installation.loader(lake),
        keys=stores.keys,
        pipeline=installation.pipeline,
        refold=open_refold(installation, lake),
        look=installation.look,
        now=installation.clock.now,
    )
    return Erasure(parts)


def open_refold(installation: Installation, lake: Lake) -> Refold:
    """Return what folds pages of documents anew."""
    stores = installation.stores
    return Refold(stores.state, LakeEvents(lake, stores.keys), stores.keys, installation.people)
