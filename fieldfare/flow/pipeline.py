"""The one transaction: from log records to everything they change.

Per batch, outside the transaction: read records after the watermark, open, parse, check. Inside one write transaction:
drop message ids that were seen, find whose event each is, load those profiles, and then, event by event in the order of
the log, run the profile's timers that were due before it, fold it, evaluate audiences, step journeys; at the end write
documents, identifiers, links, memberships, enrollments, proposals, consent, dead letters, message ids, `applied` and
the new watermark, and commit.

The transaction is replayable: a power failure may take the last ones back, watermark and all, and they are applied
again. A crash before the commit leaves nothing of the batch; after it, all of it: the watermark moves with its effects,
so records are applied exactly once whatever is delivered twice. ``now`` is the record's accept time, never the
processor's clock, so a late worker decides as a punctual one. Memory and time of one batch are bounded by
:data:`EVENTS_PER_BATCH` and :data:`BYTES_PER_BATCH`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.collect import store as collect_store
from fieldfare.collect.model import DeadLetter, Event
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.identify import Claims, Identify, seen_id
from fieldfare.flow.intake import Intake, told
from fieldfare.flow.person import People, suppression_of
from fieldfare.flow.work import Batch, Work, decode_document
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import ConflictError, TransientError
from fieldfare.ground.instants import Instant
from fieldfare.ground.log.ports import PARTITIONS, Entry, EventLog, Record
from fieldfare.ground.store import State
from fieldfare.know.audiences import store as audience_store
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.learn.experiments import store as experiment_store
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.keys.seal import Keys

RECORDS_PER_READ = 24
BYTES_PER_BATCH = 16 * 2**20
EVENTS_PER_BATCH = 2_000
WAKES_PER_BATCH = 500
DUPLICATE, DEAD, NOBODY = 0, -1, -2
"""Verdicts that are not a profile id."""

_encode = msgspec.msgpack.Encoder().encode
_NEXT_PROFILE = "next_profile_id"

Items = list[Event | DeadLetter]


class Pipeline:
    """Applies records and wake-ups to the state database."""

    def __init__(
        self,
        state: State,
        log: EventLog,
        clock: Clock,
        keys: Keys,
        intake: Intake,
        people: People,
        verifying_sources: frozenset[str],
    ) -> None:
        """Take the stores and the deciding parts."""
        self._clock = clock
        self._state, self._log, self._keys, self._intake, self._people = state, log, keys, intake, people
        self.identify = Identify(keys, verifying_sources, self._new_profile_id, people.absorb)
        self._marks: dict[int, int] = {}
        self._next_profile = 0

    def apply(self, partition: int) -> int:
        """Apply the next records of a partition; return how many."""
        mark = self._mark(partition)
        taken = self._take(partition, mark)
        if not taken:
            return 0
        try:
            with self._state.write(replayable=True) as connection:
                self._check_mark(connection, partition, mark)
                batch = self._open(connection, [item for _, items in taken for item in items])
                for record, items in taken:
                    self._record(connection, batch, record, items)
                self._save(connection, batch)
                flow_store.set_watermark(connection, partition, taken[-1][0].offset)
        except TransientError:
            self._marks.pop(partition, None)  # the commit may have come through and only its answer was lost
            raise
        self._marks[partition] = taken[-1][0].offset
        return len(taken)

    def _take(self, partition: int, mark: int) -> list[tuple[Record, Items]]:
        """Read and open the next records: about a batch of events, in slices, so that no more lies in memory."""
        taken: list[tuple[Record, Items]] = []
        events = size = 0
        while events < EVENTS_PER_BATCH and size < BYTES_PER_BATCH:
            records = self._log.read(partition, taken[-1][0].offset if taken else mark, RECORDS_PER_READ)
            for record in records:
                items = self._intake.events_of(record)
                taken.append((record, items))
                events, size = events + len(items), size + len(record.body)
                if events >= EVENTS_PER_BATCH or size >= BYTES_PER_BATCH:
                    break
            if len(records) < RECORDS_PER_READ:
                break
        return taken

    def rehearse(self, partition: int, entries: Sequence[Entry]) -> int:
        """Append and apply entries up to the first instant at which something else must happen first; return how many.

        For the simulated clock. It stops after an event whose proposal is due, or before one that a wake-up of another
        profile precedes, so that deliveries and timers see the world as it was at their own time. Nobody else may
        append meanwhile.
        """
        mark = self._mark(partition)
        records = [
            Record(partition, mark + number, entry.received_at, entry.body) for number, entry in enumerate(entries, 1)
        ]
        taken = [(record, self._intake.events_of(record)) for record in records]
        applied = 0
        with self._state.write(replayable=True) as connection:
            batch = self._open(connection, [item for _, items in taken for item in items])
            for record, items in taken:
                if applied and batch.must_stop_before(record.received_at):
                    break
                self._record(connection, batch, record, items)
                applied += 1
            self._save(connection, batch)
            flow_store.set_watermark(connection, partition, mark + applied)
            offsets = self._log.append(partition, entries[:applied])
            assert offsets[-1] == mark + applied, "somebody else appended to a simulated log"
        self._marks[partition] = mark + applied
        return applied

    def wake(self, now: Instant, *, one_instant: bool = False) -> int:
        """Run the timers and wake-ups due by ``now``, at their own instants; return how many profiles.

        What was accepted and is not applied yet comes first: nobody's timer runs past the accept time of a record that
        still waits, so a worker that is behind decides as a punctual one. With ``one_instant`` only those due at the
        earliest instant of all are run, for the simulated clock, where nothing waits.
        """
        with self._state.read() as connection:
            due_at = profile_store.next_due_at(connection)
        if due_at is None or due_at > now:
            return 0
        until = due_at if one_instant else self.settled_until(now)
        if due_at > until:
            return 0
        with self._state.write(replayable=True) as connection:
            profile_ids = profile_store.due(connection, until, WAKES_PER_BATCH)
            batch = Batch({}, self._clock.now())
            self._load(connection, batch, set(profile_ids))
            for profile_id in profile_ids:
                self._people.advance(batch, batch.works[profile_id], until)
            self._save(connection, batch)
        return len(profile_ids)

    def settled_until(self, now: Instant) -> Instant:
        """Return the last instant, at most ``now``, by which every accepted record has been applied."""
        waiting = (self._log.read(partition, self._mark(partition), 1) for partition in PARTITIONS)
        return min([now, *(records[0].received_at - 1 for records in waiting if records)])

    def _mark(self, partition: int) -> int:
        if partition not in self._marks:
            with self._state.read() as connection:
                self._marks[partition] = flow_store.watermark_of(connection, partition)
        return self._marks[partition]

    def _check_mark(self, connection: Connection, partition: int, mark: int) -> None:
        stored = flow_store.watermark_of(connection, partition)
        if stored != mark:
            self._marks[partition] = stored
            text = (
                f"Partition {partition} was applied through {stored} by another process, while this one stood "
                f"at {mark}. Run one worker."
            )
            raise ConflictError("worker_twice", text)

    def _new_profile_id(self) -> int:
        self._next_profile += 1
        return self._next_profile

    def _open(self, connection: Connection, items: Items) -> Batch:
        self._next_profile = int(flow_store.fact(connection, _NEXT_PROFILE) or 0)
        events = [item for item in items if isinstance(item, Event)]
        subjects = {subject["profile_id"] for event in events if (subject := told(event)) is not None}
        standing = identity_store.standing_ids(connection, subjects)
        batch = Batch({gone: into for gone, into in standing.items() if gone != into}, self._clock.now())
        batch.claims = {event.place: self.identify.claims(event) for event in events}
        batch.seen_ids = {event.place: seen_id(event.message_id) for event in events}
        batch.known = collect_store.seen_among(connection, batch.seen_ids.values())
        profile_ids = self.identify.load_owners(connection, batch, batch.claims.values())
        self._load(connection, batch, profile_ids | set(standing.values()))
        return batch

    @staticmethod
    def _load(connection: Connection, batch: Batch, profile_ids: set[int]) -> None:
        for profile_id, body, wrapped_key, wake_at in profile_store.load(connection, profile_ids):
            batch.works[profile_id] = Work(profile_id, decode_document(body), wrapped_key, wake_at)
        for enrollment in journey_store.load_enrollments(connection, profile_ids):
            batch.works[enrollment.profile_id].enrollments[enrollment.id] = enrollment

    def _record(self, connection: Connection, batch: Batch, record: Record, items: Items) -> None:
        verdicts = [self._item(connection, batch, item) for item in items]
        batch.applied.append({"partition": record.partition, "offset": record.offset, "verdicts": _encode(verdicts)})

    def _item(self, connection: Connection, batch: Batch, item: Event | DeadLetter) -> int:
        if isinstance(item, DeadLetter):
            batch.dead.append(_dead_row(self._keys, item))
            return DEAD
        seen = batch.seen_ids[item.place]
        if seen in batch.known:
            return DUPLICATE
        batch.known.add(seen)
        batch.seen.append({"id": seen})
        claims: Claims = batch.claims[item.place]
        work = self.identify.whose(connection, batch, item, claims)
        if work is None:
            return NOBODY
        self._people.take(batch, work, item)
        suppression = suppression_of(item)
        if suppression is not None:
            batch.suppressions.append(suppression)
        return work.profile_id

    def _save(self, connection: Connection, batch: Batch) -> None:
        changed = [work for work in batch.works.values() if work.changed]
        profile_store.save(connection, [work.encode(self._keys) for work in changed])
        profile_store.set_wakes(
            connection, {work.profile_id: work.next_at for work in changed if work.next_at != work.wake_at}
        )
        identity_store.insert_identifiers(connection, batch.identifiers)
        identity_store.insert_links(connection, list(batch.links.values()))
        identity_store.move_identifiers(connection, batch.moves)
        identity_store.insert_holds(connection, batch.holds)
        profile_store.remove(connection, [move["profile_id"] for move in batch.moves])
        audience_store.insert_changes(connection, batch.changes)
        journey_store.move_enrollments(connection, batch.moves)
        moved = [work.enrollments[each] for work in batch.works.values() for each in work.moved]
        journey_store.upsert_enrollments(connection, moved)
        journey_store.insert_proposals(connection, list(batch.proposals.values()))
        experiment_store.insert_assignments(connection, batch.assignments)
        consent_store.insert_records(connection, batch.consent)
        consent_store.insert_suppressions(connection, batch.suppressions)
        collect_store.insert_dead_letters(connection, batch.dead)
        collect_store.insert_seen(connection, batch.seen)
        flow_store.insert_applied(connection, batch.applied)
        if batch.identifiers:
            flow_store.set_fact(connection, _NEXT_PROFILE, str(self._next_profile))


def _dead_row(keys: Keys, letter: DeadLetter) -> dict[str, Any]:
    place = letter.place
    return {
        "partition": place.partition,
        "offset": place.offset,
        "index": place.index,
        "reason": letter.reason.value,
        "detail": letter.detail.replace("\0", ""),
        "source": letter.source,
        "name": letter.name.replace("\0", "") if letter.name is not None else None,
        "received_at": letter.received_at,
        "sealed": keys.log_sealer(letter.received_at).seal(letter.raw, b"dead"),
        "contract_version": letter.contract_version,
    }
