"""What reads, keeps and compares the audiences of one installation, joined from its parts. No rules."""

from collections.abc import Callable

import msgspec

from fieldfare.assembly.definitions import Definitions
from fieldfare.assembly.stores import Stores
from fieldfare.flow.audience_answers import AudienceAnswers
from fieldfare.flow.audience_health import AudienceHealth
from fieldfare.flow.audience_lake import AudienceLake
from fieldfare.flow.export_audience import ExportParts, Exports
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.look import Look
from fieldfare.flow.person import People
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.queried_audiences import QueriedAudiences
from fieldfare.flow.reconcile_memberships import Reconciliation
from fieldfare.ground.clock import Clock
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.identity.model import SHIPPED


class AudienceParts(msgspec.Struct, frozen=True, kw_only=True):
    """An installation as its audiences need it."""

    stores: Stores
    definitions: Definitions
    people: People
    pipeline: Pipeline
    look: Look
    lake: Lake
    loader: LakeLoader
    clock: Clock
    check: Callable[[], None]
    """Refuses to change profiles by definitions that do not hold yet."""

    def answers(self) -> AudienceAnswers:
        """Return the answers about audiences."""
        workspace, evaluator = self.definitions.workspace, self.definitions.evaluator
        parts = self.stores.state, self.lake, self.loader, self.look, self.clock, self.definitions.calendar
        return AudienceAnswers(workspace, evaluator, *parts)

    def exports(self, answers: AudienceAnswers, settle: Callable[[], object] | None) -> Exports:
        """Return what exports audiences; ``settle`` applies what waits, where no worker does."""
        workspace, stores = self.definitions.workspace, self.stores
        parts = ExportParts(
            state=stores.state,
            log=stores.log,
            lake=self.lake,
            loader=self.loader,
            keys=stores.keys,
            people=self.people,
            evaluator=self.definitions.evaluator,
            consent=workspace.consent,
            traits=workspace.traits,
            kinds=frozenset({*SHIPPED, *workspace.identity.kinds}),
            channels=frozenset(workspace.channels),
            clock=self.clock,
            settle=settle,
        )
        return Exports(parts, answers)

    def health(self) -> AudienceHealth:
        """Return the nightly look at audiences."""
        workspace, found = self.definitions.workspace, self.definitions
        asked = AudienceLake(self.lake, self.definitions.workspace.audiences, self.definitions.moment)
        parts = self.stores.state, self.lake, self.loader, self.pipeline
        reconciliation = Reconciliation(*parts, asked, found.evaluator, self.clock)
        return AudienceHealth(workspace, self.stores.state, self.lake, reconciliation, self.clock, self.check)

    def queried(self) -> QueriedAudiences:
        """Return what runs the queries of audiences."""
        workspace, stores = self.definitions.workspace, self.stores
        parts = stores.state, self.lake, self.loader, stores.keys, self.people, self.pipeline, self.clock
        return QueriedAudiences(*parts).of(workspace.audiences, self.definitions.calendar, self.check)
