"""Runs rehearsals: people of a kind through the true installation on a simulated clock, in a folder thrown away after.

Flow: read the rules (and the changed ones), copy or make the people, play, count, report; with changed rules all of it
twice, on the same people and events. Nothing is written to the installation whose people are copied, and every channel
is captured. A run that is killed leaves its folder behind, which the next one removes.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import delete

from fieldfare.act.delivery.ports import Channel
from fieldfare.assembly.copied import begin_anew, copy_people, scratch
from fieldfare.assembly.files import ROOT_KEY
from fieldfare.assembly.installation import Installation, open_simulation
from fieldfare.assembly.served import SERVED, held_files
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.store import source_tally
from fieldfare.decide.journeys.store import journey_tally
from fieldfare.flow.generate import fitness
from fieldfare.flow.redecide.run import AskedDecisions, Redecide
from fieldfare.flow.rehearsal.compare import differences
from fieldfare.flow.rehearsal.faults import with_faults
from fieldfare.flow.rehearsal.gather import count_up
from fieldfare.flow.rehearsal.history import History
from fieldfare.flow.rehearsal.job import Progress, RehearsalJob
from fieldfare.flow.rehearsal.model import Asked, Fault, Plan, Population
from fieldfare.flow.rehearsal.outage import FailingChannel, Span, outage_of
from fieldfare.flow.rehearsal.peak import AskedPeak, asked_for, breaks_of, checks_of, chosen_peak, verdict_of
from fieldfare.flow.rehearsal.peaks import Peak, peaks_between, whole_peaks
from fieldfare.flow.rehearsal.plan import plan_of
from fieldfare.flow.rehearsal.population import live, terms_of, world_of
from fieldfare.flow.rehearsal.report import Rules, report_of
from fieldfare.flow.rehearsal.requests import Rehearsals
from fieldfare.flow.rehearsal.streams import Counting, Timed, before
from fieldfare.flow.simulate import Sent, is_simulated
from fieldfare.flow.spans import read_span
from fieldfare.flow.versions.model import Files
from fieldfare.flow.workspace import Workspace, read_workspace
from fieldfare.ground.clock import Clock, SimulatedClock
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY, HOUR, SECOND, Day, Instant, date_of, day_start, to_iso, today_in
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.model import Refresh
from fieldfare.network.calendars.holds import Calendar
from fieldfare.trust.keys.seal import LOOKUP_KEY

_LAGS = {Refresh.LIVE: 0, Refresh.HOURLY: HOUR, Refresh.NIGHTLY: DAY, Refresh.WEEKLY: 7 * DAY}
_WORKSPACE_FILE = "workspace.yaml"


class Source(msgspec.Struct, frozen=True):
    """The installation whose people are copied."""

    stores: Stores
    lake: Lake
    now: Instant
    """As of when the copy is taken."""


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


class Rehearsing:
    """Runs simulations by the rules of some files."""

    def __init__(self, files: Files, beside: Path, clock: Clock, source: Source | None = None) -> None:
        """Run in folders ``beside``; real people come from ``source``."""
        self._files, self._beside, self._clock, self._source = files, beside, clock, source

    def simulate(
        self, asked: Asked, changes: Files | None, progress: Progress, speed: float | None = None
    ) -> dict[str, Any]:
        """Run what is asked for, by the rules and by changed ones; return reports, differences and timings."""
        workspace = read_workspace(self._files)
        other = read_workspace(changed_files(self._files, changes)) if changes is not None else None
        plan = self.plan(asked, workspace)
        first = self.run(plan, workspace, lambda share: progress("today's rules", share), speed)
        found: dict[str, Any] = {"report": first.report, "notes": first.notes, "changed": None, "differences": None}
        timings = [first.timing]
        if other is not None:
            second = self.run(plan, other, lambda share: progress("the changed rules", share), speed)
            timings.append(second.timing)
            found["changed"], found["differences"] = second.report, differences(first.report, second.report)
            found["notes"] = [*first.notes, *(each for each in second.notes if each not in first.notes)]
        return found | {"timings": [msgspec.to_builtins(each) for each in timings]}

    def check(self, asked: Asked, changes: Files | None) -> None:
        """Raise what is wrong with what is asked for, before anything runs."""
        workspace = read_workspace(self._files)
        if changes is not None:
            read_workspace(changed_files(self._files, changes))
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
        workspace = read_workspace(self._files)
        peak, today = self._peak(asked, workspace)
        runs = []
        for load in asked.loads:
            plan = self.plan(asked_for(peak, asked, load, today), workspace)
            ran = self.run(plan, workspace, lambda share, load=load: progress(f"load {load}x", share))  # type: ignore[misc]
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
        read_workspace(changed_files(self._files, changes))
        read_span(asked.first, asked.last, workspace.time_zone)
        self._there()

    def redecide(self, asked: AskedDecisions, changes: Files) -> dict[str, Any]:
        """Judge old verdicts anew by the changed rules."""
        after = changed_files(self._files, changes)
        today, changed = read_workspace(self._files), read_workspace(after)
        judges = Redecide(state=self._there().stores.state, today=today, files=self._files)
        return judges.run(asked, changed, after, self._now())

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
        return self._source.now if self._source is not None else self._clock.now()

    def run(
        self, plan: Plan, workspace: Workspace, progress: Callable[[float], None], speed: float | None = None
    ) -> Ran:
        """Run one plan by the rules of one workspace."""
        with scratch(self._beside) as held:
            folder = held / "data"
            is_real = plan.population is Population.REAL
            if is_real:
                assert self._source is not None
                copy_people(self._source.stores, folder)
            else:
                _same_keys(folder, plan.seed)
            root = os.environ.get(ROOT_KEY)
            stores = open_stores(folder, {ROOT_KEY: root} if root is not None and is_real else {}, durable=False)
            try:
                return self._play(plan, workspace, stores, progress, speed)
            finally:
                stores.close()

    def _play(
        self,
        plan: Plan,
        workspace: Workspace,
        stores: Stores,
        progress: Callable[[float], None],
        speed: float | None,
    ) -> Ran:
        began, cpu = time.monotonic(), time.process_time()
        is_real = plan.population is Population.REAL
        opens_at = self._now() if is_real else plan.start
        if is_real:
            _let_go_of_counts(stores, plan)
        clock = SimulatedClock(min(opens_at, plan.start))
        installation = Installation(workspace, stores, clock, capture_all=True)
        zone = workspace.time_zone
        peaks = peaks_between(calendar_of(workspace), places_of(workspace), plan.start, plan.end, zone)
        outages = _outages(plan, peaks, zone)
        _cover(installation.channels, outages, clock)
        people = _People(plan, workspace, self._source)
        lake = stores.open_lake(memory_mb=256)
        try:
            simulation = open_simulation(installation, clock, lake, publishes=not is_real)
            if is_real:
                installation.delivery.recover(clock.now(), lease=0)
            length = plan.end - clock.now()
            simulation.run(
                people.calls,
                source_of(workspace),
                plan.end - 1,
                people.react,
                lambda now: progress(1 - (plan.end - now) / length),
                _pace(speed, clock.now()),
            )
            counted = count_up(stores.state, lake, plan, people.given, whole_peaks(peaks, plan, zone))
        finally:
            lake.close()
        report = report_of(plan, counted, rules_of(workspace), outages)
        timing = Timing(time.monotonic() - began, time.process_time() - cpu, counted.applied)
        return Ran(report, people.notes, timing)


def open_rehearsals(installation: Installation, lake: Lake) -> Rehearsals:
    """Return what answers about rehearsals beside a server's loops; each copies the people as they are then."""
    stores = installation.stores

    def runs() -> Rehearsing:
        installation.loader(lake).sync()
        files = held_files(stores, stores.folder / SERVED)
        return Rehearsing(files, stores.folder, installation.clock, Source(stores, lake, installation.clock.now()))

    return Rehearsals(runs, RehearsalJob())


