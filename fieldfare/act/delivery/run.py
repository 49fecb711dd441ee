"""The shell of delivery: due proposals in, at most one hand-over each, every step on record.

What is committed, in order, for one proposal:

1. *decide* (one transaction for a batch of addresses, each locked): decision row, attempt ``handing_over``, proposal
   ``permitted``, exposure. Everything the gate looks at is read inside it.
2. *start* (its own short transaction, address locked): consent, suppression and pending records read again;
   ``call_started_at`` stamped. What is pending is read first: a withdrawal that is applied after that look was
   accepted after it, or it is seen by the reads that follow.
3. the provider is called, once.
4. *finish* (one transaction): outcome, the proposal's status, the decision's delivery status, suppression if told,
   outbox event.

A crash before 1 commits leaves the proposal due. Between 1 and 2 the attempt has no start: once its permit has run out
nobody can start it, :meth:`Delivery.recover` abandons it, and the proposal is judged anew. After 2 the call may have
been made: recovery says ``unknown`` and never calls again. After 4 nothing is open. When only the state database fails
at 4, the process still knows the outcome: it finishes at the beginning of its next round. A second worker that loaded
the same proposal finds it no longer due inside 1; a start or finish that comes second changes nothing.

Channels whose calls are instant and stay on this machine are started and finished in waves, all others one by one.
This shell decides nothing: the gate judges, ``settle`` says what is written, ``retry`` says when to try again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.act.delivery.compose import Composer
from fieldfare.act.delivery.events import opt_out_event, outcome_event
from fieldfare.act.delivery.links import Links
from fieldfare.act.delivery.model import (
    ABANDONED,
    STOPPED,
    Attempt,
    ConsentQuestion,
    DeliveryReport,
    Message,
    Outcome,
    OutcomeKind,
    ProposalChange,
    Request,
    Standing,
    Tally,
)
from fieldfare.act.delivery.ports import (
    Attempts,
    Channel,
    ConsentReader,
    Decisions,
    Exposures,
    JourneyState,
    Orders,
    Outbox,
    People,
    Proposals,
    TrackedLinks,
    Transactions,
    Tx,
)
from fieldfare.act.delivery.render import RenderFailure
from fieldfare.act.delivery.retry import retry_at
from fieldfare.act.delivery.settle import (
    Draft,
    Reading,
    Settled,
    batches,
    decision_row,
    facts_of,
    read_for,
    settle,
    status_of,
)
from fieldfare.act.delivery.unsubscribe import Unsubscribe
from fieldfare.act.delivery.wording import Place, Template
from fieldfare.decide.gate.caps import counts_toward_caps
from fieldfare.decide.gate.exempt import is_exempt
from fieldfare.decide.gate.judge import judge, recheck
from fieldfare.decide.gate.model import PERMIT_LIFETIME, Deferral, Finding, Permit, Refusal
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.gate.ports import Asked
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import DAY, MINUTE, Instant

CALL_LEASE = 5 * MINUTE
"""After this long a started call without an outcome is taken for lost. Longer than any channel's call may take."""


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What delivery takes from the workspace."""

    policy: Policy
    templates: Mapping[str, Template]
    brand: Mapping[str, Any]
    transactional: frozenset[str]
    """Purposes that need no consent: their messages carry no unsubscribe headers and footer."""
    places: Mapping[str, Place] = {}
    """What templates may say of home locations, by name."""
    links: Links | None = None
    """How links lead over the workspace's own domain."""
    caps_look_back: Instant = 366 * DAY
    """How far back hand-overs are read for caps, in microseconds; at least the longest cap."""
    batch: int = 32
    """Addresses decided in one transaction."""


class DeliveryPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything delivery reads and writes through."""

    state: Transactions
    people: People
    consent: ConsentReader
    orders: Orders
    journeys: JourneyState
    proposals: Proposals
    attempts: Attempts
    decisions: Decisions
    exposures: Exposures
    outbox: Outbox
    links: TrackedLinks


class _Granted(msgspec.Struct, frozen=True):
    """A permit on its way: what was decided, and what will be sent."""

    draft: Draft
    reading: Reading
    attempt: Attempt
    permit: Permit
    channel: Channel


class Delivery:
    """Runs due proposals through rendering, gate and channels."""

    def __init__(
        self,
        settings: DeliverySettings,
        ports: DeliveryPorts,
        channels: Mapping[str, Channel],
        links: Unsubscribe,
        clock: Clock,
    ) -> None:
        """Join the parts. ``channels`` by name; ``links`` makes unsubscribe addresses."""
        self._settings = settings
        self._ports = ports
        self._channels = channels
        self.composer = Composer(
            templates=settings.templates,
            brand=settings.brand,
            transactional=settings.transactional,
            unsubscribe=links,
            places=settings.places,
            links=settings.links,
        )
        self._clock = clock
        self._told: list[tuple[_Granted, Outcome]] = []
        """Outcomes that are not on record yet."""

    @property
    def ports(self) -> DeliveryPorts:
        """Return what delivery reads and writes through, for whoever asks the gate beside it."""
        return self._ports

    @property
    def people(self) -> People:
        """Return who reads the people that messages are for."""
        return self._ports.people

    def run_due(self, now: Instant, limit: int) -> DeliveryReport:
        """Take at most ``limit`` proposals that are due at ``now`` through one round; return what happened."""
        report = DeliveryReport()
        self._finish(report)
        self.recover(now, report=report)
        with self._ports.state.read() as tx:
            due = self._ports.proposals.due(tx, now, limit)
            drafts = self._draft(tx, due)
        report.due = len(due)
        for batch in batches(drafts, self._settings.batch):
            granted = self._decide(batch, report)
            for wave in _waves(granted):
                self._hand_over(wave, report)
        return report

    def recover(
        self, now: Instant, *, report: DeliveryReport | None = None, lease: Instant = CALL_LEASE
    ) -> DeliveryReport:
        """Close the attempts that an ended process left open.

        ``lease`` is how long a started call may be under way; a process that knows it is alone passes 0 at its start.
        """
        report = report or DeliveryReport()
        with self._ports.state.read() as tx:
            left = self._ports.attempts.unfinished(tx, now - min(lease, PERMIT_LIFETIME))
        for attempt in left:
            if attempt.call_started_at is None:
                with self._ports.state.write() as tx:
                    self._give_back(tx, attempt, ABANDONED, now)
            elif attempt.call_started_at <= now - lease:
                lost = Outcome(kind=OutcomeKind.UNKNOWN, detail="process_ended")
                with self._ports.state.write() as tx:
                    self._ports.proposals.change(tx, self._conclude(tx, attempt, lost, Tally(), now))
                report.unknown += 1
            else:
                continue
            report.recovered += 1
        return report

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

    def _decide(self, batch: list[list[Draft]], report: DeliveryReport) -> list[_Granted]:
        """Judge every address of the batch in one transaction and write all that follows from it."""
        ports, policy = self._ports, self._settings.policy
        granted: list[_Granted] = []
        with ports.state.write() as tx:
            hashes = sorted({draft.address.hash for group in batch for draft in group if draft.address})
            ports.attempts.lock(tx, hashes)
            now = self._clock.now()
            readings = self._read(tx, [draft for group in batch for draft in group], hashes, now)
            settled: list[Settled] = []
            counts = DeliveryReport()
            drafts = [draft for group in batch for draft in group if draft.proposal.id in readings]
            counts.stale = sum(len(group) for group in batch) - len(drafts)
            facts = [facts_of(draft, readings[draft.proposal.id]) for draft in drafts]
            verdicts = judge(facts, policy, now)
            for draft, fact, verdict in zip(drafts, facts, verdicts, strict=True):
                reading = readings[draft.proposal.id]
                result = settle(
                    draft,
                    reading,
                    verdict,
                    now=now,
                    policy_version=policy.version,
                    counts=counts_toward_caps(fact, policy),
                    is_exempt=is_exempt(fact, policy),
                )
                settled.append(result)
                counts.refused += isinstance(verdict, Refusal)
                counts.deferred += isinstance(verdict, Deferral)
                if isinstance(verdict, Permit) and result.attempt is not None:
                    channel = self._channels[draft.proposal.channel]
                    granted.append(_Granted(draft, reading, result.attempt, verdict, channel))
            self._write(tx, settled)
            ports.orders.note(tx, list(zip(facts, verdicts, strict=True)), now)
            tracked = [link for one in granted if one.draft.message for link in one.draft.message.links]
            if tracked:
                ports.links.add(tx, tracked, now)
        report.stale += counts.stale
        report.refused += counts.refused
        report.deferred += counts.deferred
        report.permitted += len(granted)
        return granted

    def _read(self, tx: Tx, drafts: list[Draft], hashes: list[bytes], now: Instant) -> dict[str, Reading]:
        """Read all that the gate looks at, for those that are still due and unchanged."""
        ports = self._ports
        ids = [draft.proposal.id for draft in drafts]
        profiles = sorted({draft.proposal.profile_id for draft in drafts})
        pending = ports.consent.pending(tx)
        due = ports.proposals.still_due(tx, ids, now)
        standing = ports.people.standing(tx, profiles, now)
        fresh = [
            draft
            for draft in drafts
            if draft.proposal.id in due
            and (draft.address is None or draft.revision == standing[draft.proposal.profile_id].revision)
        ]
        if not fresh:
            return {}
        return read_for(
            fresh,
            standing=standing,
            consents=ports.consent.in_force(tx, [_question(draft) for draft in fresh], now),
            suppressed=ports.consent.suppressed(tx, hashes),
            pending=pending,
            live=ports.journeys.live(tx, [draft.proposal for draft in fresh], now),
            counted=ports.attempts.counted(tx, hashes, profiles, now - self._settings.caps_look_back),
            tally=ports.attempts.tally(tx, ids),
            controls=ports.orders.read(tx, [_asked(draft, standing) for draft in fresh], now),
            consent_records=ports.orders.consent_records(tx, [_asked(draft, standing) for draft in fresh]),
        )

    def _write(self, tx: Tx, settled: list[Settled]) -> None:
        ports = self._ports
        ports.decisions.add(tx, [each.decision for each in settled])
        ports.attempts.add(tx, [each.attempt for each in settled if each.attempt])
        ports.proposals.change(tx, [each.change for each in settled])
        for each in settled:
            met = each.exposure
            if met is not None:
                ports.exposures.record(tx, met.experiment, met.profile_id, met.arm, met.at)

    def _hand_over(self, wave: list[_Granted], report: DeliveryReport) -> None:
        """Start, call and finish a wave of permits."""
        requests = {one.attempt.id: _prepared(one) for one in wave}
        started = self._start(wave, requests, report)
        self._told += [(one, self._call(one, requests[one.attempt.id])) for one in started]
        self._finish(report)

    def _finish(self, report: DeliveryReport) -> None:
        """Write the outcomes that are known and not on record."""
        if not self._told:
            return
        with self._ports.state.write() as tx:
            now = self._clock.now()
            changes: list[ProposalChange] = []
            for one, outcome in self._told:
                changes += self._conclude(tx, one.attempt, outcome, one.reading.tally, now)
            self._ports.proposals.change(tx, changes)
        told, self._told = self._told, []
        for _, outcome in told:
            name = outcome.kind.value
            setattr(report, name, getattr(report, name) + 1)

    def _start(
        self, wave: list[_Granted], requests: Mapping[str, Request | Outcome], report: DeliveryReport
    ) -> list[_Granted]:
        """Check consent and suppression once more and stamp the start; give back what must not start."""
        ports = self._ports
        started: list[_Granted] = []
        stopped = 0
        hashes = sorted({one.attempt.address_hash for one in wave})
        with ports.state.write() as tx:
            ports.attempts.lock(tx, hashes)
            now = self._clock.now()
            pending = ports.consent.pending(tx)
            suppressed = ports.consent.suppressed(tx, hashes)
            consents = ports.consent.in_force(tx, [_question(one.draft) for one in wave], now)
            halted = ports.orders.stopped(tx, [_again(one) for one in wave], now)
            for one, consent in zip(wave, consents, strict=True):
                finding = recheck(
                    one.permit,
                    consent,
                    suppressed=one.attempt.address_hash in suppressed,
                    consent_pending=pending,
                    now=now,
                    purpose=one.attempt.purpose,
                    stopped=halted.get(one.attempt.proposal_id),
                )
                if finding is not None:
                    self._stop(tx, one, finding, now)
                    stopped += 1
                elif isinstance(requests[one.attempt.id], Outcome) or ports.attempts.start(tx, one.attempt.id, now):
                    started.append(one)
        report.stopped += stopped
        return started

    def _stop(self, tx: Tx, one: _Granted, finding: Finding, now: Instant) -> None:
        """Write why the call did not start. The proposal is judged anew, and then gets all its reasons."""
        version = self._settings.policy.version
        row = decision_row(one.draft, one.reading, "deferral", (finding,), now, version)
        self._ports.decisions.add(tx, [row])
        self._give_back(tx, one.attempt, STOPPED, finding.until if finding.until is not None else now)

    def _give_back(self, tx: Tx, attempt: Attempt, outcome: str, due_at: Instant) -> None:
        """Close an attempt that was surely never called; its proposal is due again."""
        if self._ports.attempts.finish(tx, attempt.id, self._clock.now(), outcome):
            self._ports.decisions.delivered(tx, attempt.proposal_id, outcome, None)
            self._ports.proposals.change(tx, [ProposalChange(attempt.proposal_id, "due", due_at)])

    def _call(self, one: _Granted, request: Request | Outcome) -> Outcome:
        if isinstance(request, Outcome):
            return request
        try:
            return one.channel.send(request)
        except Exception as error:  # noqa: BLE001 - a channel's bug must not stop the messages behind it
            return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"channel_{type(error).__name__.lower()}")

    def _conclude(self, tx: Tx, attempt: Attempt, outcome: Outcome, tally: Tally, now: Instant) -> list[ProposalChange]:
        """Write what became of an attempt; return the change of its proposal. Only ``failed`` leads to another one."""
        ports = self._ports
        if not ports.attempts.finish(tx, attempt.id, now, outcome):
            return []
        again = None
        if outcome.kind is OutcomeKind.FAILED:
            again = retry_at(attempt.proposal_id, tally.failed + 1, now, outcome.retry_after_us)
        sent = attempt.template if outcome.kind is OutcomeKind.HANDED_OVER else None
        ports.decisions.delivered(tx, attempt.proposal_id, outcome.kind.value, sent)
        if outcome.suppress:
            reason = outcome.detail or outcome.kind.value
            ports.consent.suppress(tx, attempt.address_hash, reason, now, attempt.channel)
        if outcome.opted_out:
            told = opt_out_event(attempt, now)
            ports.outbox.add(tx, told["messageId"], told)
        if again is None:
            event = outcome_event(attempt, outcome.kind.value, now, detail=outcome.detail, suppress=outcome.suppress)
            ports.outbox.add(tx, event["messageId"], event)
        return [ProposalChange(attempt.proposal_id, status_of(outcome, again), again)]


def _asked(draft: Draft, standing: Mapping[int, Standing]) -> Asked:
    location = standing[draft.proposal.profile_id].location
    return Asked(draft.proposal, draft.address.hash if draft.address else None, location)


def _again(one: _Granted) -> Asked:
    return Asked(one.draft.proposal, one.attempt.address_hash, one.attempt.location)


def _question(draft: Draft) -> ConsentQuestion:
    proposal = draft.proposal
    address_hash = draft.address.hash if draft.address else None
    return ConsentQuestion(proposal.profile_id, address_hash, proposal.purpose, proposal.channel)


def _prepared(one: _Granted) -> Request | Outcome:
    assert one.draft.message is not None, "the gate permits only what was rendered"
    return one.channel.prepare(one.draft.message, one.permit)


def _waves(granted: list[_Granted]) -> list[list[_Granted]]:
    """Return the permits of instant channels as one wave, and each other permit by itself."""
    instant = [one for one in granted if one.channel.capabilities.instant]
    single = [[one] for one in granted if not one.channel.capabilities.instant]
    return [instant, *single] if instant else single
