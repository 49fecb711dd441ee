"""What an event, a moment or a merge does to one person: timers first, then fold, audiences, journeys.

It decides by the rooms' verbs alone, in memory, on what the batch has loaded; the pipeline writes it. Everything a
person's timers were due to do before an event's accept time is done before the event is folded, each at its own
instant, so the order in which batches are cut changes nothing. Journeys are told of live events, of time and of
published cuts that moved; of whatever else made somebody leave an audience they are told too, because that can only
stop a walk. What turns for one member of a household is told to the others at that instant
(:mod:`fieldfare.flow.together`).
"""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection

from fieldfare.collect.model import Event, Mode
from fieldfare.decide.journeys import chain
from fieldfare.decide.journeys.merge import merge_walks
from fieldfare.decide.journeys.model import EventSeen, Joined, Left
from fieldfare.decide.journeys.walk import hops_of
from fieldfare.flow import chains
from fieldfare.flow.addressed import addressed
from fieldfare.flow.addresses import address_of, address_values
from fieldfare.flow.cuts_in_force import refresh
from fieldfare.flow.deals import Deals
from fieldfare.flow.intake import told
from fieldfare.flow.places import Places
from fieldfare.flow.searching import search_words
from fieldfare.flow.standing_consent import ScopeOf, StandingConsent, StoredLedger
from fieldfare.flow.together import first_due, join_households, members_of, tell
from fieldfare.flow.waking import Waking
from fieldfare.flow.walks import WalkRules, Walks
from fieldfare.flow.warm import Warm
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.instants import Instant, local_day
from fieldfare.ground.log.ports import URGENT
from fieldfare.know.audiences.causes import STARTS, Cause
from fieldfare.know.audiences.evaluate import Evaluator, next_wake
from fieldfare.know.audiences.model import Edge
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.identity.model import USER_ID
from fieldfare.know.identity.normal import Regions
from fieldfare.know.lifecycle.model import Move
from fieldfare.know.profiles.editions import Editions, together
from fieldfare.know.profiles.expire import due_traits, expire
from fieldfare.know.profiles.fold import fold, fold_measures, needs_personal
from fieldfare.know.profiles.lapse import lapse
from fieldfare.know.profiles.merge import compact, is_long, merge
from fieldfare.know.profiles.model import Document, Measure
from fieldfare.know.profiles.plan import IDENTITY, KIN, NOTHING, FoldPlan, Touched, joined
from fieldfare.know.profiles.zone import PersonZones
from fieldfare.learn.experiments.model import UnitKind
from fieldfare.trust.consent.from_event import speaks_of_consent
from fieldfare.trust.consent.model import ConsentPolicy
from fieldfare.trust.keys.seal import Keys

NO_HOPS: Mapping[str, int] = {}
COMPACT_AT = 90
"""Days that a measure keeps from which old ones are folded away."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What one workspace's definitions say about a person."""

    plan: FoldPlan
    evaluator: Evaluator
    walks: WalkRules
    consent: ConsentPolicy
    address_kinds: Mapping[str, str]
    """The kind of identifier each channel sends to."""
    zones: PersonZones
    workspace_zone: str
    """IANA name; holds where a location declares no zone."""
    regions: Regions
    scope_of: ScopeOf = lambda _home: ()
    """The places that a home location lies in."""
    editions: Editions = Editions()
    cuts: CutsInForce = CutsInForce()
    tells_lake: bool = True
    """Whether it is noted for the lake how people change."""


