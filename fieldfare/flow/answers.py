"""What the API and the CLI answer, over one installation's stores and its lake.

Every answer is plain JSON values. Only four change something: a look at profile health is kept, an event is taken
back, cuts are published, a test message is sent.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from fieldfare.flow.audience_answers import AudienceAnswers
from fieldfare.flow.audience_health import AudienceHealth
from fieldfare.flow.audit_identity import IdentityAudit
from fieldfare.flow.audit_sources import SourceAudit
from fieldfare.flow.captured import Mailbox
from fieldfare.flow.consent_answers import ConsentAnswers
from fieldfare.flow.consent_status import consent_status
from fieldfare.flow.contract_answers import ContractAnswers
from fieldfare.flow.corrections import Corrections
from fieldfare.flow.cuts import CutAnswers
from fieldfare.flow.decide_action import Decide
from fieldfare.flow.experiment_answers import ExperimentAnswers
from fieldfare.flow.export_audience import Exports
from fieldfare.flow.identity_answers import IdentityAnswers
from fieldfare.flow.journey_answers import JourneyAnswers
from fieldfare.flow.letter_requests import LetterAnswers
from fieldfare.flow.lifecycle_answers import LifecycleAnswers
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.message_answers import MessageAnswers
from fieldfare.flow.order_answers import OrderAnswers
from fieldfare.flow.order_requests import since_of
from fieldfare.flow.profile_answers import ProfileAnswers
from fieldfare.flow.profile_health import ProfileHealth
from fieldfare.flow.queried_audiences import QueriedAudiences
from fieldfare.flow.retract import Retractions
from fieldfare.flow.schedule.run import ScheduleAnswers
from fieldfare.flow.season_answers import SeasonAnswers
from fieldfare.flow.season_ready import Readiness
from fieldfare.flow.status import status_of
from fieldfare.flow.template_answers import TemplateAnswers
from fieldfare.flow.trait_answers import TraitAnswers
from fieldfare.flow.try_message import TryMessage
from fieldfare.flow.verdict_tally import VerdictTally
from fieldfare.flow.versions.run import Versions
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import EventLog
from fieldfare.ground.store import State
from fieldfare.know.identity.overlap import Met
from fieldfare.learn.experiments.model import Experiment, Population
from fieldfare.learn.experiments.report import report
from fieldfare.trust.keys.seal import Keys


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers from these parts; ``names`` says what each store is."""

    workspace: Workspace
    experiments: dict[str, Experiment]
    state: State
    log: EventLog
    lake: Lake
    loader: LakeLoader
    look: Look
    keys: Keys
    letters: LetterAnswers
    clock: Clock
    names: dict[str, str]
    contracts: ContractAnswers
    identity: IdentityAnswers
    traits: TraitAnswers
    corrections: Corrections
    lifecycle: LifecycleAnswers
    seasons: SeasonAnswers
    readiness: Readiness
    schedule: ScheduleAnswers
    health: ProfileHealth
    profiles: ProfileAnswers
    cuts: CutAnswers
    retractions: Retractions
    audiences: AudienceAnswers
    exports: Exports
    audience_health: AudienceHealth
    queried: QueriedAudiences
    templates: TemplateAnswers
    tries: TryMessage
    mailbox: Mailbox
    orders: OrderAnswers
    decide: Decide
    audit_consent: Callable[[], dict[str, Any]]
    """Replays consent against what was sent."""
    messages: MessageAnswers
    versions: Versions
    consent: ConsentAnswers
    registered: ExperimentAnswers
    journeys: JourneyAnswers
    verdicts: VerdictTally

    def status(self) -> dict[str, Any]:
        """Return what stands."""
        found = status_of(self.state, self.log, self.lake, self.clock.now(), self.names, self.verdicts.look)
        return found | {
            "health": self.health.summary(),
            "audiences": self.audience_health.summary(),
            "cuts": self.cuts.status(),
            "schedule": self.schedule.summary(),
            "gate": self.orders.summary(),
            "consent": consent_status(self.state, self.workspace, self.clock.now()),
            "workspace": self.versions.standing(),
        }

    def audit_sources(self, days: int) -> dict[str, Any]:
        """Return the audit of the sources; see :class:`fieldfare.flow.audit_sources.SourceAudit`."""
        sources = self.workspace.sources
        audit = SourceAudit(self.state, self.log, self.lake, self.loader, self.keys, sources)
        return audit.run(days, self.clock.now())

    def audit_identity(self, days: int, beside: Sequence[Met] = ()) -> dict[str, Any]:
        """Return the audit of identity; see :class:`fieldfare.flow.audit_identity.IdentityAudit`."""
        plan = self.workspace.claim_plan(self.keys.lookup_hash)
        return IdentityAudit(self.state, self.lake, self.loader, self.keys, plan).run(days, self.clock.now(), beside)

    def profile_health(self, *, run: bool) -> dict[str, Any]:
        """Return what the daily job found, or look now; see :class:`fieldfare.flow.profile_health.ProfileHealth`."""
        return self.health.run(self.clock.now()) if run else self.health.latest()

    def sql(self, query: str, most_rows: int) -> dict[str, Any]:
        """Run one SELECT on the lake as it is loaded now; values that JSON lacks are given as text."""
        self.loader.sync()
        answer = self.lake.query(query, most_rows)
        rows = [[_plain(value) for value in row] for row in answer.rows]
        return {"columns": answer.columns, "rows": rows, "cut": answer.cut}

    def publish_cuts(self) -> list[dict[str, Any]]:
        """Publish cuts; see :class:`fieldfare.flow.cuts.CutAnswers`."""
        return self.cuts.publish()

    def all_cuts(self) -> list[dict[str, Any]]:
        """Return the newest version of every cut."""
        return self.cuts.all()

    def show_cut(self, name: str) -> list[dict[str, Any]]:
        """Return every version of a cut."""
        return self.cuts.show(name)

    def retract(self, message_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Take an event back; see :class:`fieldfare.flow.retract.Retractions`."""
        return self.retractions.ask(message_id, actor, reason)

    def why_not(self, told: str, journey: str | None, since: str | None = None) -> dict[str, Any]:
        """Return why a person got or did not get messages; see :meth:`fieldfare.flow.look.Look.why_not`.

        ``since``: an instant, or a span that ends now.
        """
        now = self.clock.now()
        return self.look.why_not(told, journey, now, since_of(since, now))

    def readout(self, name: str, population: str = Population.ASSIGNED) -> dict[str, Any]:
        """Return the readout of an experiment: its numbers and the report's lines.

        ``population`` is ``assigned`` (intention to treat) or ``exposed``: for whom the holdout alone decided.
        """
        from fieldfare.flow.experiment_tables import members_of_holdout  # noqa: PLC0415 - SciPy and Ibis, for readouts alone
        from fieldfare.learn.experiments.analyse import analyse  # noqa: PLC0415 - as above
        from fieldfare.learn.experiments.readout import aggregates, totals  # noqa: PLC0415

        experiment = self.experiments.get(name) or self.experiments.get(f"journey.{name}")
        if experiment is None:
            names = ", ".join(sorted(self.experiments)) or "none"
            raise CallerError(
                "experiment_unknown",
                f"There is no experiment `{name}`. Experiments: {names}.",
                field="name",
                status=404,
            )
        self.loader.sync()
        now = self.clock.now()
        backend = self.lake.ibis()
        counted = Population(population)
        members = members_of_holdout(backend, experiment.name, exposed=counted is Population.EXPOSED)
        found = aggregates(experiment, members, backend.table("facts"), now)
        readout = analyse(experiment, totals(found.to_pyarrow().to_pylist()), counted, now)
        told = {"experiment": experiment.name, "readout": msgspec.to_builtins(readout, str_keys=True)}
        return {**told, "report": report(readout, self.workspace.currency)}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return (
        value
        if isinstance(value, (str, int, float, bool, type(None)))
        else msgspec.json.decode(msgspec.json.encode(value, enc_hook=str))
    )
