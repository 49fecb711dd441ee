"""Plans a workspace against the version in force: what differs, who would join and leave, what it costs and risks.

Flow: compile both; compare them part by part; bring the lake up to date; ask it who would be in the audiences that mean
something else, at one instant, and how many events the measures that are new listen to; look at the people under the
rules of identity; judge the risk. Nothing is decided here, and nothing is written but to the lake, which is brought up
to date as for every question; a server may run beside it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.model import DONE
from fieldfare.flow import store as flow_store
from fieldfare.flow.editions import Standing, standing_of
from fieldfare.flow.finished_journeys import compiled_definitions
from fieldfare.flow.identity_plan import IdentityPlan
from fieldfare.flow.journey_checklist import Check, unready
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.versions.estimate import Estimate, Lacking, Run, estimate, lacking
from fieldfare.flow.versions.files import Stale, content_of, digests_of, file_changes, stale_files
from fieldfare.flow.versions.footprint import warnings_of
from fieldfare.flow.versions.foresee import Foresight, count_events
from fieldfare.flow.versions.judge import foreseen_risks
from fieldfare.flow.versions.meanings import changed_audiences, dependents_of, stage_meaning
from fieldfare.flow.versions.model import Change, Dependents, FileChange, Files, Needs, Notice, Risk, Version, Warned
from fieldfare.flow.versions.moves import Moves
from fieldfare.flow.versions.sections import changes_of, risks_of
from fieldfare.flow.versions.standing import Becomes, becomes
from fieldfare.flow.versions.touched import Touched, touched_journeys
from fieldfare.flow.workspace import Workspace, load_workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import LocatedProblem
from fieldfare.know.audiences.cuts_of import wanted_cuts
from fieldfare.know.computed.compute import TraitsComputed
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.profiles.editions import NOTHING_KNOWN, Edition


class Base(msgspec.Struct, frozen=True):
    """What a plan compares with: all applied versions, the oldest first, and the files of the last."""

    applied: tuple[Version, ...] = ()
    files: Files = {}

    @property
    def number(self) -> int | None:
        """Return the version in force, ``None`` when none was applied yet."""
        return self.applied[-1].number if self.applied else None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is planned: the whole of the files that are to be, by whom, and whether joins of the change trigger."""

    files: Files
    by: str = ""
    triggers: bool = False
    goes_back: bool = False
    """Whether earlier files are meant, so that none of them is stale."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A plan."""

    base: int | None
    content: str
    at: Instant
    before: Workspace | None
    after: Workspace
    standing: Standing
    digest: str
    """Of everything that profiles are evaluated by."""
    files: tuple[FileChange, ...]
    changes: tuple[Change, ...]
    audiences: tuple[str, ...]
    moves: tuple[Moves, ...]
    is_exact: bool
    """Whether the moves are what applying does; a refold may read traits otherwise."""
    by_query: frozenset[str]
    """Audiences whose moves follow from a query that is run only after the change began."""
    stages: dict[str | None, tuple[int, int]]
    dependents: dict[str, Dependents]
    journeys: tuple[Touched, ...]
    inside: tuple[Becomes, ...]
    """Those who walk journeys that change, and what becomes of them."""
    unready: dict[str, tuple[Check, ...]]
    """Journeys that are new or changed and lack what a release check asks for."""
    measures: tuple[Lacking, ...]
    estimate: Estimate
    identity: dict[str, object]
    warnings: tuple[Notice, ...]
    risks: tuple[Risk, ...]
    stale: tuple[Stale, ...]
    needs: Needs

    @property
    def has_changes(self) -> bool:
        """Return whether applying would do anything."""
        return self.needs is not Needs.NOTHING or (self.base is not None and bool(self.files))

    @property
    def approvers(self) -> tuple[str, ...]:
        """Return who may approve it: those that the version in force names."""
        return () if self.before is None else self.before.settings.approvers

    @property
    def waits(self) -> bool:
        """Return whether it needs an approval."""
        return bool(self.risks) and bool(self.approvers)


class Foreseen(NamedTuple):
    """What the lake says of a plan."""

    moves: tuple[Moves, ...]
    stages: dict[str | None, tuple[int, int]]
    profiles: int
    failed: dict[str, str]
    """Audiences whose query failed, with why."""