class People:
    """The deciding part of the pipeline for one workspace's definitions."""

    def __init__(self, keys: Keys, rules: Rules) -> None:
        """Decide by ``rules``; ``keys`` open what is personal."""
        self._keys, self._plan, self._evaluator = keys, rules.plan, rules.evaluator
        self.walks, self.warm, self._tells_lake = Walks(keys, rules.walks), Warm(), rules.tells_lake
        units = [each.unit for each in rules.walks.experiments.values()] + list(rules.walks.units.values())
        self._asks_kin = bool(rules.evaluator.household_rules) or UnitKind.HOUSEHOLD in units
        self._editions, self._triggering, self.cuts = rules.editions, rules.editions.triggering, rules.cuts
        self._address_kinds = rules.address_kinds
        self.scope_of = rules.scope_of
        self._zones, self._zone, self._regions = rules.zones, rules.workspace_zone, rules.regions
        self.consents = StandingConsent(rules.consent, rules.address_kinds, self.addresses, rules.scope_of)

    @property
    def measures(self) -> list[Measure]:
        """Return the measures that documents keep."""
        return list(self._plan.measures.values())

    def begun(self, connection: Connection, batch: Batch) -> Batch:
        """Return the batch, ready to change people: with their households, the ledger and the newest cuts at hand.

        Begun again, in the transaction that writes, it keeps what was changed.
        """
        batch.loads_kin, batch.tells_lake, batch.ledger = self._asks_kin, self._tells_lake, StoredLedger(connection)
        batch.places = Places(connection) if batch.places is None else batch.places.through(connection)
        batch.deals = Deals(connection) if batch.deals is None else batch.deals.through(connection)
        batch.warm = self.warm
        self.warm.begin()
        batch.cuts_wake = refresh(connection, self.cuts)
        return batch

    def take(self, batch: Batch, work: Work, event: Event) -> None:
        """Apply one event to its person."""
        now = event.received_at
        # What is urgent runs ahead of others' records, so it runs no timers but the person's own.
        self.advance(batch, work, now, alone=event.place.partition == URGENT)
        work.turn(batch, now)
        before = chains.watched(work.document, hops := hops_of(event))
        personal, reached = None, None
        if needs_personal(event, self._plan):
            personal = work.personal(self._keys)
            work.personal_changed = True
            reached = address_values(personal)
        touched = fold(work.document, personal, event, self._plan)
        work.changed = True
        if self._plan.retention:
            touched = joined(touched, self._expire(work, now))
        if touched.measures:
            self._compact(work, touched.measures, now)
        if speaks_of_consent(event.name, event.context):
            self.consents.record(batch, work.profile_id, self._spoken_for(work, event), event, work)
            touched = joined(touched, self.consents.refresh(batch, work, now))
        elif (personal is not None and reached != address_values(personal)) or (
            touched.home and self.consents.by_place
        ):
            touched = joined(touched, self.consents.refresh(batch, work, now))
        if work.profile_id in batch.described:
            batch.described.discard(work.profile_id)
            touched = touched if touched.first else joined(touched, IDENTITY)
        live = event.mode is Mode.LIVE
        cause = "event" if live else event.mode.value
        edges = self._evaluate(batch, work, now, touched, cause, event)
        if before is not None:
            counts = chains.of_event(self._evaluator, work.document, hops, touched)
            chains.carry(self._evaluator, work.document, before, counts, now)
        if live:
            seen = EventSeen(event)
            if work.enrollments:
                self.walks.hear(batch, work, seen, now)
            if self.walks.lets_in(event.name):
                self.walks.enter(batch, work, seen, now, event.message_id, event.lead)
        self._edges(batch, work, edges, cause, now, event)
        work.next_at = self.next_at(work, now)
        if batch.waking is not None:
            batch.waking.note(work)

    def opens(self, event: Event) -> bool:
        """Return whether taking the event opens the person's personal traits; a merge opens them whatever the event."""
        return needs_personal(event, self._plan) or speaks_of_consent(event.name, event.context)

    def advance(self, batch: Batch, work: Work, until: Instant, *, alone: bool = False) -> None:
        """Run the wake-ups and timers that are due by ``until``, each at its own instant, in the order of time.

        Those of the person and, unless ``alone``, of the household: what time turns for one is told to the others then.
        """
        if self._rests(work, until):
            return
        self.renew(batch, work, until)
        members = [work] if alone else self._members(batch, work)
        for each in members:
            self.heed_cut(batch, each, until)
        while (first := first_due(members, until)) is not None:
            self._wake(batch, *first)

    def _rests(self, work: Work, until: Instant) -> bool:
        """Return whether nothing is due for a person without household; so it is with nearly every event."""
        document, next_at = work.document, work.next_at
        return (
            (next_at is None or next_at > until)
            and document.edition == self._editions.number
            and not document.kin
            and not work.waits_for_cut
        )

    def wake_until(self, batch: Batch, waking: Waking, until: Instant) -> None:
        """Run the wake-ups that lie ahead, in the order of time, but for those that must wait for what is due first."""
        while (found := waking.next(batch.works, batch.gone, until)) is not None:
            at, work = found
            if batch.dues.must_wait((work.profile_id,), at):
                continue
            self.advance(batch, work, at)
            for each in self._members(batch, work):
                waking.note(each)

    def _members(self, batch: Batch, work: Work) -> list[Work]:
        """Return the person and the other members of the household, where one asks the other for anything."""
        return members_of(batch, work) if work.document.kin and self._evaluator.household_rules else [work]

    def _wake(self, batch: Batch, work: Work, at: Instant) -> None:
        work.turn(batch, at)
        work.changed = True
        document, before = work.document, chains.watched(work.document, 0)
        due = chain.due(document.hops, document.wakes, at)
        expired = self._expire(work, at)
        hops = chains.of_time(self._evaluator, due, expired)
        edges = self._evaluate(batch, work, at, expired, "time", None)
        chains.carry(self._evaluator, document, before, hops, at)
        self._edges(batch, work, edges, "time", at, None, hops=hops)
        self.walks.fire(batch, work, at)
        work.next_at = self.next_at(work, at)
        assert work.next_at is None or work.next_at > at, "a wake-up that was run must not stay due"

    def renew(self, batch: Batch, work: Work, until: Instant) -> None:
        """Bring a document to the edition in force: what it lacks is noted, what can be told is told anew.

        It happens as of the beginning of the edition, to the whole household at once; nobody enters a journey by it,
        but by audiences whose change asked for that. A relaxed audience that did not change follows at its boundary,
        and then people enter.
        """
        number = self._editions.number
        stale = [each for each in self._members(batch, work) if each.document.edition != number]
        if not stale:
            return
        at = min(self._editions.at, until)
        known = [each for each in stale if each.document.first_seen_at is not None]
        waiting = {each.profile_id: self._editions.waiting_since(each.document.edition) for each in known}
        for each in stale:
            if each in known:
                each.turn(batch, at)
                lacks = self._editions.lacks_since(each.document.edition)
                each.document.lacks = together(each.document.lacks, lacks)
            each.document.edition = number
        for each in known:
            self.consents.refresh(batch, each, at)
            edges = self._evaluate(batch, each, at, None, "definition", None, waiting[each.profile_id])
            self._edges(batch, each, edges, "definition", at, None, self._triggering)
            each.changed = True
            each.next_at = self.next_at(each, at)

    def heed_cut(self, batch: Batch, work: Work, until: Instant) -> None:
        """Bring a person whom newly published cuts concern to them, as of when they were published."""
        if not work.waits_for_cut:
            return
        work.turn(batch, at := min(max(self.cuts.at, self._editions.at), until))
        document = work.document
        before = dict(document.wakes), document.stage, list(document.rules)
        edges = self._evaluate(batch, work, at, Touched(cuts=True), "cut", None)
        self._edges(batch, work, edges, "cut", at, None)
        work.changed = work.changed or bool(edges) or before != (document.wakes, document.stage, document.rules)
        work.next_at = self.next_at(work, at)
        work.heeded(batch)

    def fill(self, batch: Batch, work: Work, events: list[Event], now: Instant) -> None:
        """Give a document what it lacks, from the person's events up to now.

        Nobody enters a journey by it, but by audiences whose change asked for that.
        """
        document = work.document
        plan = FoldPlan([self._plan.measures[key] for key in document.lacks if key in self._plan.measures], {})
        fresh = Document()
        for event in events:
            fold_measures(fresh, event, plan)
        for key in document.lacks:
            document.measures.pop(key, None)
            document.values.pop(key, None)
        document.measures |= fresh.measures
        document.values |= fresh.values
        self.reconsider(batch, work, now, "backfill", self._evaluator.relaxed_told(document))

    def absorb(self, batch: Batch, into: Work, gone: Work, event: Event) -> None:
        """Merge the second person into the first; both have the timers run that were due before."""
        now = event.received_at
        self.advance(batch, into, now)
        self.advance(batch, gone, now)
        into.turn(batch, now)
        gone.turn(batch, now)
        batch.last_minutes[gone.profile_id] = gone.turned
        self.leave_all(batch, gone, now, "merge", event.message_id)
        both = set(gone.document.memberships) & set(into.document.memberships)
        event_id, before = event.message_id, into.document.stage
        batch.leave_stage(gone, now, "merge", event_id)
        other_personal = gone.personal(self._keys)
        merge(
            into.document, gone.document, self._plan, personal=into.personal(self._keys), other_personal=other_personal
        )
        into.personal_changed = into.personal_changed or bool(other_personal)
        into.changed = True
        for enrollment in gone.enrollments.values():
            into.enrollments[enrollment.id] = msgspec.structs.replace(enrollment, profile_id=into.profile_id)
            into.moved.add(enrollment.id)
        for changed in merge_walks(list(into.enrollments.values()), now):
            into.enrollments[changed.id] = changed
            into.moved.add(changed.id)
        if into.document.stage != before:
            batch.move(into.profile_id, Move(before, into.document.stage, now), "merge", event_id)
        self._expire(into, now)
        self.consents.refresh(batch, into, now)
        join_households(batch, into, gone)
        edges = self._evaluate(batch, into, now, None, "merge", event)
        for audience in sorted(both & set(into.document.memberships)):
            at = into.document.memberships[audience]
            self._note(batch, into, Edge(audience, joined=True, at=at), "merge", event.message_id)
            batch.said_again[audience] += 1
        self._edges(batch, into, edges, "merge", now, event)
        into.next_at = self.next_at(into, now)

    def refold(self, work: Work, event: Event) -> None:
        """Fold one event of the past into a document that is made anew; nothing else happens."""
        personal = None
        if needs_personal(event, self._plan):
            personal = work.personal(self._keys)
            work.personal_changed = True
        fold(work.document, personal, event, self._plan)

    def reconsider(
        self, batch: Batch, work: Work, now: Instant, cause: str, waiting: frozenset[str] = frozenset()
    ) -> None:
        """Evaluate everything anew when nothing is lacking any more: after a refold, or when measures were filled.

        The relaxed audiences that are ``waiting`` are left to their boundary: they could be told before.
        Nobody enters a journey by it, but by audiences whose change of definition asked for that.
        """
        work.turn(batch, now)
        work.document.edition, work.document.lacks = self._editions.number, {}
        work.heeded(batch)
        compact(work.document, self._plan, local_day(now, self._zone), now)
        self._expire(work, now)
        self.consents.refresh(batch, work, now)
        triggering = self._triggering if cause in {"definition", "backfill"} else frozenset[str]()
        edges = self._evaluate(batch, work, now, None, cause, None, waiting)
        self._edges(batch, work, edges, cause, now, None, triggering)
        work.changed = True
        work.next_at = self.next_at(work, now)

    def next_at(self, work: Work, now: Instant) -> Instant | None:
        """Return the next instant after ``now`` at which time alone does something to the person."""
        woken, moved = next_wake(work.document), self.walks.next_at(work, now)
        if woken is None or moved is None:
            return moved if woken is None else woken
        return min(woken, moved)

    def _expire(self, work: Work, now: Instant) -> Touched:
        """Drop the values of traits, and end the grants, whose time is over."""
        if (woken := next_wake(work.document)) is None or woken > now:  # so it is with nearly every event
            return NOTHING
        lapsed, names = lapse(work.document, now), due_traits(work.document, now)
        if not names:
            return lapsed
        personal = None
        if not self._plan.sealed_traits.isdisjoint(names):
            personal = work.personal(self._keys)
            work.personal_changed = True
        return joined(expire(work.document, personal, names, self._plan, now), lapsed)

    def _compact(self, work: Work, measures: tuple[str, ...], now: Instant) -> None:
        if is_long(work.document, measures, COMPACT_AT):
            compact(work.document, self._plan, local_day(now, self._zone), now)

    def _evaluate(
        self,
        batch: Batch,
        work: Work,
        now: Instant,
        touched: Touched | None,
        cause: str,
        event: Event | None,
        waiting: frozenset[str] = frozenset(),
    ) -> list[Edge]:
        """Bring memberships and stage to ``now``; record the moves from stage to stage."""
        moved: list[Move] = []
        at = None if event is None else event.occurred_at
        edges = self._evaluator.evaluate(work.document, now, touched, moved, waiting, happened_at=at)
        for move in moved:
            batch.move(work.profile_id, move, cause, event.message_id if event is not None else f"time:{now}")
        self._tell_kin(batch, work, now, cause, event)
        return edges

    def _tell_kin(self, batch: Batch, work: Work, now: Instant, cause: str, event: Event | None) -> None:
        if work.document.kin and self._evaluator.household_rules:
            for other in tell(batch, work, self._evaluator.told(work.document), now):
                self.look_again(batch, other, now, KIN, cause, event)

    def look_again(
        self, batch: Batch, work: Work, now: Instant, touched: Touched | None, cause: str, event: Event | None
    ) -> None:
        """Evaluate what others have changed of a person's document; of whom no event is known, everything."""
        if work.document.first_seen_at is None:
            touched = None
        work.turn(batch, now)
        work.changed = True
        self._edges(batch, work, self._evaluate(batch, work, now, touched, cause, event), cause, now, event)
        work.next_at = self.next_at(work, now)
        if batch.waking is not None:
            batch.waking.note(work)

    @property
    def evaluator(self) -> Evaluator:
        """Return what evaluates people."""
        return self._evaluator

    def _edges(
        self,
        batch: Batch,
        work: Work,
        edges: list[Edge],
        cause: str,
        now: Instant,
        event: Event | None,
        triggering: frozenset[str] = frozenset(),
        hops: Mapping[str, int] = NO_HOPS,
    ) -> None:
        """Record who joined and left, and tell the journeys; joins of ``triggering`` audiences count as live.

        ``hops``: by audience, how many journeys started one another up to what no event has turned now.
        """
        if not edges:
            return
        event_id = event.message_id if event is not None else f"time:{now}"
        for edge in edges:
            self._note(batch, work, edge, cause, event_id)
            if not edge.joined:
                self.walks.tell_all(batch, work, Left(edge.audience, event_id), now)
            elif cause in STARTS or edge.audience in triggering:
                joined = Joined(
                    audience=edge.audience,
                    at=edge.at,
                    cause=event_id,
                    occurred_at=event.occurred_at if event is not None else None,
                    received_at=event.received_at if event is not None else None,
                    by_cut=cause == "cut",
                    hops=hops_of(event) if event is not None else hops.get(edge.audience, 0),
                )
                self.walks.tell_all(batch, work, joined, now)
                if edge.audience in self.walks.index.by_audience:
                    lead = event.lead if event is not None else None
                    self.walks.enter(batch, work, joined, now, event_id, lead)

    def _note(self, batch: Batch, work: Work, edge: Edge, cause: str, event_id: str) -> None:
        """Queue a joined or left with the definition that holds."""
        batch.change(
            edge.audience,
            work.profile_id,
            joined=edge.joined,
            at=edge.at,
            cause=cause,
            event_id=event_id,
            definition=self._evaluator.definition(edge.audience),
        )

    def leave_all(self, batch: Batch, gone: Work, at: Instant, cause: str, event_id: str) -> None:
        """Queue that a profile that goes leaves all audiences that it is in."""
        for audience in sorted(gone.document.memberships):
            self._note(batch, gone, Edge(audience, joined=False, at=at), cause, event_id)

    def place(self, batch: Batch, work: Work, audience: str, now: Instant, *, inside: bool) -> bool:
        """Put a person into an audience by a query, or out of it; return whether that changed anything.

        Nobody enters a journey by it, nor by what follows from it.
        """
        if inside is (audience in work.document.memberships):
            return False
        work.turn(batch, now)
        moved: list[Move] = []
        edges = self._evaluator.place(work.document, audience, now, inside=inside, moved=moved)
        for move in moved:
            batch.move(work.profile_id, move, Cause.REFRESH, f"time:{now}")
        self._tell_kin(batch, work, now, Cause.REFRESH, None)
        self._edges(batch, work, edges, Cause.REFRESH, now, None)
        work.changed = True
        work.next_at = self.next_at(work, now)
        return True

    def take_from_nobody(self, batch: Batch, event: Event) -> None:
        """Record the consent that one of Fieldfare's own events tells of an address whose person was erased."""
        subject, addresses = told(event), addressed(event)
        if subject is not None and addresses and speaks_of_consent(event.name, event.context):
            self.consents.record(batch, subject["profile_id"], addresses, event, None)

    def _spoken_for(self, work: Work, event: Event) -> Mapping[str, bytes]:
        return addressed(event) or self.addresses(work)

    def search_words(self, works: Iterable[Work]) -> dict[int, set[bytes]]:
        """Return the hashes by which people are found from now on, of those of whom that changed."""
        return search_words(works, self._keys.lookup_hash, self._regions)

    def addresses(self, work: Work) -> dict[str, bytes]:
        """Return the keyed hash of the person's address by channel."""
        personal = work.personal(self._keys)
        region, hash_of = self._regions.of(work.document.home_location), self._keys.lookup_hash
        found = {kind: address_of(kind, personal, hash_of, region) for kind in set(self._address_kinds.values())}
        hashes = {kind: address.hash for kind, address in found.items() if address is not None}
        hashes.update({kind: known[0] for kind, known in work.document.identifiers.items() if kind == USER_ID})
        return {channel: hashes[kind] for channel, kind in self._address_kinds.items() if kind in hashes}
