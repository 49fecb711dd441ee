"""The only place where implementations are chosen and joined: a workspace and a data folder become a running whole.

Constructors in order, no framework. ``Stores`` are opened first (state, log, keys); ``Installation`` adds what the
workspace's definitions compile to. PostgreSQL is chosen by the environment variable ``FIELDFARE_STATE_URL``
(``postgresql+pg8000://…``), which then holds the log too; otherwise everything lives in SQLite files of the data
folder.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from starlette.types import ASGIApp

from fieldfare.act.delivery.channels import open_channel
from fieldfare.act.delivery.events import CONSENT_UPDATED
from fieldfare.act.delivery.model import Attempt
from fieldfare.act.delivery.ports import Channel
from fieldfare.act.delivery.routes import DeliveryDoor, delivery_routes
from fieldfare.act.delivery.run import Delivery, DeliveryPorts, DeliverySettings
from fieldfare.act.delivery.store import CapturedMessages, SqlAttempts, attempt
from fieldfare.act.delivery.unsubscribe import Unsubscribe
from fieldfare.collect.check import personal_fields
from fieldfare.collect.model import Event
from fieldfare.collect.parse import ParseSettings
from fieldfare.collect.routes import DoorSettings, build_door
from fieldfare.collect.strip import field_policy
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow.answers import Answers
from fieldfare.flow.captured import CapturedReader
from fieldfare.flow.delivery_journeys import SqlDecisions, SqlJourneyState, SqlProposals
from fieldfare.flow.delivery_ports import SqlConsent, SqlExposures, SqlOutbox, SqlPeople
from fieldfare.flow.intake import LOG, Intake
from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.person import People
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.rebuild import Rebuild
from fieldfare.flow.relay import Relay, append_own
from fieldfare.flow.simulate import Simulation
from fieldfare.flow.worker import Worker
from fieldfare.flow.workspace import Workspace, load_workspace
from fieldfare.ground.clock import Clock, SimulatedClock, SystemClock
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.commit import GroupCommit
from fieldfare.ground.log.ports import EventLog
from fieldfare.ground.log.postgres import PostgresLog
from fieldfare.ground.log.sqlite import SqliteLog
from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.migrate import migrate
from fieldfare.ground.workspace.secrets import resolve_secrets
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.store import membership_change
from fieldfare.know.identity.store import redirect
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.learn.experiments.model import Experiment
from fieldfare.learn.experiments.store import assignment, exposure
from fieldfare.network.calendars.holds import Calendar
from fieldfare.trust.keys.files import FileKeyStore
from fieldfare.trust.keys.seal import Keys
from fieldfare.web.app import build_api

STATE_URL = "FIELDFARE_STATE_URL"
PUBLIC_URL = "http://127.0.0.1:8601"
"""Where unsubscribe links lead when the workspace names no public address: this machine only."""


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """What holds data: the state, the log, the keys; and the folder of the lake."""

    folder: Path
    state: State
    log: EventLog
    keys: Keys
    names: dict[str, str]
    """What each store is, for people."""

    def close(self) -> None:
        """Close state and log."""
        self.log.close()
        self.state.close()

    def open_lake(self, *, threads: int = 2, memory_mb: int = 192) -> DuckLake:
        """Open the lake for writing. Raises ``ConflictError`` when another process has it."""
        lake = DuckLake(self.folder / "lake.duckdb", threads=threads, memory_mb=memory_mb)
        lake.ensure(TABLES, VIEWS)
        return lake


def open_stores(folder: Path, environ: Mapping[str, str] = os.environ, *, durable: bool = True) -> Stores:
    """Open the data folder, making it when it is new; brings the schema up to date.

    Raises ``ConfigError`` ``key_missing`` when there is data but the workspace key is gone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    url = environ.get(STATE_URL)
    is_new = url is None and not (folder / "state.sqlite").exists()
    state = open_state(url or f"sqlite:///{folder / 'state.sqlite'}", durable=durable)
    migrate(state)
    store = FileKeyStore(folder / "keys")
    keys = Keys(store, create=is_new or (url is not None and _is_empty(state)))
    log: EventLog = PostgresLog(url) if url else SqliteLog(folder / "log.sqlite", durable=durable)
    names = {
        "state": "postgresql" if url else "sqlite",
        "log": "postgresql" if url else "sqlite",
        "lake": "duckdb",
        "keys": "files",
    }
    return Stores(folder=folder, state=state, log=log, keys=keys, names=names)


