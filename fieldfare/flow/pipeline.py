"""The one transaction: from log records to everything they change.

Per batch, outside the transaction: read records after the watermark, open, parse, check. Inside one write transaction:
drop message ids that were seen (:mod:`fieldfare.collect.seen`), find whose event each is, load those profiles, and
then, event by event in the order of the log, run the profile's timers that were due before it, fold it, evaluate
audiences, step journeys; at the end write documents, identifiers, links, memberships, enrollments, proposals, consent,
dead letters, message ids, `applied` and the new watermark, and commit.

The transaction is replayable: a power failure may take the last ones back, watermark and all, and they are applied
again. A crash before the commit leaves nothing of the batch; after it, all of it: the watermark moves with its effects,
so records are applied exactly once whatever is delivered twice. Two processes on one database take turns: whoever finds
that the other was quicker begins again from there. ``now`` is the record's accept time, never the
processor's clock, so a late worker decides as a punctual one. Memory and time of one batch are bounded by
:data:`EVENTS_PER_BATCH` and :data:`BYTES_PER_BATCH`.

Where the workspace assembles no profiles, an event is checked, told from its second delivery, given the key of its
leading identifier, and kept for the lake; only what bears consent (the urgent partition) makes people known.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection

from fieldfare.collect import store as collect_store
from fieldfare.collect.contracts import CollectSettings
from fieldfare.collect.model import DeadLetter, Event
from fieldfare.collect.seen import FILES, SeenIds
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.addressed import hangs_on, lift_of, suppression_of
from fieldfare.flow.apart import Played, at_offset, dues_by, named
from fieldfare.flow.buried import Buried
from fieldfare.flow.consent_rows import save_consent, witness_owners
from fieldfare.flow.dues import Dues
from fieldfare.flow.forget import Forgetting
from fieldfare.flow.households import Settling
from fieldfare.flow.identifiers import sealed_rows
from fieldfare.flow.identify import Claims, Identify, seen_id
from fieldfare.flow.identity_acts import IdentityActs, act_of, corrections_of, own_event
from fieldfare.flow.in_parts import Marks, Overtaken, TornAt, commit_in_parts
from fieldfare.flow.intake import KEPT, Intake, Opened, moved, told
from fieldfare.flow.people_rows import load_people, save_people
from fieldfare.flow.person import People
from fieldfare.flow.raw_rows import RawRows
from fieldfare.flow.regroup import Regrouping, Torn, was_of
from fieldfare.flow.retraction import retraction_of
from fieldfare.flow.turns import Turns, in_turn
from fieldfare.flow.waking import Waking
from fieldfare.flow.work import Batch
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import DAY, MINUTE, Instant
from fieldfare.ground.log.ports import PARTITIONS, URGENT, Entry, EventLog, Record
from fieldfare.ground.store import State, one_at_a_time
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.identity import hold_store
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.profiles import store as profile_store
from fieldfare.trust.keys.model import profile_owner
from fieldfare.trust.keys.seal import Keys

RECORDS_PER_READ = 24
BYTES_PER_BATCH = 16 * 2**20
EVENTS_PER_BATCH = 2_000
WAKES_PER_BATCH = 500
WAKES_PER_REHEARSAL = 4_000
DUPLICATE, DEAD, NOBODY, ERASED = 0, -1, -2, -4
"""Verdicts that are not a profile id; the last: it came before the erasure of whom it claims."""

_NEXT_PROFILE = "next_profile_id"


class PipelineSettings(msgspec.Struct, frozen=True):
    """What the workspace says of applying."""

    assembles: bool = True
    """Whether events make people known."""
    remember_days: int = 30
    """How long message ids are remembered."""
    keep_days: Mapping[str, int] = {}
    """Source -> how long its dead letters stay readable."""

    @classmethod
    def of(cls, settings: CollectSettings, keep_days: Mapping[str, int]) -> "PipelineSettings":
        """Return the settings of a workspace."""
        return cls(settings.assemble_profiles, settings.remember_days, keep_days)


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
        claims: ClaimPlan,
        settings: "PipelineSettings",
    ) -> None:
        """Take the stores and the deciding parts."""
        self._clock = clock
        self.turns = Turns()
        """Whoever changes documents beside the pipeline takes the turn."""
        self._state, self._log, self._keys, self._intake, self._people = state, log, keys, intake, people
        self.regrouping = Regrouping(people, self._new_profile_id, self._load)
        self.identify = Identify(keys, claims, self._new_profile_id, self._load, self.regrouping)
        self._acts = IdentityActs(self.identify)
        self._settling = Settling(people, self._load)
        self._marks: dict[int, int] = {}
        self._ready: dict[Entry, Opened] = {}
        """What a rehearsal has opened and not applied."""
        self._ahead: dict[int, int] = {}
        self._next_profile = self._first_free = 0
        self.assembles, self._raw = settings.assembles, RawRows(keys, settings.keep_days)
        self._seen = SeenIds(settings.remember_days)
        self._forgetting = Forgetting(state, self._seen, clock)
        self.buried = Buried(keys, self._forget)

    @in_turn
    def apply(self, partition: int, most: int = EVENTS_PER_BATCH) -> int:
        """Apply the next records of a partition, no more once they hold ``most`` events; return how many."""
        taken: list[Opened] | None = None
        while taken is None:
            taken = self._apply_from(partition, self._mark(partition), most)
        return len(taken)

    def _apply_from(self, partition: int, mark: int, most: int) -> list[Opened] | None:
        """Apply the next records after ``mark``; ``None`` when another process has applied some of them meanwhile."""
        taken = self._take(partition, mark, most)
        if not taken:
            return taken
        self._forgetting.run(taken[0].received_at, self.settled_until)
        try:
            commit = partial(self._commit, partition, mark)
            taken = commit_in_parts(taken, commit, self._seen.reset, self._past)
        except BaseException as error:
            self._marks.pop(partition, None)  # the commit may have come through and only its answer was lost
            self._seen.reset()
            if isinstance(error, Overtaken):
                return None
            raise
        self._marks[partition] = taken[-1].offset
        self._intake.hand_over(taken)
        return taken

    def _past(self) -> Marks | None:
        """Make all that was applied readable; return as of when it is, ``None`` where the past cannot be read."""
        if self.regrouping.history is None:
            return None
        with self._state.read() as connection:
            marks = flow_store.watermarks(connection)
        self.regrouping.history.catch_up()
        return marks

    def _commit(self, partition: int, mark: int, taken: Sequence[Opened], *, past: Marks | None) -> None:
        with self._state.write(replayable=True) as connection:
            one_at_a_time(connection)
            marks = flow_store.watermarks(connection)
            if marks[partition] != mark or (past is not None and past != marks):
                raise Overtaken
            assembles = self.assembles or partition == URGENT
            batch = self._open(connection, taken, assembles=assembles, with_past=past is not None)
            for done, opened in enumerate(taken):
                self._record(connection, batch, opened, done)
            self._save(connection, batch)
            flow_store.set_watermark(connection, partition, taken[-1].offset)
        self._note_ahead(partition, batch, taken[-1].received_at)

    def _note_ahead(self, partition: int, batch: Batch, received_at: Instant) -> None:
        """Remember whom urgent records changed before older ones: no version of them may come before that."""
        if partition == URGENT:
            self._ahead |= {work.profile_id: work.turned for work in batch.works.values() if work.changed}
        elif self._ahead:
            self._ahead = {each: minute for each, minute in self._ahead.items() if minute > received_at // MINUTE}

    def _take(self, partition: int, mark: int, most: int) -> list[Opened]:
        """Read and open the next records: about ``most`` events, in slices, so that no more lies in memory."""
        taken: list[Opened] = []
        events = size = 0
        while events < most and size < BYTES_PER_BATCH:
            records = self._log.read(partition, taken[-1].offset if taken else mark, RECORDS_PER_READ)
            for record in records:
                opened = self._intake.open(record)
                taken.append(opened)
                events, size = events + len(opened.items), size + len(record.body)
                if events >= most or size >= BYTES_PER_BATCH:
                    break
            if len(records) < RECORDS_PER_READ:
                break
        return taken

    def rehearse(self, partition: int, entries: Sequence[Entry], until: Instant, *, apart: bool = False) -> Played:
        """Append and apply entries, and run the wake-ups by ``until``, up to what must happen outside; return which.

        For the simulated clock; nobody else may append meanwhile. It stops before what a proposal, or an event of our
        own, precedes that the batch began; wake-ups run at their own instants. So deliveries and timers see the world
        as it was at their time. ``apart``: only they wait for whom something is due; see :mod:`fieldfare.flow.apart`.
        """
        mark = self._mark(partition)
        taken = [self._opened(partition, mark + number, entry) for number, entry in enumerate(entries, 1)]
        played = Played(0)

        def commit(some: Sequence[Opened], *, past: Marks | None) -> None:
            nonlocal played
            with self._state.write(replayable=True) as connection:
                is_whole = len(some) == len(taken)
                end = until if is_whole else some[-1].received_at
                wakes = profile_store.due_by(connection, end, WAKES_PER_REHEARSAL)
                if len(wakes) == WAKES_PER_REHEARSAL:
                    end = wakes[-1][0] - 1
                also = {each for _, each in wakes}
                batch = self._open(connection, some, assembles=True, with_past=past is not None, also=also)
                batch.waking = Waking(wakes)
                batch.dues = dues_by(connection, end) if apart else Dues()
                played = Played(end if is_whole else end - 1, {}, batch.dues.unapplied)
                for number, opened in enumerate(some):
                    at, whom = opened.received_at, named(batch, opened) if apart else ()
                    self._people.wake_until(batch, batch.waking, min(at, end))
                    waits = batch.dues.must_wait(whom, at)
                    if at > end or (waits and not apart):
                        break
                    if waits:
                        batch.dues.hold(whom, at)
                        continue
                    played.applied[number] = at_offset(batch, opened, mark + len(played.applied) + 1)
                    self._record(connection, batch, played.applied[number], number)
                    if apart and batch.regrouped:
                        played.through = at - 1
                        break
                else:
                    self._people.wake_until(batch, batch.waking, end)
                self._save(connection, batch)
                if played.applied:
                    flow_store.set_watermark(connection, partition, mark + len(played.applied))
                    offsets = self._log.append(partition, [entries[each] for each in played.applied])
                    assert offsets[-1] == mark + len(played.applied), "somebody else appended to a simulated log"

        if taken:
            self._forgetting.run(taken[0].received_at, self.settled_until)
            commit_in_parts(taken, commit, self._seen.reset, self._past)
        self._marks[partition] = mark + len(played.applied)
        self._intake.hand_over(played.applied.values())
        self._ready = {entry: taken[each] for each, entry in enumerate(entries) if each not in played.applied}
        return played

    def _opened(self, partition: int, offset: int, entry: Entry) -> Opened:
        """Return an entry, opened as the record that it becomes; one that waits since the last call is moved there."""
        ready = self._ready.get(entry)
        if ready is None:
            return self._intake.open(Record(partition, offset, entry.received_at, entry.body))
        return moved(ready, offset)

    @in_turn
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
        return self._advance(lambda connection: profile_store.due(connection, until, WAKES_PER_BATCH), until)

    @in_turn
    def bring_to_cuts(self, until: Instant) -> int:
        """Bring the next profiles that newly published cuts concern to them; return how many."""
        return self._advance(lambda connection: cut_store.next_waiting(connection, WAKES_PER_BATCH), until)

    def _advance(self, whom: Callable[[Connection], list[int]], until: Instant) -> int:
        with self._state.write(replayable=True) as connection:
            one_at_a_time(connection)
            profile_ids = whom(connection)
            batch = self._people.begun(connection, Batch({}, self._clock.now()))
            self._load(connection, batch, set(profile_ids))
            batch.heeded |= set(profile_ids) - batch.works.keys()  # who is gone waits for nothing
            for profile_id in profile_ids:
                if profile_id in batch.works:
                    self._people.advance(batch, batch.works[profile_id], until)
            self._save(connection, batch)
        return len(profile_ids)

    @in_turn
    def bring_in_line(self, seeds: Sequence[bytes], cause: str) -> None:
        """Regroup the people of the identifiers by the rules of now, in a transaction of its own."""
        while not self._has_regrouped(seeds, cause, self._past()):
            continue  # another process has applied records since the past was made readable

    def _has_regrouped(self, seeds: Sequence[bytes], cause: str, past: Marks | None) -> bool:
        now = self._clock.now()
        with self._state.write() as connection:
            one_at_a_time(connection)
            if past is not None and past != flow_store.watermarks(connection):
                return False
            self._first_free = self._next_profile = int(flow_store.fact(connection, _NEXT_PROFILE) or 0)
            batch = self._people.begun(connection, Batch({}, now, applied_here=[]))
            event = own_event(f"{cause}-{now}-{seeds[0].hex()}", now)
            self.identify.regroup(connection, batch, seeds, event, cause, afresh=True)
            self._settling.run(connection, batch, event, cause)
            self._save(connection, batch)
        return True

    def settle(self, now: Instant) -> Instant:
        """Let the timers that are due run; return the last instant by which every accepted record has been applied.

        For those who change documents beside the pipeline, so that what time does is not taken for their doing.
        """
        while self.wake(now):
            pass
        return self.settled_until(now)

    def settled_until(self, now: Instant) -> Instant:
        """Return the last instant, at most ``now``, by which every accepted record has been applied."""
        waiting = (self._log.read(partition, self._mark(partition), 1) for partition in PARTITIONS)
        return min([now, *(records[0].received_at - 1 for records in waiting if records)])

    def _forget(self) -> None:
        self.identify.forget()
        self._people.warm.forget()

    def _mark(self, partition: int) -> int:
        if partition not in self._marks:
            with self._state.read() as connection:
                self._marks[partition] = flow_store.watermark_of(connection, partition)
        return self._marks[partition]

    def _new_profile_id(self) -> int:
        self._next_profile += 1
        return self._next_profile

    def _open(
        self,
        connection: Connection,
        taken: Sequence[Opened],
        *,
        assembles: bool,
        with_past: bool,
        also: Collection[int] = (),
    ) -> Batch:
        items = [item for opened in taken for item in opened.items]
        self._first_free = self._next_profile = int(flow_store.fact(connection, _NEXT_PROFILE) or 0)
        events = [item for item in items if isinstance(item, Event)]
        subjects = {subject["profile_id"] for event in events if (subject := told(event)) is not None}
        standing = identity_store.standing_ids(connection, subjects)
        batch = Batch({gone: into for gone, into in standing.items() if gone != into}, self._clock.now())
        self._people.begun(connection, batch)
        rows = ((item.place, item.row_id) for item in items if isinstance(item, DeadLetter))
        batch.row_ids = {place: seen_id(row_id) for place, row_id in rows if row_id is not None}
        for event in events:
            event.seen = seen_id(event.message_id)
        batch.known = self._seen.among(connection, [*(event.seen for event in events), *batch.row_ids.values()])
        batch.assembles = assembles
        batch.erased = self.buried.among(events, self.identify.hashes)
        if not assembles:
            self.identify.keep_leads(connection, batch, [each for each in events if each.place not in batch.erased])
            return batch
        batch.claims = {event.place: self.identify.claims(event) for event in events if event.source != OWN_SOURCE}
        for event in events:
            claims = batch.claims.get(event.place)
            event.lead = claims[0].hash if claims else hangs_on(event)
        if with_past:
            batch.applied_here = []
        profile_ids = self.identify.load_owners(connection, batch, events)
        self._load(connection, batch, profile_ids.union(standing.values(), also))
        self._read_ahead(batch, events)
        return batch

    def _read_ahead(self, batch: Batch, events: Sequence[Event]) -> None:
        """Read, of those whose personal traits the events will open, the keys and the ledger; most batches need few."""
        hashes = {
            claim.hash for event in events if self._people.opens(event) for claim in batch.claims.get(event.place, ())
        }
        owners = {batch.owner[each].profile_id for each in hashes if each in batch.owner}
        works = [batch.works[each] for each in owners if each in batch.works]
        sealed = [profile_owner(work.profile_id) for work in works if work.document.sealed]
        if sealed:
            self._keys.sealers(sealed)
        if hashes and batch.ledger is not None:
            hashes.update(each for work in works for held in work.document.identifiers.values() for each in held)
            batch.ledger.read_ahead([work.profile_id for work in works], hashes)

    def _load(self, connection: Connection, batch: Batch, profile_ids: set[int]) -> None:
        load_people(connection, batch, profile_ids)
        for profile_id in self._ahead.keys() & batch.works.keys():
            batch.works[profile_id].floor = self._ahead[profile_id]

    def _record(self, connection: Connection, batch: Batch, opened: Opened, done: int) -> None:
        """Apply one record. Raises :class:`TornAt` when it tears a profile apart and the past is not at hand."""
        try:
            verdicts = [self._item(connection, batch, item) for item in opened.items]
        except Torn as torn:
            raise TornAt(done) from torn
        batch.applied.append((opened, verdicts))
        source, at = opened.source, opened.received_at
        duplicates, dead, erased = verdicts.count(DUPLICATE), verdicts.count(DEAD), verdicts.count(ERASED)
        batch.tally(source, at, "events", len(verdicts) - duplicates - dead - erased)
        if erased:
            batch.tally(source, at, "erased", erased)
        if duplicates:
            batch.tally(source, at, "duplicates", duplicates)
        if dead:
            batch.tally(source, at, "dead_letters", dead)
        if opened.unverified is not None:
            batch.tally(source, at, "unverified")
        for field, count in opened.removed.items():
            batch.removed[source, field, at // DAY] += count

    def _item(self, connection: Connection, batch: Batch, item: Event | DeadLetter) -> int:
        if isinstance(item, DeadLetter):
            return self._letter(batch, item)
        seen = item.seen
        if seen in batch.known:
            return DUPLICATE
        batch.known.add(seen)
        batch.seen.setdefault(FILES if item.from_file else item.received_at // DAY, []).append(seen)
        if batch.erased and item.place in batch.erased:
            return ERASED
        is_own = item.source == OWN_SOURCE
        if is_own and (retraction := retraction_of(item)) is not None:
            batch.retractions.append(retraction)
        if not batch.assembles:
            return KEPT
        if is_own and (act := act_of(item)) is not None:
            self._acts.apply(connection, batch, item, act)
            self._settling.run(connection, batch, item, act.kind.value)
            return KEPT
        if is_own and (suppression := suppression_of(item)) is not None:
            batch.suppressions.append(suppression)
        if is_own and (lift := lift_of(item)) is not None:
            batch.lifts.append(lift)
        claims: Claims = batch.claims.get(item.place, [])
        work = self.identify.whose(connection, batch, item, claims)
        if work is None:
            self._people.take_from_nobody(batch, item)
            self._settling.run(connection, batch, item)
            return NOBODY
        self._people.take(batch, work, item)
        self._settling.run(connection, batch, item)
        if batch.applied_here is not None:
            batch.applied_here.append((work.profile_id, item))
        return work.profile_id

    def _letter(self, batch: Batch, letter: DeadLetter) -> int:
        """Keep a dead letter; what a file gives twice is one only."""
        row_id = batch.row_ids.get(letter.place)
        if row_id is not None:
            if row_id in batch.known:
                return DUPLICATE
            batch.known.add(row_id)
            batch.seen.setdefault(FILES, []).append(row_id)
        batch.dead.append(self._raw.dead(letter))
        return DEAD

    def _save(self, connection: Connection, batch: Batch) -> None:
        seals = (each for work in batch.changed() for each in work.seals_for)
        owners = [*batch.identifiers, *seals, *witness_owners(batch)]
        sealers = self._keys.make(owners) if owners else {}  # durable before this transaction is
        journey_store.remove_enrollments(connection, batch.lost_walks)
        save_people(connection, batch, sealers, self._people.search_words(batch.changed()))
        identity_store.insert_identifiers(connection, sealed_rows(batch.identifiers.values(), sealers))
        identity_store.insert_links(connection, list(batch.links.values()))
        identity_store.move_identifiers(connection, batch.moves)
        renamed = batch.identifiers.keys() | batch.moves.keys() if batch.tells_lake else ()
        identity_store.note_changes(connection, renamed, batch.opened_at)
        identity_store.set_redirects(connection, batch.moved_to)
        hold_store.ask(connection, list(batch.holds.values()))
        hold_store.close_about(connection, batch.set_aside, batch.opened_at)
        identity_store.retract_links(connection, batch.retracted)
        identity_store.answer_holds(connection, batch.answered)
        identity_store.insert_acts(connection, batch.acts)
        for at, cause, message_id, moved_apart in batch.regrouped:
            identity_store.insert_regrouped(connection, at, cause, message_id, moved_apart)
        flow_store.insert_outbox(connection, [self._raw.correction(*each) for each in corrections_of(batch)])
        profile_store.remove(connection, sorted(batch.gone))
        journey_store.move_proposals(connection, batch.walkers, was_of(batch))
        save_consent(connection, batch, sealers)
        collect_store.insert_dead_letters(connection, batch.dead)
        for day, digests in batch.seen.items():
            self._seen.remember(connection, day, digests)
        collect_store.add_tallies(connection, list(batch.tallies.values()))
        removed = [
            {"source": source, "field": field, "day": day, "count": count}
            for (source, field, day), count in batch.removed.items()
        ]
        collect_store.add_removed(connection, removed)
        flow_store.insert_applied(connection, batch.applied_rows())
        flow_store.insert_retractions(connection, batch.retractions)
        if self._next_profile != self._first_free:
            flow_store.set_fact(connection, _NEXT_PROFILE, str(self._next_profile))
