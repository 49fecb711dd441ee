"""The shell of delivery: due proposals in, at most one hand-over each, every step on record.

What is committed, in order, for one proposal:

1. *claim* (a short transaction): this worker takes it for a minute; another one passes it by.
2. *decide* (one transaction for a batch of addresses, each locked): decision row, attempt ``handing_over``, proposal
   ``permitted``, exposure, what it takes of rate limits. Everything the gate looks at is read inside it, the claim too.
3. *start*, the call, and *finish*: see ``hand_over``.

A crash before 2 commits leaves the proposal due, and claimed at most for a minute. Between 2 and the start the attempt
has no start: once its permit has run out nobody can start it, recovery abandons it, and the proposal is judged anew.
After the start the call may have been made: recovery says ``unknown``, and ``retry`` says whether anything follows.
After the finish nothing is open. A start or finish that comes second changes nothing. Claim and decision wait for no
sync: the start of a call makes all before it durable, and without one a power failure only has them made again.

Of each channel as much is claimed as its lane has room for (see ``lanes``), so that a provider that hangs holds up
nobody else's messages. Of a channel with a shared budget every location's part is claimed, not whoever has waited
longest. This shell decides nothing: the gate judges, ``admit`` says what a provider takes, ``settle`` what is written,
``retry`` when to try again.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fieldfare.act.delivery.admit import Admission, Route, Wish, bucket_keys, divide, pace_of, room
from fieldfare.act.delivery.choosing import Choosing
from fieldfare.act.delivery.compose import Composer
from fieldfare.act.delivery.conclude import Conclude
from fieldfare.act.delivery.hand_over import HandOver, question_of
from fieldfare.act.delivery.lanes import Inline, Lanes, Threads
from fieldfare.act.delivery.model import DeliveryReport, Message, ProposalChange, Standing
from fieldfare.act.delivery.parts import DeliveryPorts, DeliverySettings, Granted
from fieldfare.act.delivery.ports import Channel, People, Tx
from fieldfare.act.delivery.recover import CALL_LEASE, Recovery
from fieldfare.act.delivery.render import RenderFailure
from fieldfare.act.delivery.settle import (
    Draft,
    Reading,
    Settled,
    batches,
    deferred,
    facts_of,
    one_of_each_broadcast,
    read_for,
    settle,
    units_of,
)
from fieldfare.act.delivery.unsubscribe import Unsubscribe
from fieldfare.decide.gate.caps import counts_toward_caps
from fieldfare.decide.gate.exempt import is_exempt
from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import Deferral, Facts, Permit, Refusal, Verdict
from fieldfare.decide.gate.ports import Asked
from fieldfare.decide.journeys.model import HELD, Claim, Proposal
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant

OWNER = "delivery"
LOST_EVERY = 16
"""In one of so many rounds it is looked for proposals on channels that there are no more, to refuse them."""


class Rehearsed(NamedTuple):
    """What would be said of a proposal now, where it would go, and how many units of a limit it would take."""

    address_hash: bytes | None
    verdict: Verdict
    units: int


class Delivery:
    """Runs due proposals through rendering, gate and channels."""

    def __init__(
        self,
        settings: DeliverySettings,
        ports: DeliveryPorts,
        channels: Mapping[str, Channel],
        links: Unsubscribe,
        clock: Clock,
        *,
        owner: str = OWNER,
    ) -> None:
        """Join the parts. ``channels`` by name; ``links`` makes unsubscribe addresses; ``owner``: whose the claims are.

        Two that run at the same time must have different owners.
        """
        self._settings, self._ports, self._channels, self._clock = settings, ports, channels, clock
        self._owner = owner
        told = settings.routes
        self._routes = {name: told[name] if name in told else Route(provider=name) for name in channels}
        self.composer = Composer(
            templates=settings.templates,
            brand=settings.brand,
            transactional=settings.transactional,
            unsubscribe=links,
            places=settings.places,
            links=settings.links,
        )
        self._conclude = Conclude(settings, ports, channels, self._routes)
        self._recovery = Recovery(ports, self._conclude, channels, clock)
        self._lanes: Lanes = Inline(self.hand_over())
        self._choosing = Choosing(settings, ports, channels, lambda tx, wishes, now: self._facts(tx, wishes, now)[1])
        self._turn = 0

    @property
    def ports(self) -> DeliveryPorts:
        """Return what delivery reads and writes through, for whoever asks the gate beside it."""
        return self._ports

    @property
    def people(self) -> People:
        """Return who reads the people that messages are for."""
        return self._ports.people

    def hand_over(self) -> HandOver:
        """Return a new object that hands over, for one thread."""
        return HandOver(self._ports, self._conclude, self._routes, self._settings.policy.version, self._clock)

    def open_lanes(self) -> Threads:
        """Hand over by a thread for each channel from now on, until they are closed; return them."""
        able = {name: channel.capabilities for name, channel in self._channels.items()}
        self._lanes = lanes = Threads(self.hand_over, able, self._clock)
        return lanes

    def run_due(self, now: Instant, limit: int) -> DeliveryReport:
        """Take at most ``limit`` proposals that are due at ``now`` through one round; return what happened."""
        report = DeliveryReport()
        self._choosing.run(now, limit)
        self._lanes.begin(report)
        self._recovery.run(now, report, CALL_LEASE)
        self._recovery.look_up(now, report, self._lanes)
        due = self._claim(now, limit)
        with self._ports.state.read() as tx:
            drafts = self._draft(tx, due)
        report.due = len(due)
        for batch in batches(drafts, self._settings.batch):
            granted = self._decide(batch, report)
            by_channel: dict[str, list[Granted]] = {}
            for one in granted:
                by_channel.setdefault(one.attempt.channel, []).append(one)
            for name, ones in by_channel.items():
                self._lanes.hand_over(name, ones, report)
        return report

    def recover(self, now: Instant, *, lease: Instant = CALL_LEASE) -> DeliveryReport:
        """Close the attempts that an ended process left open.

        ``lease`` is how long a started call may be under way; a process that knows it is alone passes 0 at its start,
        and whatever was claimed is free then.
        """
        report = DeliveryReport()
        self._recovery.run(now, report, lease)
        if not lease:
            with self._ports.state.write() as tx:
                self._ports.proposals.release(tx)
        return report

    def rehearse(self, proposals: Sequence[Proposal], now: Instant) -> list[Rehearsed]:
        """Return what would be said of proposals now, in their order. Nothing is written, locked or called.

        Providers' breakers and rate limits are left out: they say when, not whether.
        """
        with self._ports.state.read() as tx:
            open_wishes = [each for each in proposals if each.must_be_chosen]
            chosen = {each.id: each for each in self._choosing.chosen(tx, open_wishes, now)}
            drafts, facts = self._facts(tx, [chosen.get(each.id, each) for each in proposals], now)
        verdicts = judge(facts, self._settings.policy, now)
        return [
            Rehearsed(draft.address.hash if draft.address else None, verdict, self._units(draft))
            for draft, verdict in zip(drafts, verdicts, strict=True)
        ]

    def _facts(self, tx: Tx, proposals: Sequence[Proposal], now: Instant) -> tuple[list[Draft], list[Facts]]:
        """Return what the gate looks at for proposals as they are. Nothing is locked or written."""
        drafts = self._draft(tx, proposals)
        hashes = sorted({draft.address.hash for draft in drafts if draft.address})
        people = sorted({draft.proposal.profile_id for draft in drafts})
        pending = self._pending(tx, drafts)
        standing = self._ports.people.standing(tx, people, now)
        readings = self._gather(tx, drafts, standing, hashes, now, pending=pending) if drafts else {}
        return drafts, [facts_of(draft, readings[draft.proposal.id]) for draft in drafts]

    def _claim(self, now: Instant, limit: int) -> list[Proposal]:
        """Claim what is due: of each channel as much as its lane and its limits have room for."""
        ports = self._ports
        with ports.state.read() as tx:
            if not ports.proposals.is_any_due(tx, now):
                return []
        until = now + self._settings.claim_us
        rooms = {name: self._lanes.room(name, limit) for name in self._channels}
        if rooms and not any(rooms.values()):
            return []
        self._turn += 1
        with ports.state.write(replayable=True) as tx:
            limited = [name for name, most in rooms.items() if most and self._routes[name].rates]
            keys = sorted({rate.key for name in limited for rate in self._routes[name].rates})
            buckets = ports.providers.buckets(tx, keys) if keys else {}
            rooms |= {name: room(self._routes[name], buckets, rooms[name], now) for name in limited}
            plain = tuple(name for name, most in rooms.items() if most >= limit)
            if len(plain) == len(rooms):
                whole = Claim(owner=self._owner, until=until, most=limit)
                return ports.proposals.claim(tx, now, whole)
            found: list[Proposal] = []
            if self._turn % LOST_EVERY == 1:
                known = tuple(self._channels)
                lost = Claim(owner=self._owner, until=until, most=limit, channels=known, others=True)
                found += ports.proposals.claim(tx, now, lost)
            for name, most in rooms.items():
                if not most:
                    continue
                shared = self._routes[name].is_shared
                waiting = ports.proposals.waiting(tx, [name], now) if shared else {}
                parts = divide(most, waiting, self._turn) if shared else [(None, most)]
                for location, part in parts:
                    claim = Claim(
                        owner=self._owner,
                        until=until,
                        most=part,
                        channels=(name,),
                        location=location,
                        by_location=shared,
                    )
                    found += ports.proposals.claim(tx, now, claim)
        return found

    def _draft(self, tx: Tx, due: Sequence[Proposal]) -> list[Draft]:
        """Load who it is for and render. Nothing is locked: what changes meanwhile is noticed by its revision."""
        known = [proposal for proposal in due if proposal.channel in self._channels]
        wanted = {each.id: (each.profile_id, self._channels[each.channel].capabilities.address) for each in known}
        people = self._ports.people.load(tx, sorted(set(wanted.values())))
        drafts = []
        for proposal in due:
            person = people.get(wanted[proposal.id]) if proposal.id in wanted else None
            address = person.address if person else None
            missing = "address" if proposal.id in wanted else "channel"
            made: Message | RenderFailure = RenderFailure(missing, None, f"there is no {missing} to send to")
            if person is not None and address is not None:
                made = self.composer.compose(proposal, person, address, self._channels[proposal.channel].capabilities)
            drafts.append(
                Draft(
                    proposal=proposal,
                    address=address,
                    revision=person.revision if person else 0,
                    message=made if isinstance(made, Message) else None,
                    failure=made if isinstance(made, RenderFailure) else None,
                    tags=self.composer.tags_of(proposal),
                )
            )
        return drafts

    def _decide(self, batch: list[list[Draft]], report: DeliveryReport) -> list[Granted]:
        """Judge every address of the batch in one transaction and write all that follows from it."""
        ports, policy = self._ports, self._settings.policy
        granted: list[Granted] = []
        counts = DeliveryReport()
        every = [draft for group in batch for draft in group]
        with ports.state.write(replayable=True) as tx:
            hashes = sorted({draft.address.hash for draft in every if draft.address})
            ports.attempts.lock(tx, hashes)
            now = self._clock.now()
            readings = self._read(tx, every, hashes, now)
            drafts = [
                draft
                for group in batch
                for draft in one_of_each_broadcast([each for each in group if each.proposal.id in readings])
            ]
            counts.stale = len(every) - len(drafts)
            admission = self._admission(tx, drafts, readings, now)
            settled: list[Settled] = []
            judged = self._judge(drafts, readings, admission, now)
            for draft, (fact, verdict) in zip(drafts, judged, strict=True):
                reading = readings[draft.proposal.id]
                result = settle(
                    draft,
                    reading,
                    verdict,
                    now=now,
                    policy_version=policy.version,
                    counts=counts_toward_caps(fact, policy),
                    is_exempt=is_exempt(fact, policy),
                    units=self._units(draft),
                )
                settled.append(result)
                counts.refused += isinstance(verdict, Refusal)
                counts.deferred += isinstance(verdict, Deferral)
                if isinstance(verdict, Permit) and result.attempt is not None:
                    channel = self._channels[draft.proposal.channel]
                    granted.append(Granted(draft, reading, result.attempt, verdict, channel))
            self._write(tx, settled, granted, admission, now)
            ports.orders.note(tx, judged, now)
        report.stale += counts.stale
        report.refused += counts.refused
        report.deferred += counts.deferred
        report.permitted += len(granted)
        return granted

    def _judge(
        self, drafts: Sequence[Draft], readings: Mapping[str, Reading], admission: Admission, now: Instant
    ) -> list[tuple[Facts, Verdict]]:
        """Judge the drafts together; what the gate permits and the provider cannot take now is deferred."""
        facts = [facts_of(draft, readings[draft.proposal.id]) for draft in drafts]
        judged: list[tuple[Facts, Verdict]] = []
        for draft, fact, verdict in zip(drafts, facts, judge(facts, self._settings.policy, now), strict=True):
            told: Verdict = verdict
            if isinstance(verdict, Permit):
                wish = Wish(
                    channel=draft.proposal.channel,
                    location=fact.location,
                    units=self._units(draft),
                    broadcast=draft.proposal.broadcast,
                )
                held = admission.hold(wish)
                if held is None:
                    admission.take(wish)
                else:
                    told = deferred(verdict, held)
            judged.append((fact, told))
        return judged

    def _units(self, draft: Draft) -> int:
        channel = self._channels.get(draft.proposal.channel)
        return units_of(draft.message, channel.capabilities) if channel is not None and draft.message else 1

    def _admission(self, tx: Tx, drafts: Sequence[Draft], readings: Mapping[str, Reading], now: Instant) -> Admission:
        """Load, and lock, what providers take of the drafts' messages. A closed breaker is not locked."""
        providers = self._ports.providers
        known = [draft for draft in drafts if draft.proposal.channel in self._routes]
        names = {self._routes[draft.proposal.channel].provider for draft in known}
        breakers = providers.breakers(tx, names, lock=False)
        opened = [name for name, breaker in breakers.items() if breaker.until is not None]
        if opened:
            breakers |= providers.breakers(tx, opened, lock=True)
        names = {name for draft in known if (name := draft.proposal.broadcast) is not None}
        running = self._ports.broadcasts.running(tx, names) if names else {}
        paces = {name: pace_of(name, most) for name, most in running.items() if most is not None}
        places = {(draft.proposal.channel, readings[draft.proposal.id].standing.location) for draft in known}
        keys = bucket_keys(self._routes, places)
        keys = sorted({*keys, *(pace.key for pace in paces.values())})
        buckets = providers.buckets(tx, keys) if keys else {}
        return Admission(self._routes, breakers, buckets, paces, now)

    def _read(self, tx: Tx, drafts: list[Draft], hashes: list[bytes], now: Instant) -> dict[str, Reading]:
        """Read all that the gate looks at, for those that are still due and unchanged."""
        ports = self._ports
        ids = [draft.proposal.id for draft in drafts]
        profiles = sorted({draft.proposal.profile_id for draft in drafts})
        pending = self._pending(tx, drafts)
        due = self._not_halted(tx, drafts, ports.proposals.still_due(tx, ids, now, self._owner))
        standing = ports.people.standing(tx, profiles, now)
        fresh = [
            draft
            for draft in drafts
            if draft.proposal.id in due
            and (draft.address is None or draft.revision == standing[draft.proposal.profile_id].revision)
        ]
        return self._gather(tx, fresh, standing, hashes, now, pending=pending) if fresh else {}

    def _pending(self, tx: Tx, drafts: Sequence[Draft]) -> set[str]:
        """Return the proposals whose consent may be spoken of by records that wait. To be asked before all else."""
        found = self._ports.consent.pending(tx, [question_of(each) for each in drafts])
        return {draft.proposal.id for draft, waits in zip(drafts, found, strict=True) if waits}

    def _gather(
        self,
        tx: Tx,
        fresh: Sequence[Draft],
        standing: Mapping[int, Standing],
        hashes: list[bytes],
        now: Instant,
        *,
        pending: set[str],
    ) -> dict[str, Reading]:
        ports = self._ports
        ids = [draft.proposal.id for draft in fresh]
        told = ports.consent.told(tx, [question_of(draft) for draft in fresh], now)
        return read_for(
            fresh,
            standing=standing,
            consents=[state for state, _ in told],
            consent_records=[records for _, records in told],
            suppressed=ports.consent.suppressed(tx, hashes),
            pending=pending,
            live=ports.journeys.live(tx, [draft.proposal for draft in fresh], now) - self._reached(tx, fresh),
            counted=ports.attempts.counted(tx, hashes, sorted(standing), now - self._settings.caps_look_back),
            tally=ports.attempts.tally(tx, ids),
            controls=ports.orders.read(tx, [_asked(draft, standing) for draft in fresh], now),
        )

    def _not_halted(self, tx: Tx, drafts: Sequence[Draft], due: set[str]) -> set[str]:
        """Return what is due of journeys and running broadcasts; what a paused one proposed is held back."""
        told = {draft.proposal.id: draft.proposal.broadcast for draft in drafts if draft.proposal.id in due}
        names = {name for name in told.values() if name is not None}
        if not names:
            return due
        running = self._ports.broadcasts.running(tx, names)
        held = {each for each, name in told.items() if name is not None and name not in running}
        self._ports.proposals.change(tx, [ProposalChange(each, HELD) for each in sorted(held)])
        return due - held

    def _reached(self, tx: Tx, drafts: Sequence[Draft]) -> set[str]:
        """Return the proposals of broadcasts whose address has, or may have, the same message as somebody else's.

        What follows a recipient's own message goes to the same address where channels share one.
        """
        names = {draft.proposal.broadcast for draft in drafts if draft.proposal.broadcast}
        if not names:
            return set()
        hashes = {draft.address.hash for draft in drafts if draft.address}
        whose: dict[tuple[str, bytes], set[str]] = {}
        for broadcast, address, each in self._ports.broadcasts.reached(tx, names, hashes):
            whose.setdefault((broadcast, address), set()).add(each)
        return {
            draft.proposal.id
            for draft in drafts
            if draft.address is not None
            and whose.get((draft.proposal.broadcast or "", draft.address.hash), set()) - {draft.proposal.enrollment_id}
        }

    def _write(
        self, tx: Tx, settled: Sequence[Settled], granted: Sequence[Granted], admission: Admission, now: Instant
    ) -> None:
        ports = self._ports
        ports.decisions.add(tx, [each.decision for each in settled])
        ports.attempts.add(tx, [each.attempt for each in settled if each.attempt])
        ports.proposals.change(tx, [each.change for each in settled])
        met = [each.exposure for each in settled if each.exposure is not None]
        ports.exposures.record(tx, [(each.experiment, each.profile_id, each.arm, each.at) for each in met])
        tracked = [link for one in granted if one.draft.message for link in one.draft.message.links]
        if tracked:
            ports.links.add(tx, tracked, now)
        if admission.changed_breakers:
            ports.providers.keep_breakers(tx, admission.changed_breakers, now)
        if admission.changed_buckets:
            ports.providers.keep_buckets(tx, admission.changed_buckets)


def _asked(draft: Draft, standing: Mapping[int, Standing]) -> Asked:
    location = standing[draft.proposal.profile_id].location
    return Asked(draft.proposal, draft.address.hash if draft.address else None, location)
