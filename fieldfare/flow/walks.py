"""What happens to one person's walks: who enters, who moves on, who rests for whom, and what comes of it.

It decides by the verbs of journeys alone, in memory, on what the batch has loaded; whoever has the batch writes it, so
walks, proposals, events, places and counts are committed together, with the watermark. A second delivery of a cause
makes the same ids and changes nothing. Whatever a walk lets happen (a trait, an event, another journey) goes into the
outbox and comes back through the log like every event; nothing here steps a walk from within another.

A walk that fails (that is a defect) ends as ``failed`` and is counted; neither the person's other walks nor anybody
else's stop because of it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from fieldfare.decide.journeys.between import suppression_of
from fieldfare.decide.journeys.commands import ENROLLMENT_REQUESTED, as_event
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.enter import enroll, entries_for, index_of, next_due
from fieldfare.decide.journeys.facts import Facts
from fieldfare.decide.journeys.graph import taken
from fieldfare.decide.journeys.hear import hears
from fieldfare.decide.journeys.merge import ended, met_first, without_journey
from fieldfare.decide.journeys.model import (
    DONE,
    HALTED,
    Append,
    Cause,
    Command,
    Due,
    Enrollment,
    Entered,
    EventSeen,
    GivePlace,
    Halted,
    Happening,
    Meet,
    Propose,
    Resumed,
    Status,
    Stopped,
    TakePlace,
    TimerFired,
)
from fieldfare.decide.journeys.step import step
from fieldfare.decide.journeys.versions import Versions, bring
from fieldfare.flow.addresses import shared_address
from fieldfare.flow.deals import Seat
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.instants import DAY, Instant, local_day
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.identity.normal import Regions
from fieldfare.know.profiles.zone import PersonZones
from fieldfare.learn.experiments.assign import choose, split_of
from fieldfare.learn.experiments.enter import arm_of, unit_number, units_of
from fieldfare.learn.experiments.model import Arm, Experiment, Split, UnitKind
from fieldfare.learn.experiments.permuted import stratum_of
from fieldfare.learn.experiments.place import Unit
from fieldfare.learn.experiments.registered.model import Programme
from fieldfare.learn.experiments.store import Assigned
from fieldfare.trust.keys.raw import RAW_DAYS
from fieldfare.trust.keys.seal import Keys

_json = msgspec.json.Encoder().encode


class WalkRules(msgspec.Struct, frozen=True, kw_only=True):
    """What one workspace's definitions say about walks."""

    versions: Versions
    experiments: Mapping[str, Experiment]
    units: Mapping[str, UnitKind] = {}
    """What is assigned as one in the experiments of steps, where it is not the profile."""
    blocks: Mapping[str, tuple[tuple[str, ...], ...]] = {}
    """Matched locations of the experiments of steps."""
    strata: Mapping[str, tuple[str, ...]] = {}
    """Experiments in which people are dealt in strata, with the traits that make these."""
    programme: Programme
    evaluator: Evaluator
    zones: PersonZones
    regions: Regions
    """Countries of telephone numbers that are written without one."""
    workspace_zone: str
    """IANA name; days of experiments begin by it."""
    keep_days: int = RAW_DAYS
    """How long our own events stay readable while they wait in the outbox."""


