"""Runs rehearsals: people of a kind through the true installation on a simulated clock, in a folder thrown away after.

Flow: read the rules (and the changed ones), copy or make the people, play, count, report; with changed rules all of it
twice, on the same people and events. Nothing is written to the installation whose people are copied, and every channel
is captured. What a killed run leaves behind is removed by the next one. All runs of one job are about one moment.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from fieldfare.assembly.copied import Source, copied
from fieldfare.assembly.installation import Installation
from fieldfare.assembly.living import (
    Lived,
    Lives,
    calendar_of,
    live_apart,
    outages_of,
    places_of,
    source_of,
)
from fieldfare.assembly.served import SERVED, held_files
from fieldfare.assembly.side_by_side import side_by_side
from fieldfare.assembly.stores import Stores
from fieldfare.assembly.stories import play_stories
from fieldfare.collect.store import source_tally
from fieldfare.decide.journeys.stories import Stories
from fieldfare.flow.redecide.run import AskedDecisions, Redecide
from fieldfare.flow.rehearsal.compare import differences
from fieldfare.flow.rehearsal.groups import groups_of, together
from fieldfare.flow.rehearsal.job import Progress
from fieldfare.flow.rehearsal.model import Asked, Plan, Population
from fieldfare.flow.rehearsal.peak import AskedPeak, asked_for, breaks_of, checks_of, chosen_peak, verdict_of
from fieldfare.flow.rehearsal.peaks import Peak, peaks_between
from fieldfare.flow.rehearsal.plan import plan_of
from fieldfare.flow.rehearsal.report import Rules, report_of
from fieldfare.flow.rehearsal.requests import Rehearsals
from fieldfare.flow.simulate import is_simulated
from fieldfare.flow.spans import read_span
from fieldfare.flow.versions.model import Files
from fieldfare.flow.workspace import Workspace, read_workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConfigError, cut
from fieldfare.ground.instants import DAY, HOUR, Day, Instant, date_of, day_start, to_iso, today_in
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.model import Refresh

_LAGS = {Refresh.LIVE: 0, Refresh.HOURLY: HOUR, Refresh.NIGHTLY: DAY, Refresh.WEEKLY: 7 * DAY}
_WORKSPACE_FILE = "workspace.yaml"


class Timing(msgspec.Struct, frozen=True):
    """How long a run took on this machine; no two runs alike, so it is not in a report."""

    seconds: float
    cpu_seconds: float
    events: int

    @property
    def events_per_s(self) -> float:
        """Return how many events a second of processor time went through."""
        return self.events / self.cpu_seconds if self.cpu_seconds > 0 else 0.0


class Ran(msgspec.Struct, frozen=True):
    """One run: its report, what is to be known about it, and how long it took."""

    report: dict[str, Any]
    notes: list[str]
    timing: Timing


def changed_files(files: Files, changes: Files) -> Files:
    """Return the changed rules: a whole workspace as it is, some files in place of those of the same path.

    Raises ``CallerError`` ``changes_empty``.
    """
    if not changes:
        text = "The changes hold no file of a workspace. Give a folder with, for example, a changed policies.yaml."
        raise CallerError("changes_empty", text, field="changes")
    return dict(changes) if _WORKSPACE_FILE in changes else {**files, **changes}


def read_changed(files: Files, changes: Files) -> tuple[Files, Workspace]:
    """Return the changed rules, their files too. Raises ``CallerError``: ``changes_empty``, ``workspace_invalid``."""
    changed = changed_files(files, changes)
    try:
        return changed, read_workspace(changed)
    except ConfigError as error:  # whoever asks must mend it, not whoever runs this
        raise CallerError("workspace_invalid", error.message, field="changes") from error


class Rehearsing:
    """Runs simulations by the rules of some files."""

    def __init__(self, files: Files, beside: Path, clock: Clock, source: Source | None = None) -> None:
        """Run in folders ``beside``; real people come from ``source``."""
        self._files, self._beside, self._clock, self._source = files, beside, clock, source

    def simulate(
        self, asked: Asked, changes: Files | None, progress: Progress, speed: float | None = None
    ) -> dict[str, Any]:
        """Run what is asked for, by the rules and by changed ones; return reports, differences and timings."""
        self.check(asked, changes)
        with self._of_one_moment(asked.population) as runs:
            return runs._simulate(asked, changes, progress, speed)  # noqa: SLF001 - this class, over the copy

    def _simulate(self, asked: Asked, changes: Files | None, progress: Progress, speed: float | None) -> dict[str, Any]:
        other = read_changed(self._files, changes)[0] if changes is not None else None
        plan = self.plan(asked, read_workspace(self._files))
        first = self.run(plan, self._files, lambda share: progress("today's rules", share), speed)
        found: dict[str, Any] = {"report": first.report, "notes": first.notes, "changed": None, "differences": None}
        timings = [first.timing]
        if other is not None:
            second = self.run(plan, other, lambda share: progress("the changed rules", share), speed)
            timings.append(second.timing)
            found["changed"], found["differences"] = second.report, differences(first.report, second.report)
            found["notes"] = [*first.notes, *(each for each in second.notes if each not in first.notes)]
        return found | {"timings": [msgspec.to_builtins(each) for each in timings]}

    @contextmanager
    def _of_one_moment(self, population: str) -> Iterator["Rehearsing"]:
        """Give what runs a whole job: over one copy of real people, so that all its runs begin with the same."""
        if population != Population.REAL.value or self._source is None:
            yield self
            return
        with copied(self._source, self._beside) as source:
            yield Rehearsing(self._files, self._beside, self._clock, source)

    def check(self, asked: Asked, changes: Files | None) -> None:
        """Raise what is wrong with what is asked for, before anything runs."""
        workspace = read_workspace(self._files)
        if changes is not None:
            read_changed(self._files, changes)
        source_of(workspace)
        self.plan(asked, workspace)

    def check_peak(self, asked: AskedPeak) -> None:
        """Raise what is wrong with a rehearsal that is asked for, before anything runs."""
        workspace = read_workspace(self._files)
        if not asked.loads or list(asked.loads) != sorted(set(asked.loads)):
            text = "The loads of a rehearsal grow from one run to the next. Write, for example, 1, 3 and 5."
            raise CallerError("load_invalid", text, field="load")
        peak, today = self._peak(asked, workspace)
        for load in asked.loads:
            self.plan(asked_for(peak, asked, load, today), workspace)

    def _peak(self, asked: AskedPeak, workspace: Workspace) -> tuple[Peak, Day]:
        zone = workspace.time_zone
        today = today_in(self._now(), zone)
        start, end = day_start(today, zone), day_start(today + 2 * 366, zone)
        peaks = peaks_between(calendar_of(workspace), places_of(workspace), start, end, zone)
        return chosen_peak(peaks, asked.season, today), today

    def rehearse(self, asked: AskedPeak, progress: Progress) -> dict[str, Any]:
        """Rehearse a peak at every load; return what holds, what breaks, and what to do."""
        self.check_peak(asked)
        with self._of_one_moment(asked.population) as runs:
            return runs._rehearse(asked, progress)  # noqa: SLF001 - this class, over the copy

    def _rehearse(self, asked: AskedPeak, progress: Progress) -> dict[str, Any]:
        workspace = read_workspace(self._files)
        peak, today = self._peak(asked, workspace)
        runs = []
        for load in asked.loads:
            plan = self.plan(asked_for(peak, asked, load, today), workspace)
            ran = self.run(plan, self._files, lambda share, load=load: progress(f"load {load}x", share))  # type: ignore[misc]
            checks = checks_of(ran.report, ran.timing.events_per_s)
            told = [msgspec.to_builtins(each) for each in checks]
            verdict = verdict_of(checks).value
            runs.append({"load": load, "verdict": verdict, "checks": told, "report": ran.report, "notes": ran.notes})
        season, first, last = peak
        return {
            "season": season,
            "from": date_of(first).isoformat(),
            "to": date_of(last).isoformat(),
            "population": asked.population,
            "runs": runs,
            "breaks": breaks_of(runs),
        }

    def check_decisions(self, asked: AskedDecisions, changes: Files) -> None:
        """Raise what is wrong with verdicts that are to be judged anew. Raises ``CallerError`` ``people_missing``."""
        workspace = read_workspace(self._files)
        read_changed(self._files, changes)
        read_span(asked.first, asked.last, workspace.time_zone)
        self._there()

    def redecide(self, asked: AskedDecisions, changes: Files) -> dict[str, Any]:
        """Judge old verdicts anew by the changed rules."""
        today = read_workspace(self._files)
        after, changed = read_changed(self._files, changes)
        judges = Redecide(state=self._there().stores.state, today=today, files=self._files)
        return judges.run(asked, changed, after, self._now())

    def check_stories(self, journey: str, changes: Files | None) -> None:
        """Raise what is wrong with stories to be played. Raises ``CallerError`` ``stories_missing``."""
        workspaces = [read_workspace(self._files)]
        if changes is not None:
            workspaces.append(read_changed(self._files, changes)[1])
        if not any(stories_of(each, journey) for each in workspaces):
            text = (
                f"There are no stories of {cut(journey)} in journeys/tests, so nothing can be played. "
                "docs/how-to/test-journeys.md shows how they are written."
            )
            raise CallerError("stories_missing", text, field="name", status=404)

    def play(self, journey: str, changes: Files | None, progress: Progress) -> dict[str, Any]:
        """Play the stories of a journey by the rules, and by changed ones; ``None`` where these have none."""
        changed = None if changes is None else read_changed(self._files, changes)[1]
        found = {"in_force": (read_workspace(self._files), "today's rules"), "changed": (changed, "the changed rules")}
        told: dict[str, Any] = {"journey": journey}
        for name, (workspace, what) in found.items():
            tests = [] if workspace is None else stories_of(workspace, journey)
            played, many = [], sum(len(each.stories) for each in tests)
            for each in play_stories(workspace, tests) if workspace is not None else ():
                played.append({**msgspec.to_builtins(each), "passes": each.passes})
                progress(what, len(played) / many)
            told[name] = played if tests else None
        return told

    def _there(self) -> Source:
        if self._source is None:
            text = "There is no data here whose people could be copied. Name the data folder, or take generated ones."
            raise CallerError("people_missing", text, field="population")
        return self._source

    def plan(self, asked: Asked, workspace: Workspace) -> Plan:
        """Return the plan. Raises ``CallerError``: as ``plan_of``, ``people_missing``, ``span_past``."""
        plan = plan_of(asked, workspace.time_zone, self._now())
        if plan.population is not Population.REAL:
            return plan
        self._there()
        now = self._now()
        if plan.start < now - DAY and asked.first is not None:
            text = (
                f"These people are as they are at {to_iso(now)}, and nothing can be simulated before that. Begin then "
                "or later; generated people can live in the past."
            )
            raise CallerError("span_past", text, field="from")
        start = max(plan.start, now)
        end = plan.end if asked.last is not None else plan.end + (start - plan.start)
        if end <= start:
            text = "The simulation would be over before it begins. Give `to` a later day, or leave it out."
            raise CallerError("span_invalid", text, field="to")
        return msgspec.structs.replace(plan, start=start, end=end)

    def _now(self) -> Instant:
        return self._source.as_of() if self._source is not None else self._clock.now()

    def run(self, plan: Plan, files: Files, progress: Callable[[float], None], speed: float | None = None) -> Ran:
        """Run one plan by the rules of some files, its people in groups side by side where that changes nothing."""
        began, workspace = time.monotonic(), read_workspace(files)
        groups = groups_of(plan, workspace)
        plans = [msgspec.structs.replace(plan, group=each, groups=groups) for each in range(groups)]
        lives = Lives(self._beside, self._source)
        if groups == 1:
            parts = [lives.live(plan, workspace, progress, speed)]
        else:
            first, others = side_by_side(
                lambda: lives.live(plans[0], workspace, progress, speed),
                live_apart,
                [(files, self._beside, each, speed) for each in plans[1:]],
            )
            parts = [first, *(msgspec.msgpack.decode(each, type=Lived) for each in others)]
        counted = together([each.counted for each in parts])
        zone = workspace.time_zone
        peaks = peaks_between(calendar_of(workspace), places_of(workspace), plan.start, plan.end, zone)
        report = report_of(plan, counted, rules_of(workspace), outages_of(plan, peaks, zone))
        cpu = sum(each.cpu_seconds for each in parts)
        return Ran(report, parts[0].notes, Timing(time.monotonic() - began, cpu, counted.applied))


def stories_of(workspace: Workspace, journey: str) -> list[Stories]:
    """Return the stories of a journey that the workspace has."""
    return [each for each in workspace.stories.values() if each.journey == journey and journey in workspace.journeys]


def open_rehearsals(installation: Installation, lake: Lake) -> Rehearsals:
    """Return what answers about rehearsals beside a server's loops; each copies the people as they are then."""
    stores = installation.stores

    def runs() -> Rehearsing:
        files = held_files(stores, stores.folder / SERVED)
        source = Source(stores, lake, installation.clock.now, installation.loader(lake).sync)
        return Rehearsing(files, stores.folder, installation.clock, source)

    return Rehearsals(runs, installation.rehearsals, installation.clock)


def rules_of(workspace: Workspace) -> Rules:
    """Return what the report needs of a workspace."""
    return Rules(
        policy=workspace.gate_policy,
        zone=workspace.time_zone,
        currency=workspace.currency,
        task_channels=frozenset(name for name, spec in workspace.channels.items() if spec.driver == "task"),
        refreshes={name: _LAGS[each.refresh] for name, each in workspace.audiences.items() if each.is_exact},
        journeys=tuple(sorted(workspace.journeys)),
    )


def as_of(stores: Stores, clock: Clock) -> Instant:
    """Return when the people of a data folder are as they are: now, or when its simulation ended."""
    if not is_simulated(stores.state):
        return clock.now()
    with stores.state.read() as connection:
        found = connection.execute(source_tally.select().with_only_columns(source_tally.c.last_received_at)).scalars()
        return max(found, default=clock.now())
