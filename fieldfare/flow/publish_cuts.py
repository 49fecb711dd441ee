"""Publishes cuts beside the running pipeline, and brings to each new version those whom it concerns, and nobody else.

Flow, for the cuts of one level (those that follow from no other that is still to be published): ask the lake for the
numbers at the wanted ranks, beside everything else; any numbers will do, as everybody is exact relative to them. Then,
under the pipeline's turn: let the timers that are due run; load the lake with everything that was applied; ask it whom
the new numbers concern at this instant: those on another side of a mark than before and, where time alone changes the
number, those in the cell in which a new mark falls (:mod:`fieldfare.know.cuts.choose`). Then one transaction writes the
versions and the list of those profiles. With its commit the versions are in force; every transaction that changes
people sees that first (:mod:`fieldfare.flow.cuts_in_force`).

Then the list is worked off, page by page, each in a transaction of its own, between which events are applied. Whoever
has something happen to them earlier is brought to the cuts before that, as of the instant of publication; so nobody is
ever evaluated by a mixture. A crash leaves a version not in force at all, or in force with its list; the next start
goes on with the list. The next level, and the next round, begin when the list is empty. A first version concerns
everybody, as until then nothing could be told.

Nobody who joins by it enters a journey, unless the journey says `on_cut`.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.flow import store as flow_store
from fieldfare.flow.cuts_in_force import refresh
from fieldfare.flow.find_cuts import Found, find_concerned, find_places
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.pipeline import Pipeline
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State, one_at_a_time
from fieldfare.ground.workspace.model import CutRefresh
from fieldfare.know.audiences.cuts_of import Wanted
from fieldfare.know.audiences.to_lake import Moment, numbers_in_lake
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.cuts.due import Run, next_round, slot_after, slot_before
from fieldfare.know.cuts.model import Cut, CutsInForce, PlaceMarks
from fieldfare.know.profiles import store as profile_store

_RUN = "cuts_run"
"""Fact: the last round of publishing."""


class CutParts(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing needs."""

    state: State
    lake: Lake
    loader: LakeLoader
    pipeline: Pipeline
    wanted: dict[str, Wanted]
    cuts: CutsInForce
    moment: Callable[[Instant], Moment]
    zone: str
    """The workspace's."""
    refresh: CutRefresh
    clock: Clock


class PublishCuts:
    """Publishes cuts when they are due, and brings profiles to them."""

    def __init__(self, parts: CutParts) -> None:
        """Publish with these parts."""
        self._parts = parts
        self._needs = {name: each.needs for name, each in parts.wanted.items()}

    def step(self, grace: Instant = 0) -> int:
        """Do the next piece, if any is due; return how much was done. Timers have come to ``grace`` before now."""
        if not self._needs:
            return 0
        now = self._parts.clock.now()
        is_waking, due = self._due(now)
        if is_waking:
            return self._reach(now - grace)
        return 0 if due is None else self._publish(due, grace)

    def run(self, *, anew: bool = False) -> None:
        """Do everything that is due; ``anew``: begin a round now, whenever the next one would be."""
        if anew and self._needs:
            with self._parts.pipeline.turns:
                while self._due(self._parts.clock.now())[0] and self.step():
                    continue
                with self._parts.state.write() as connection:
                    self._set_last(connection, Run(self._parts.clock.now()))
        while self.step():
            continue

    def next_at(self) -> Instant | None:
        """Return when there is something to do: at once, at the next round, or (``None``) never."""
        if not self._needs:
            return None
        now = self._parts.clock.now()
        is_waking, due = self._due(now)
        return now if is_waking or due is not None else slot_after(self._parts.refresh, self._parts.zone, now)

    def _due(self, now: Instant) -> tuple[bool, tuple[Run, list[str]] | None]:
        """Return whether somebody waits to be brought to a version, and what is to be published next."""
        parts = self._parts
        with parts.state.read() as connection:
            is_waking, last = cut_store.is_waking(connection), self._last(connection)
        return is_waking, next_round(self._needs, last, slot_before(parts.refresh, parts.zone, now), now)

    def _reach(self, until: Instant) -> int:
        pipeline = self._parts.pipeline
        with pipeline.turns:
            return pipeline.bring_to_cuts(pipeline.settle(until))

    def _publish(self, due: tuple[Run, list[str]], grace: Instant) -> int:
        parts, (run, names) = self._parts, due
        before = self._in_force()
        parts.loader.sync()
        now = parts.clock.now()
        places = {name: self._find_places(parts.wanted[name], now) for name in names}
        with parts.pipeline.turns:
            now = parts.pipeline.settle(parts.clock.now() - grace)
            if self._in_force() != before:
                return 1  # somebody else was quicker: the next step sees what is left
            with parts.state.read() as connection:
                basis = self._basis(connection)
            parts.loader.sync()
            made = [self._made(parts.wanted[name], told, now) for name, told in places.items() if told]
            with parts.state.write() as connection:
                one_at_a_time(connection)
                if self._basis(connection) != basis:
                    return 1  # another process has applied events since: their people may be concerned too
                self._write(connection, made)
                self._set_last(connection, Run(run.at, (*run.done, *names)))
            self._in_force()
        return len(names)

    @staticmethod
    def _write(connection: Connection, made: list[Found]) -> None:
        everybody = profile_store.count(connection)
        for each in made:
            count = everybody if each.concerned is None else len(each.concerned)
            cut_store.insert_version(connection, each.wanted.cut.by, each.version, count)
            cut_store.add_concerned(connection, each.concerned or [])
        if any(each.concerned is None for each in made):
            cut_store.add_all_of(connection, profile_store.ids())

    def _in_force(self) -> int:
        """Put the newest versions in force; return how far the table of versions goes."""
        with self._parts.state.read() as connection:
            refresh(connection, self._parts.cuts)
        return self._parts.cuts.seq

    def _find_places(self, wanted: Wanted, now: Instant) -> dict[str, PlaceMarks]:
        backend, ranked = self._ranked(wanted.cut, now)
        return find_places(backend, ranked, wanted, self._parts.cuts.of(wanted.cut.name))

    def _made(self, wanted: Wanted, places: dict[str, PlaceMarks], now: Instant) -> Found:
        backend, ranked = self._ranked(wanted.cut, now)
        return find_concerned(backend, ranked, wanted, self._parts.cuts.of(wanted.cut.name), places, now)

    def _ranked(self, cut: Cut, now: Instant) -> tuple[Any, Any]:
        """Return the lake's engine, and the table of everybody whom the cut ranks at the moment."""
        parts = self._parts
        backend = parts.lake.ibis()
        ranked = numbers_in_lake(cut, backend.table("facts"), backend.table("profiles"), parts.moment(now))
        if cut.among is not None:  # who joins that audience later is looked at then
            members = backend.table("memberships")
            ranked = ranked.semi_join(members.filter(members.audience == cut.among), "profile_id")
        return backend, ranked

    def _basis(self, connection: Connection) -> tuple[int, ...]:
        """Return what must not have changed between finding the numbers and writing them."""
        return (cut_store.last_seq(connection), *flow_store.watermarks(connection).values())

    @staticmethod
    def _last(connection: Connection) -> Run | None:
        told = flow_store.fact(connection, _RUN)
        return msgspec.json.decode(told, type=Run) if told else None

    @staticmethod
    def _set_last(connection: Connection, run: Run) -> None:
        flow_store.set_fact(connection, _RUN, msgspec.json.encode(run).decode())