class Walks:
    """Steps the walks of people."""

    def __init__(self, keys: Keys, rules: WalkRules) -> None:
        """Decide by ``rules``; ``keys`` seal what goes into the outbox."""
        self._keys, self._rules, self._versions = keys, rules, rules.versions
        self.index = index_of(rules.versions.current.values())
        walked = (*rules.versions.current.values(), *rules.versions.pinned.values())
        self._by_phase = any(each.entry.open_by_phase for each in walked)
        self._any_suppresses = any(each.suppresses is not None for each in rules.versions.current.values())

    def lets_in(self, event_name: str) -> bool:
        """Return whether an event of the name may let anybody enter."""
        return event_name in self.index.by_event or event_name == ENROLLMENT_REQUESTED

    def next_at(self, work: Work, now: Instant) -> Instant | None:
        """Return the next instant after ``now`` at which time alone does something to the person's walks."""
        found: Instant | None = None
        for walk in work.enrollments.values():
            if walk.due_at is not None and walk.status not in DONE and (found is None or walk.due_at < found):
                found = walk.due_at
        if self.index.by_time:
            facts = self._facts(None, work, now)
            for journey in self.index.by_time:
                at = next_due(journey, facts, now)
                if at is not None and (found is None or at < found):
                    found = at
        return found

    def fire(self, batch: Batch, work: Work, at: Instant) -> None:
        """Run the timers that are due at the instant, and let in whom a date or a rhythm asks for then."""
        for walk in list(work.enrollments.values()):
            if walk.due_at is not None and walk.due_at <= at and walk.status not in DONE:
                self._tell(batch, work, walk.id, TimerFired(at), at)
        if self.index.by_time:
            facts = self._facts(batch, work, at - 1)
            for journey in self.index.by_time:
                if next_due(journey, facts, at - 1) == at:
                    self.enter(batch, work, Due(journey.name, at), at, f"due:{journey.name}:{at}")

    def hear(self, batch: Batch, work: Work, seen: EventSeen, now: Instant) -> None:
        """Tell an event to the walks that listen to it."""
        for walk in list(work.enrollments.values()):
            journey = self._versions.of(walk)
            if journey is not None and hears(journey, walk, seen.event.name, now):
                self._tell(batch, work, walk.id, seen, now)

    def tell_all(self, batch: Batch, work: Work, happening: Happening, now: Instant) -> None:
        """Tell something to all walks."""
        for walk in list(work.enrollments.values()):
            self._tell(batch, work, walk.id, happening, now)

    def enter(
        self, batch: Batch, work: Work, cause: Cause, now: Instant, event_id: str, lead: bytes | None = None
    ) -> None:
        """Let the person enter the journeys that the cause asks for."""
        facts = partial(self._facts, batch, work, now)
        found = entries_for(cause, self.index, list(work.enrollments.values()), work.profile_id, facts, now)
        for turned in found.turned:
            batch.tally_journey(turned.journey, now, f"refused:{turned.reason}")
        for candidate in found.candidates:
            for other in candidate.overtakes:
                self._tell(batch, work, other, Stopped("overtaken"), now)
            walk = enroll(candidate, work.profile_id, self._arm(batch, work, candidate.journey, now), now, lead)
            if walk.id in work.enrollments:
                continue
            work.enrollments[walk.id] = walk
            work.moved.add(walk.id)
            batch.tally_journey(walk.journey, now, "entered")
            batch.note_version(candidate.journey.name, walk.version, candidate.journey.definition, now)
            self._tell(batch, work, walk.id, Entered(event_id), now)

    def _arm(self, batch: Batch, work: Work, journey: Journey, now: Instant) -> Arm:
        experiment = self._rules.experiments.get(journey.experiment or "")
        earlier = [each.arm for each in work.enrollments.values() if each.journey == journey.name]
        units = self._units(work, UnitKind.PROFILE if experiment is None else experiment.unit)
        day, asks = local_day(now, self._rules.workspace_zone), None
        if experiment is not None and batch.deals is not None:
            asks = batch.deals.at(self._seat(batch, work, split_of(experiment), now))
        arm, met = arm_of(units, journey.name, experiment, self._rules.programme, earlier, day, asks)
        for name, kept, unit in met:
            self._assign(batch, Assigned(name, work.profile_id, kept, now, unit))
        return arm

    def _seat(self, batch: Batch, work: Work, split: Split, now: Instant) -> Seat:
        """Return who asks for an arm, with whom, and in which stratum, ``None`` where a coin decides for each."""
        traits, units = self._rules.strata.get(split.name), self._units(work, split.unit)
        kin = work.document.kin if split.unit is UnitKind.HOUSEHOLD else ()
        return Seat(
            split,
            None if traits is None else stratum_of([self._trait(work, name, now) for name in traits]),
            work.profile_id,
            unit_number(units, split.unit),
            units[split.unit],
            batch.family_of(work.profile_id),
            frozenset(each for member in kin for each in batch.family_of(member)),
        )

    @staticmethod
    def _assign(batch: Batch, met: Assigned) -> None:
        """Keep an assignment, as whose it is one and in which stratum it was dealt."""
        batch.assignments.append(met if batch.deals is None else batch.deals.take(met))

    def _trait(self, work: Work, name: str, now: Instant) -> Any:
        value = self._rules.evaluator.trait(name, work.document, now)[0]
        return None if value is NOT_COMPUTABLE else value

    def _tell(self, batch: Batch, work: Work, walk_id: str, happening: Happening, now: Instant) -> None:
        """Tell one walk, brought to its version; one that must rest for another journey rests instead of going on."""
        walk = work.enrollments[walk_id]
        if self._versions.of(walk) is None:
            self._put(batch, work, walk, without_journey(walk, now), [], now)
            return
        facts = self._facts(batch, work, now)
        brought, commands = self._guarded(walk, now, partial(bring, self._versions, walk, facts, now))
        self._put(batch, work, walk, brought, commands, now)
        resting = self._rest(work, brought, happening, now)
        told, commands = self._guarded(brought, now, partial(self._step, brought, resting or happening, facts, now))
        self._put(batch, work, brought, told, commands, now)
        if resting is not None and isinstance(happening, EventSeen):
            resting_walk = told
            told, commands = self._guarded(told, now, partial(self._step, told, happening, facts, now))
            self._put(batch, work, resting_walk, told, commands, now)
        if told.status in DONE and walk.status not in DONE:
            self._wake_others(batch, work, now)

    def _step(
        self, walk: Enrollment, happening: Happening, facts: Facts, now: Instant
    ) -> tuple[Enrollment, list[Command]]:
        journey = self._versions.of(walk)
        assert journey is not None
        return step(journey, walk, happening, facts, now)

    def _rest(self, work: Work, walk: Enrollment, happening: Happening, now: Instant) -> Halted | None:
        """Return what halts the walk, where it would go on now although another journey wants it to rest."""
        if not self._any_suppresses or walk.status in DONE or not isinstance(happening, TimerFired | EventSeen):
            return None
        if walk.status in HALTED and not isinstance(happening, TimerFired):
            return None
        journey = self._versions.of(walk)
        if journey is None:
            return None
        others = [each for each in work.enrollments.values() if each.id != walk.id]
        found = suppression_of(journey, others, self.index.by_name, now)
        if found is None or (walk.deadline_at is not None and walk.deadline_at <= now):
            return None
        return Halted(status=Status.SUPPRESSED, by=found.by, until=found.until)

    def _wake_others(self, batch: Batch, work: Work, now: Instant) -> None:
        """Let those go on that rested for a walk that is over."""
        for walk in list(work.enrollments.values()):
            if walk.status is not Status.SUPPRESSED:
                continue
            journey = self._versions.of(walk)
            if journey is None:
                continue
            others = [each for each in work.enrollments.values() if each.id != walk.id]
            if suppression_of(journey, others, self.index.by_name, now) is None:
                self._tell(batch, work, walk.id, Resumed(), now)

    @staticmethod
    def _guarded(
        walk: Enrollment, now: Instant, take: Callable[[], tuple[Enrollment, list[Command]]]
    ) -> tuple[Enrollment, list[Command]]:
        try:
            return take()
        except Exception:  # noqa: BLE001 - a defect in one walk must not stop everybody's events
            return ended(walk, "failed", now), []

    def _put(
        self,
        batch: Batch,
        work: Work,
        before: Enrollment,
        after: Enrollment,
        commands: list[Command],
        now: Instant,
    ) -> None:
        """Take the walk as it is now, and what it wants done."""
        if after is not before:
            work.enrollments[after.id] = after
            work.moved.add(after.id)
            work.changed = True
            if after.status in DONE and before.status not in DONE:
                batch.tally_journey(after.journey, now, f"ended:{after.end_reason}")
            is_through = after.status is Status.COMPLETED and before.status is not Status.COMPLETED
            edges = taken(before.trail, after.trail, is_through=is_through)
            batch.journey_edges.update((after.journey, after.version, now // DAY, *edge) for edge in edges)
        for command in commands:
            match command:
                case Propose(proposal=proposal):
                    batch.propose(msgspec.structs.replace(proposal, location=work.document.home_location))
                case Append():
                    event = _json(as_event(command, work.profile_id))
                    sealed = self._keys.seal_raw(event, b"outbox", command.at, self._rules.keep_days)
                    batch.append_own(command.id, work.profile_id, command.at, sealed)
                case TakePlace(what=what, of=of, until=until):
                    if batch.places is not None:
                        batch.places.take(what, of, after.id, work.profile_id, until)
                case GivePlace(what=what, of=of):
                    if batch.places is not None:
                        batch.places.give(what, of, after.id)
                case Meet(experiment=experiment, variant=variant):
                    kind = self._rules.units.get(experiment, UnitKind.PROFILE)
                    met = (experiment, work.profile_id, variant, now)
                    self._assign(batch, Assigned(*met, unit_number(self._units(work, kind), kind)))
                    batch.exposures.append(met)

    def _units(self, work: Work, kind: UnitKind) -> Mapping[UnitKind, Unit]:
        """Return who is assigned as one with the person; of addresses only where the kind asks: it opens the sealed."""
        document = work.document
        address = None
        if kind is UnitKind.ADDRESS:
            region, personal = self._rules.regions.of(document.home_location), work.personal(self._keys)
            address = shared_address(personal, document.identifiers, self._keys.lookup_hash, region)
        return units_of(work.profile_id, document.home_location, document.kin, address)

    def _facts(self, batch: Batch | None, work: Work, now: Instant) -> Facts:
        evaluator, document = self._rules.evaluator, work.document

        def taken(what: str, of: str) -> int:
            return batch.places.taken(what, of, now) if batch is not None and batch.places is not None else 0

        def variant(experiment: str, weights: Mapping[str, int]) -> str:
            kept = met_first(work.enrollments.values(), experiment)
            if kept is not None:
                return kept
            unit = self._rules.units.get(experiment, UnitKind.PROFILE)
            split = Split(
                name=experiment,
                salt=self._rules.programme.salt,
                weights=dict(weights),
                unit=unit,
                blocks=self._rules.blocks.get(experiment, ()),
            )
            if batch is None or batch.deals is None:
                return choose(self._units(work, unit)[unit], split)
            return batch.deals.at(self._seat(batch, work, split, now)).arm()

        return Facts(
            lambda condition: evaluator.truth(condition, document, now),
            lambda name: self._trait(work, name, now),
            self._rules.zones.of(document, now).zone,
            taken,
            variant,
            evaluator.phases.holds(document.home_location, now)[0] if self._by_phase else frozenset(),
            evaluator.phases.seasons,
        )
