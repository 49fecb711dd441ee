"""Lets people live through a plan: copies or makes them, plays them through the installation, counts what happened.

In a folder that is thrown away; every channel is captured. Groups of generated people may live in processes of their
own: what is handed over are the plan and the files of the rules, what comes back are counts.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import delete

from fieldfare.act.delivery.ports import Channel
from fieldfare.assembly.brought import bring
from fieldfare.assembly.copied import Source, begin_anew, copy_people, open_copy, scratch
from fieldfare.assembly.installation import Installation, open_simulation
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.store import source_tally
from fieldfare.decide.journeys.store import journey_tally
from fieldfare.flow.generate import fitness
from fieldfare.flow.rehearsal.faults import with_faults
from fieldfare.flow.rehearsal.gather import count_up
from fieldfare.flow.rehearsal.groups import go_apart
from fieldfare.flow.rehearsal.history import History
from fieldfare.flow.rehearsal.model import Counted, Fault, Plan, Population
from fieldfare.flow.rehearsal.outage import FailingChannel, Span, outage_of
from fieldfare.flow.rehearsal.peaks import peaks_between, whole_peaks
from fieldfare.flow.rehearsal.population import live, terms_of, world_of
from fieldfare.flow.rehearsal.streams import Counting, Timed, before
from fieldfare.flow.simulate import Sent
from fieldfare.flow.versions.model import Files
from fieldfare.flow.workspace import Workspace, read_workspace
from fieldfare.ground.clock import Clock, SimulatedClock
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY, SECOND, Instant, to_iso
from fieldfare.network.calendars.holds import Calendar
from fieldfare.trust.keys.seal import LOOKUP_KEY


class Lived(msgspec.Struct, frozen=True):
    """What became of one group."""

    counted: Counted
    notes: list[str]
    cpu_seconds: float


def live_apart(files: Files, beside: Path, plan: Plan, speed: float | None) -> bytes:
    """Let one group of generated people live, in a process of its own; return what became of it, encoded.

    It ends when whoever began it ends it or is gone, and leaves nothing behind.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parent = os.getppid()

    def go_on(_share: float) -> None:
        if os.getppid() != parent:
            raise KeyboardInterrupt

    return msgspec.msgpack.encode(Lives(beside, None).live(plan, read_workspace(files), go_on, speed))


class Lives:
    """Lets people live in folders beside the data."""

    def __init__(self, beside: Path, source: Source | None) -> None:
        """Make folders ``beside``; real people are copied from ``source``."""
        self._beside, self._source = beside, source

    def live(self, plan: Plan, workspace: Workspace, progress: Callable[[float], None], speed: float | None) -> Lived:
        """Let the people of a plan live by the rules of a workspace."""
        cpu = time.process_time()
        with scratch(self._beside) as held:
            folder = held / "data"
            is_real = plan.population is Population.REAL
            if is_real:
                assert self._source is not None
                copy_people(self._source.stores, folder)
            else:
                _same_keys(folder, plan.seed)
            stores = open_copy(folder) if is_real else open_stores(folder, {}, durable=False)
            try:
                counted, notes = self._play(plan, workspace, stores, progress, speed)
                return Lived(counted, notes, time.process_time() - cpu)
            finally:
                stores.close()

    def _play(
        self,
        plan: Plan,
        workspace: Workspace,
        stores: Stores,
        progress: Callable[[float], None],
        speed: float | None,
    ) -> tuple[Counted, list[str]]:
        is_real = plan.population is Population.REAL
        opens_at = self._source.as_of() if is_real and self._source is not None else plan.start
        if is_real:
            _let_go_of_counts(stores, plan)
        clock = SimulatedClock(min(opens_at, plan.start))
        installation = Installation(workspace, stores, clock, capture_all=True, events_alone=True)
        zone = workspace.time_zone
        peaks = peaks_between(calendar_of(workspace), places_of(workspace), plan.start, plan.end, zone)
        outages = outages_of(plan, peaks, zone)
        _cover(installation.channels, outages, clock)
        people = _People(plan, workspace, self._source)
        lake = stores.open_lake(memory_mb=256)
        try:
            apart = go_apart(plan, workspace)
            simulation = open_simulation(installation, clock, lake, publishes=not is_real, apart=apart)
            if is_real:
                assert self._source is not None
                people.notes_of(bring(installation, lake, self._source))
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
        return counted, people.notes


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
            if plan.groups > 1:
                self._notes.append(f"they live in {plan.groups} groups, each with published cuts of its own")
        else:
            assert source is not None
            self._world = None
            self._history = History(source.stores, source.lake, source.through, source.as_of())
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

    def notes_of(self, notes: Iterable[str]) -> None:
        """Note more that is to be known about them."""
        self._notes += notes

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


def source_of(workspace: Workspace) -> str:
    """Return the source that generated calls come from: the first that verifies, else the first of all.

    Raises ``ConfigError`` ``source_missing``.
    """
    names = [name for name, each in workspace.sources.items() if each.verifies] or list(workspace.sources)
    if not names:
        text = "workspace.yaml names no source, so no event could come in. Write one under `sources`."
        raise ConfigError("source_missing", text)
    return names[0]


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


def outages_of(plan: Plan, peaks: list[tuple[str, int, int]], zone: str) -> list[Span]:
    """Return when providers do not answer."""
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