def _is_empty(state: State) -> bool:
    with state.read() as connection:
        return connection.exec_driver_sql("SELECT 1 FROM watermark LIMIT 1").first() is None


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace compiles to."""

    workspace: Workspace
    plan: FoldPlan
    evaluator: Evaluator
    calendar: Calendar
    experiments: dict[str, Experiment]
    parse: ParseSettings


class Installation:
    """One workspace over its stores, every part joined; nothing runs by itself."""

    def __init__(
        self, workspace: Workspace, stores: Stores, clock: Clock | None = None, *, capture_all: bool = False
    ) -> None:
        """Join the parts. ``capture_all`` replaces every channel by the capture channel: simulations send nothing."""
        self.workspace, self.stores = workspace, stores
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.definitions = compile_definitions(workspace)
        self.intake = Intake(stores.keys, self.definitions.parse, workspace.contracts)
        verifying = frozenset(source.name for source in workspace.sources.values() if "email" in source.verifies)
        self.channels = self._open_channels(capture_all=capture_all)
        kinds = {name: channel.capabilities.address for name, channel in self.channels.items()}
        self.people = People(
            stores.keys,
            self.definitions.plan,
            self.definitions.evaluator,
            workspace.journeys,
            self.definitions.experiments,
            workspace.consent,
            kinds,
            workspace.locations,
            workspace.time_zone,
        )
        self.pipeline = Pipeline(stores.state, stores.log, self.clock, stores.keys, self.intake, self.people, verifying)
        public_url = workspace.public_url or PUBLIC_URL
        self.links = Unsubscribe(public_url, stores.keys.seal_token, stores.keys.open_token)
        self.delivery = self._delivery()
        self.relay = Relay(stores.state, stores.log, stores.keys)
        self.look = Look(stores.state, stores.keys, self.definitions.evaluator, workspace.journeys)

    def loader(self, lake: Lake) -> LakeLoader:
        """Return the loader of a lake."""
        contracts, sealed = self.workspace.contracts, self.definitions.plan.sealed_traits

        def hidden(event: Event) -> frozenset[str]:
            return personal_fields(event, contracts, sealed)

        numbered = {"membership_changes": membership_change, "decision_rows": decision}
        copied = {"assignments": assignment, "exposures": exposure, "message_rows": attempt, "redirects": redirect}
        stores = self.stores
        claims = self.pipeline.identify.claims
        return LakeLoader(stores.state, stores.log, lake, stores.keys, self.intake, claims, hidden, numbered, copied)

    def _open_channels(self, *, capture_all: bool) -> dict[str, Channel]:
        keys, keep = self.stores.keys, CapturedMessages(self.stores.state.write).keep
        specs = self.workspace.channels
        if capture_all:
            specs = {name: msgspec.structs.replace(spec, driver="capture") for name, spec in specs.items()}
        return {
            name: open_channel(spec, self.workspace.brand, keep=keep, seal=keys.seal_token)
            for name, spec in specs.items()
        }

    def _delivery(self) -> Delivery:
        workspace, stores, definitions = self.workspace, self.stores, self.definitions
        policy = workspace.policies
        settings = DeliverySettings(
            policy=policy,
            templates=workspace.templates,
            brand=msgspec.to_builtins(workspace.brand),
            transactional=frozenset(
                name for name, purpose in workspace.consent.purposes.items() if not purpose.required
            ),
        )
        ports = DeliveryPorts(
            state=stores.state,
            people=SqlPeople(stores.keys, definitions.calendar, workspace.locations, workspace.time_zone, policy.holds),
            consent=SqlConsent(workspace.consent, stores.log),
            journeys=SqlJourneyState(workspace.journeys, definitions.evaluator),
            proposals=SqlProposals(),
            attempts=SqlAttempts(),
            decisions=SqlDecisions(),
            exposures=SqlExposures(),
            outbox=SqlOutbox(stores.keys),
        )
        return Delivery(settings, ports, self.channels, self.links, self.clock)


def compile_definitions(workspace: Workspace) -> Definitions:
    """Return what the workspace's files compile to, ready to fold, evaluate and step with."""
    calendar = Calendar(workspace.seasons, workspace.locations, workspace.time_zone)
    evaluator = Evaluator(
        workspace.audiences.values(), zone=workspace.time_zone, phases=calendar, places=workspace.locations
    )
    return Definitions(
        workspace=workspace,
        plan=FoldPlan(workspace.measures.values(), workspace.traits),
        evaluator=evaluator,
        calendar=calendar,
        experiments=experiments_of(workspace),
        parse=ParseSettings(
            zone=workspace.time_zone,
            zones=workspace.locations.zones(),
            synonyms=workspace.contracts.synonyms,
            trust_timestamp=workspace.contracts.settings.trust_timestamp,
        ),
    )