class _People:
    """Who lives through the plan, and how they answer messages."""

    def __init__(self, plan: Plan, workspace: Workspace, source: Source | None) -> None:
        terms = terms_of(workspace)
        self._answers, self._end = 0, plan.end
        self._history: History | None = None
        self._notes: list[str] = []
        calls: Iterable[Timed]
        if plan.population is Population.GENERATED:
            self._world: fitness.World | None = world_of(plan, terms)
            calls = live(plan, terms)
            self._notes.append(fitness.LABEL)
        else:
            assert source is not None
            self._world = None
            self._history = History(source.stores.state, source.lake, source.stores.keys)
            slices = self._history.slices(plan)
            calls = self._history.calls(plan, slices)
            self._notes += _told(slices, plan)
        self._given = Counting(before(with_faults(calls, plan, terms), plan.end))

    @property
    def calls(self) -> Iterable[Timed]:
        """Return what they do."""
        return self._given

    @property
    def given(self) -> int:
        """Return how many calls they made, answers to messages among them."""
        return self._given.count + self._answers

    @property
    def notes(self) -> list[str]:
        """Return what is to be known about them."""
        if self._history is None or not self._history.silent:
            return self._notes
        silent = f"{self._history.silent:,} people have neither a user id nor an anonymous id and do nothing"
        return [*self._notes, silent]

    def react(self, sent: Sent) -> Iterator[Timed]:
        """Answer a message; real people do what they did, whatever they get."""
        for each in fitness.react(sent, self._world) if self._world is not None else ():
            self._answers += each[0] < self._end
            yield each