class Planner:
    """Plans over one installation."""

    def __init__(self, state: State, lake: Lake, loader: LakeLoader, clock: Clock) -> None:
        """Read from these stores."""
        self._state, self._lake, self._loader, self._clock = state, lake, loader, clock

    def run(self, asked: Asked, base: Base) -> Planned:
        """Return the plan. Raises ``CallerError`` ``files_invalid`` with every problem of the files."""
        after = compiled(asked.files)
        before, _ = load_workspace(base.files)  # none where nothing was applied, or an older Fieldfare understood it
        now = self._clock.now()
        events = count_events(self._lake, self._loader)
        standing, digest = self._standing(after, now)
        needs = needs_of(standing)
        is_known = before is None and standing.is_begun  # in force already, and not stored as a version yet
        audiences = () if is_known else changed_audiences(before, after)
        seen = self._foresee(before, after, audiences, now)
        dependents = dependents_of(after)
        files = file_changes(base.files, asked.files)
        filled = _filled(standing, after, events)
        risks = () if before is None else risks_of(before, after)
        return Planned(
            base=base.number,
            content=content_of(digests_of(asked.files)),
            at=now,
            before=before,
            after=after,
            standing=standing,
            digest=digest,
            files=files,
            changes=changes_of(before, after, files),
            audiences=audiences,
            moves=seen.moves,
            is_exact=needs is not Needs.REFOLD,
            by_query=_by_query(after, audiences, dependents),
            stages=seen.stages,
            dependents=dependents,
            journeys=self._journeys(before, after, audiences),
            inside=self._inside(before, after),
            unready=unready(before, after, has_way_back=before is not None or not base.applied),
            measures=tuple(filled),
            estimate=self._estimate(seen.profiles, filled, sum(events.values()), needs),
            identity=IdentityPlan(self._state, after.identity).run().told(),
            warnings=(
                *warnings_of(after.audiences, seen.moves, dependents, grew=_grew(before, after)),
                *(_query_failed(name, why) for name, why in seen.failed.items()),
            ),
            risks=(*risks, *foreseen_risks(before, after, seen.moves, triggers=asked.triggers)),
            stale=() if asked.goes_back else tuple(stale_files(base.applied, digests_of(asked.files), files, asked.by)),
            needs=needs,
        )

    def _standing(self, after: Workspace, now: Instant) -> tuple[Standing, str]:
        return standing_of(self._state, after, now), after.definition_digest

    def _foresee(self, before: Workspace | None, after: Workspace, audiences: Sequence[str], now: Instant) -> Foreseen:
        """Return the moves, the stages before and after where they mean something else, and how many profiles."""
        wanted = wanted_cuts((), after.audiences, TraitsComputed(after.computed, after.time_zone))
        with self._state.read() as connection:
            cuts = CutsInForce(cut_store.latest(connection, frozenset(wanted)))
        foresight = Foresight(self._lake, after, cuts, now, audiences)
        is_other = before is not None and stage_meaning(before) != stage_meaning(after)
        stages = foresight.restage(after.stages) if is_other else {}
        moves = tuple(foresight.moves(audiences))
        return Foreseen(moves, stages, len(foresight.homes), foresight.failed)

    def _journeys(self, before: Workspace | None, after: Workspace, audiences: Sequence[str]) -> tuple[Touched, ...]:
        with self._state.read() as connection:
            counted = journey_store.count_enrollments(connection)
        walks: dict[str, int] = {}
        for (journey, status), count in counted.items():
            if status not in DONE:
                walks[journey] = walks.get(journey, 0) + count
        return touched_journeys(before, after, audiences, walks)

    def _inside(self, before: Workspace | None, after: Workspace) -> tuple[Becomes, ...]:
        with self._state.read() as connection:
            standing = journey_store.count_standing(connection)
            walked = journey_store.walked_versions(connection)
        older = compiled_definitions(walked, after.templates, after.channels, after.consent)
        known = {(name, each.version): each for name, each in (before.journeys if before is not None else {}).items()}
        return tuple(becomes(standing, after.journeys, older | known))

    def _estimate(self, profiles: int, filled: Sequence[Lacking], all_events: int, needs: Needs) -> Estimate:
        concerned = 0 if needs is Needs.NOTHING else profiles
        is_refold = needs is Needs.REFOLD
        return estimate(concerned, filled, all_events if concerned else 0, self._earlier(), refold=is_refold)

    def _earlier(self) -> Run | None:
        """Return the last run over all profiles that filled measures and came to its end."""
        with self._state.read() as connection:
            rows = flow_store.editions(connection)
        for row in reversed(rows):
            if row["finished_at"] is not None and not row["is_refold"] and row["profiles"]:
                began = msgspec.json.decode(row["body"], type=Edition).at
                return Run(row["profiles"], row["finished_at"] - began)
        return None


def compiled(files: Files) -> Workspace:
    """Return the workspace of files that somebody sent. Raises ``CallerError`` ``files_invalid`` with every problem."""
    workspace, problems = load_workspace(files)
    if workspace is None:
        raise files_invalid(problems)
    return workspace


def files_invalid(problems: Sequence[LocatedProblem]) -> CallerError:
    """Return the refusal of files that are no workspace."""
    errors = "\n".join(str(problem) for problem in problems if problem.is_error)
    text = f"The files are no valid workspace; nothing was changed. Mend them (see `fieldfare validate`):\n{errors}"
    return CallerError("files_invalid", text, field="files")


def needs_of(standing: Standing) -> Needs:
    """Return what must be done before the workspace that stands so holds."""
    if standing.is_begun and standing.is_finished:
        return Needs.NOTHING
    return Needs.REFOLD if standing.is_refold else Needs.EDITION


def _filled(standing: Standing, after: Workspace, events: dict[str, int]) -> list[Lacking]:
    known = standing.editions.known
    if standing.is_begun or len(known) < 2:  # noqa: PLR2004 - the one before, and this one
        return []
    return lacking(standing.editions.lacks_since(known[-2].number), NOTHING_KNOWN, after.measures, events)


def _by_query(after: Workspace, audiences: Sequence[str], dependents: Mapping[str, Dependents]) -> frozenset[str]:
    """Return the changed audiences that a query decides, and those that ask for them."""
    queried = {name for name in audiences if name in after.audiences and not after.audiences[name].is_exact}
    return frozenset(queried.union(*(dependents[name].audiences for name in queried)))


def _query_failed(audience: str, why: str) -> Notice:
    text = f"its query failed, so it is taken as it stands: {why}"
    return Notice(Warned.QUERY_FAILED, f"audiences/{audience}", text)


def _grew(before: Workspace | None, after: Workspace) -> bool:
    return len(after.audiences) > (len(before.audiences) if before is not None else 0)