def experiments_of(workspace: Workspace) -> dict[str, Experiment]:
    """Return the experiment of every journey that keeps a holdout, by name."""
    found: dict[str, Experiment] = {}
    for journey in workspace.journeys.values():
        if journey.experiment is None or journey.holdout is None:
            continue
        if journey.goal is None:
            text = f"The journey {journey.name} keeps a holdout but has no goal: nothing can be measured. Write a `goal`."
            raise ConfigError("goal_missing", text)
        found[journey.experiment] = Experiment(
            name=journey.experiment,
            salt=workspace.name,
            holdout=journey.holdout,
            goal_event=journey.goal.trigger.event,
            goal_where=journey.goal.trigger.where,
            window_us=journey.goal.within_us,
            revenue_property=journey.goal.revenue,
        )
    return found


def as_json(value: Any) -> Any:
    """Return a struct as plain JSON values."""
    return msgspec.to_builtins(value, str_keys=True)


def open_workspace(folder: Path, environ: Mapping[str, str] = os.environ) -> Workspace:
    """Load a workspace and resolve its secrets.

    Raises ``ConfigError``: ``workspace_invalid`` lists every problem, ``secret_missing`` every variable that is not set.
    """
    workspace, problems = load_workspace(folder)
    if workspace is None:
        errors = "\n".join(str(problem) for problem in problems if problem.is_error)
        text = f"The workspace has problems; nothing was started. Mend them (`fieldfare validate` shows them too):\n{errors}"
        raise ConfigError("workspace_invalid", text)
    settings, channels = resolve_secrets((workspace.settings, workspace.channels), environ)
    return msgspec.structs.replace(workspace, settings=settings, channels=channels)


def api_token(store: FileKeyStore) -> str:
    """Return the token of the API, making it when there is none."""
    return store.create("api-token").hex()


def open_answers(installation: Installation, lake: Lake) -> Answers:
    """Return the answers of an installation over its lake."""
    stores = installation.stores
    return Answers(
        workspace=installation.workspace,
        experiments=installation.definitions.experiments,
        state=stores.state,
        log=stores.log,
        lake=lake,
        loader=installation.loader(lake),
        look=installation.look,
        clock=installation.clock,
        names=stores.names,
    )


def open_worker(installation: Installation, lake: Lake) -> Worker:
    """Return the worker of an installation; it does not run yet."""
    loader = installation.loader(lake)
    return Worker(installation.pipeline, installation.delivery, installation.relay, loader, installation.clock)


def open_api(installation: Installation, lake: Lake, worker: Worker) -> ASGIApp:
    """Return the API with the rooms' routes."""
    stores, clock = installation.stores, installation.clock

    def append_event(event: dict[str, Any]) -> None:
        append_own(stores.log, stores.keys, event, clock.now(), urgent=event["event"] == CONSENT_UPDATED)

    def find_attempt(channel: str, provider_id: str) -> Attempt | None:
        with stores.state.read() as connection:
            return SqlAttempts().of_provider(connection, channel, provider_id)

    door = DeliveryDoor(
        brand=installation.workspace.brand.name,
        links=installation.links,
        channels=installation.channels,
        append_event=append_event,
        find_attempt=find_attempt,
        clock=clock,
    )

    def broken() -> str | None:
        return None if worker.failure is None else f"a loop has failed: {type(worker.failure).__name__}"

    token = api_token(FileKeyStore(stores.folder / "keys"))
    return build_api(open_answers(installation, lake), token, delivery_routes(door), broken)


def open_simulation(installation: Installation, clock: SimulatedClock, lake: Lake) -> Simulation:
    """Return a simulation over an installation that was opened with this clock and ``capture_all``."""
    stores = installation.stores

    def next_proposal_at() -> Instant | None:
        with stores.state.read() as connection:
            return journey_store.next_proposal_at(connection)

    captured = CapturedReader(stores.state, stores.keys)
    loader = installation.loader(lake)
    parts = (installation.pipeline, installation.delivery, loader)
    return Simulation(stores.state, clock, stores.keys, *parts, next_proposal_at, captured.read)


def open_door(workspace: Workspace, stores: Stores, clock: Clock | None = None) -> tuple[ASGIApp, GroupCommit]:
    """Return the front door of a workspace, and the group commit to close after it."""
    commit = GroupCommit(stores.log)
    now: Clock = clock if clock is not None else SystemClock()
    keys = stores.keys

    def seal(envelope: bytes) -> bytes:
        return keys.log_sealer(now.now()).seal(envelope, LOG)

    sensitivities = {name: spec.sensitivity.value for name, spec in workspace.traits.items()}
    settings = DoorSettings(
        sources={source.write_key: source.name for source in workspace.sources.values()},
        policy=field_policy(workspace.contracts, sensitivities),
        synonyms=workspace.contracts.synonyms,
    )
    return build_door(settings, commit, seal, now), commit


def open_rebuild(installation: Installation, lake: Lake) -> Rebuild:
    """Return what folds all documents anew under the installation's definitions."""
    stores = installation.stores
    return Rebuild(stores.state, lake, installation.loader(lake), stores.keys, installation.people)