def _told(slices: list[Any], plan: Plan) -> list[str]:
    if not slices:
        return ["there is no week of history, so the copied people do nothing by themselves; only time passes"]
    ends = {(each.since // DAY, each.until // DAY) for each in slices}
    since, until = min(ends)[0], max(ends, key=lambda each: each[1])[1]
    how = "what they did" if len(slices) == 1 else f"{len(slices)} times over what they did"
    notes = [f"real people do again {how} from {to_iso(since * DAY)[:10]} to {to_iso(until * DAY)[:10]}"]
    notes.append("published cuts stay as they are in the copy; answers to messages are not made up")
    return notes + ([f"each of their events happens {plan.load} times within the hour"] if plan.load > 1 else [])


def calendar_of(workspace: Workspace) -> Calendar:
    """Return the seasons of a workspace over its places."""
    return Calendar(workspace.seasons, workspace.locations, workspace.time_zone)


def places_of(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of its locations."""
    return tuple(place.name for place in workspace.locations.places)


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


def source_of(workspace: Workspace) -> str:
    """Return the source that generated calls come from: the first that verifies, else the first of all.

    Raises ``ConfigError`` ``source_missing``.
    """
    names = [name for name, each in workspace.sources.items() if each.verifies] or list(workspace.sources)
    if not names:
        text = "workspace.yaml names no source, so no event could come in. Write one under `sources`."
        raise ConfigError("source_missing", text)
    return names[0]


def as_of(stores: Stores, clock: Clock) -> Instant:
    """Return when the people of a data folder are as they are: now, or when its simulation ended."""
    if not is_simulated(stores.state):
        return clock.now()
    with stores.state.read() as connection:
        found = connection.execute(source_tally.select().with_only_columns(source_tally.c.last_received_at)).scalars()
        return max(found, default=clock.now())


def _let_go_of_counts(stores: Stores, plan: Plan) -> None:
    """Begin with an empty log, and with counts that the copied past has no part in."""
    begin_anew(stores.state)
    with stores.state.write() as connection:
        connection.execute(delete(source_tally))
        connection.execute(delete(journey_tally).where(journey_tally.c.day >= plan.start // DAY))


def _same_keys(folder: Path, seed: int) -> None:
    """Give generated people the same lookup key in every run, so that the same things come in the same order."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700, parents=True)
    path = keys / LOOKUP_KEY
    path.touch(mode=0o600)
    path.write_bytes(digest("rehearsal", seed, 0) + digest("rehearsal", seed, 1))


def _outages(plan: Plan, peaks: list[tuple[str, int, int]], zone: str) -> list[Span]:
    if Fault.OUTAGE not in plan.faults:
        return []
    return outage_of(plan.start, plan.end, peaks[0][1:] if peaks else None, zone)


def _cover(channels: dict[str, Channel], outages: list[Span], clock: Clock) -> None:
    """Let every channel fail in the spans."""
    if outages:
        channels |= {name: FailingChannel(each, outages, clock.now) for name, each in channels.items()}


def _pace(speed: float | None, start: Instant) -> Callable[[Instant], None]:
    """Return what waits so that simulated time runs at most ``speed`` times as fast as the machine's."""
    if speed is None:
        return lambda _: None
    began, wait = time.monotonic(), threading.Event()

    def pace(now: Instant) -> None:
        ahead = (now - start) / SECOND / speed - (time.monotonic() - began)
        if ahead > 0:
            wait.wait(ahead)

    return pace
