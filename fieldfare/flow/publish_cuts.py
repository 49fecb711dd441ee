"""Publishes cuts beside the running pipeline, and brings to each new version those whom it concerns, and nobody else.

Flow, for the cuts of one level (those that follow from no other that is still to be published) and under the pipeline's
turn: let the timers that are due run; load the lake with everything that was applied; at one instant, ask the lake for
the numbers at the wanted ranks, and for whom the new numbers concern: those on another side of a mark than before and,
where time alone changes the number, those in the cell in which a new mark falls (:mod:`fieldfare.know.cuts.choose`).
Then one transaction writes the versions and the list of those profiles. With its commit the versions are in force;
every transaction that changes people sees that first (:mod:`fieldfare.flow.cuts_in_force`).

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

from fieldfare.flow import store as flow_store
from fieldfare.flow.cuts_in_force import refresh
from fieldfare.flow.find_cuts import Found, find_version
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.pipeline import Pipeline
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import PARTITIONS
from fieldfare.ground.store import State, one_at_a_time
from fieldfare.ground.workspace.model import CutRefresh
from fieldfare.know.audiences.cuts_of import Wanted
from fieldfare.know.audiences.to_lake import Moment, numbers_in_lake
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.cuts.due import Run, next_round, slot_after, slot_before
from fieldfare.know.cuts.model import CutsInForce
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
        parts = self._parts
        with parts.state.read() as connection:
            is_waking, last = cut_store.is_waking(connection), self._last(connection)
        if is_waking:
            with parts.pipeline.turns:
                return parts.pipeline.bring_to_cuts(parts.pipeline.settle(parts.clock.now() - grace))
        now = parts.clock.now()
        due = next_round(self._needs, last, slot_before(parts.refresh, parts.zone, now), now)
        return 0 if due is None else self._publish(*due, grace)

    def run(self, *, anew: bool = False) -> None:
        """Do everything that is due; ``anew``: begin a round now, whenever the next one would be."""
        if anew and self._needs:
            with self._parts.pipeline.turns:
                while self._is_waking() and self.step():
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
        with self._parts.state.read() as connection:
            last, is_waking = self._last(connection), cut_store.is_waking(connection)
        zone, policy = self._parts.zone, self._parts.refresh
        if is_waking or next_round(self._needs, last, slot_before(policy, zone, now), now) is not None:
            return now
        return slot_after(policy, zone, now)

    def _publish(self, run: Run, names: list[str], grace: Instant) -> int:
        parts = self._parts
        with parts.pipeline.turns:
            now = parts.pipeline.settle(parts.clock.now() - grace)
            with parts.state.read() as connection:
                refresh(connection, parts.cuts)
                stands = self._stands(connection)
            parts.loader.sync()
            made = [each for name in names if (each := self._find(parts.wanted[name], now)) is not None]
            with parts.state.write() as connection:
                one_at_a_time(connection)
                if self._stands(connection) != stands:
                    return 1  # another process was quicker: the next step begins again from there
                everybody = profile_store.count(connection)
                for each in made:
                    count = everybody if each.concerned is None else len(each.concerned)
                    cut_store.insert_version(connection, each.wanted.cut.by, each.version, count)
                    cut_store.add_concerned(connection, each.concerned or [])
                if any(each.concerned is None for each in made):
                    cut_store.add_all_of(connection, profile_store.ids())
                self._set_last(connection, Run(run.at, (*run.done, *names)))
            with parts.state.read() as connection:
                refresh(connection, parts.cuts)
        return len(names)

    def _find(self, wanted: Wanted, now: Instant) -> Found | None:
        """Ask the lake for the next version of a cut; ``None`` when nobody has a number."""
        parts, cut = self._parts, wanted.cut
        backend = parts.lake.ibis()
        ranked = numbers_in_lake(cut, backend.table("facts"), backend.table("profiles"), parts.moment(now))
        if cut.among is not None:  # who joins that audience later is looked at then
            members = backend.table("memberships")
            ranked = ranked.semi_join(members.filter(members.audience == cut.among), "profile_id")
        return find_version(backend, ranked, wanted, parts.cuts.of(cut.name), now)

    def _is_waking(self) -> bool:
        with self._parts.state.read() as connection:
            return cut_store.is_waking(connection)

    def _stands(self, connection: Any) -> tuple[int, ...]:
        """Return what must not have changed between finding the numbers and writing them."""
        marks = (flow_store.watermark_of(connection, partition) for partition in PARTITIONS)
        return (cut_store.last_seq(connection), *marks)

    @staticmethod
    def _last(connection: Any) -> Run | None:
        told = flow_store.fact(connection, _RUN)
        return msgspec.json.decode(told, type=Run) if told else None

    @staticmethod
    def _set_last(connection: Any, run: Run) -> None:
        flow_store.set_fact(connection, _RUN, msgspec.json.encode(run).decode())
