"""Start, call, finish: from permits to outcomes on record, in waves of one channel.

1. *start* (a short transaction, addresses locked): consent, suppression, pending records, the broadcast and the breaker
   are read again; ``call_started_at`` is stamped. What is pending is read first: a withdrawal that is applied after
   that look was accepted after it, or it is seen by the reads that follow.
2. The provider is called, once for each message; several calls of a wave may be under way at once.
3. *finish* (one transaction): see ``conclude``.

A crash between 1 and 3 leaves started attempts without an outcome: *unknown*, whichever of them were called. When only
the state database fails at 3, this object still knows the outcomes and writes them before anything else it does.
One object serves one thread. It decides nothing: ``recheck`` and ``retry`` do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from fieldfare.act.delivery.admit import Route
from fieldfare.act.delivery.breaker import Breaker, Circuit, circuit_of
from fieldfare.act.delivery.conclude import Conclude
from fieldfare.act.delivery.model import (
    STOPPED,
    ConsentQuestion,
    DeliveryReport,
    Outcome,
    OutcomeKind,
    ProposalChange,
    Request,
)
from fieldfare.act.delivery.parts import DeliveryPorts, Granted
from fieldfare.act.delivery.ports import SendsTogether, Tx
from fieldfare.act.delivery.settle import Draft, decision_row
from fieldfare.decide.gate.judge import recheck
from fieldfare.decide.gate.model import Finding, Reason
from fieldfare.decide.gate.ports import Asked
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant

Call = Callable[[Granted], Outcome]
Calls = Callable[[Call, Sequence[Granted]], Iterable[Outcome]]
"""How the calls of a wave are made: ``map``, or that of an executor."""


class HandOver:
    """Hands over what was permitted."""

    def __init__(
        self,
        ports: DeliveryPorts,
        conclude: Conclude,
        routes: Mapping[str, Route],
        policy_version: str,
        clock: Clock,
    ) -> None:
        """Join the parts. Calls are made one after another until :meth:`call_by` says otherwise."""
        self._ports, self._conclude, self._routes, self._clock = ports, conclude, routes, clock
        self._policy_version = policy_version
        self._calls: Calls = map
        self._told: list[tuple[Granted, Outcome, bool]] = []
        """Outcomes that are not on record yet, and whether the provider was called for them."""

    def call_by(self, calls: Calls) -> None:
        """Make the calls of a wave by this from now on: ``map`` of an executor."""
        self._calls = calls

    def run(self, granted: Sequence[Granted], report: DeliveryReport) -> None:
        """Hand over permits of one channel, in waves of as many calls as may be under way at once."""
        if not granted:
            return
        can = granted[0].channel.capabilities
        size = len(granted) if can.instant else 1 if self._calls is map else can.parallel
        for first in range(0, len(granted), size):
            self._wave(granted[first : first + size], report)

    def finish(self, report: DeliveryReport) -> None:
        """Write the outcomes that are known and not on record."""
        if not self._told:
            return
        with self._ports.state.write() as tx:
            now = self._clock.now()
            changes: list[ProposalChange] = []
            for one, outcome, _ in self._told:
                expires_at, tally = one.draft.proposal.expires_at, one.reading.tally
                changes += self._conclude.called(tx, one.attempt, outcome, tally, expires_at, now)
            self._ports.proposals.change(tx, changes)
            calls = [(one.attempt.channel, outcome) for one, outcome, was_called in self._told if was_called]
            self._conclude.heed(tx, calls, now)
        told, self._told = self._told, []
        for _, outcome, _ in told:
            report.add(outcome.kind)

    def _wave(self, wave: Sequence[Granted], report: DeliveryReport) -> None:
        requests = {one.attempt.id: _prepared(one) for one in wave}
        started = self._start(wave, requests, report)
        together = _together(started, requests)
        outcomes = (
            together if together is not None else self._calls(lambda one: _call(one, requests[one.attempt.id]), started)
        )
        for one, outcome in zip(started, outcomes, strict=True):  # kept one by one: a later call may end the process
            self._told.append((one, outcome, isinstance(requests[one.attempt.id], Request)))
        self.finish(report)

    def _start(
        self, wave: Sequence[Granted], requests: Mapping[str, Request | Outcome], report: DeliveryReport
    ) -> list[Granted]:
        """Check once more whatever may have changed and stamp the start; give back what must not start."""
        ports = self._ports
        started: list[Granted] = []
        stopped = 0
        hashes = sorted({one.attempt.address_hash for one in wave})
        with ports.state.write() as tx:
            ports.attempts.lock(tx, hashes)
            now = self._clock.now()
            pending = ports.consent.pending(tx)
            suppressed = ports.consent.suppressed(tx, hashes)
            consents = ports.consent.in_force(tx, [question_of(one.draft) for one in wave], now)
            ordered = ports.orders.stopped(tx, [_again(one) for one in wave], now)
            halted = self._halted(tx, wave, now)
            for one, consent in zip(wave, consents, strict=True):
                finding = recheck(
                    one.permit,
                    consent,
                    suppressed=one.attempt.address_hash in suppressed,
                    consent_pending=pending,
                    now=now,
                    purpose=one.attempt.purpose,
                    stopped=ordered.get(one.attempt.proposal_id),
                )
                finding = finding or halted.get(one.attempt.id)
                if finding is not None:
                    self._stop(tx, one, finding, now)
                    stopped += 1
                elif isinstance(requests[one.attempt.id], Outcome) or ports.attempts.start(tx, one.attempt.id, now):
                    started.append(one)
        report.stopped += stopped
        return started

    def _halted(self, tx: Tx, wave: Sequence[Granted], now: Instant) -> dict[str, Finding]:
        """Return whom a broadcast that was stopped, or a breaker that opened since the permit, holds back."""
        broadcasts = {name for one in wave if (name := one.draft.proposal.broadcast) is not None}
        running = self._ports.broadcasts.running(tx, broadcasts) if broadcasts else {}
        providers = {self._routes[one.attempt.channel].provider for one in wave}
        breakers = self._ports.providers.breakers(tx, providers, lock=False)
        found = {}
        for one in wave:
            broadcast, provider = one.draft.proposal.broadcast, self._routes[one.attempt.channel].provider
            if broadcast is not None and broadcast not in running:
                found[one.attempt.id] = Finding("paused", Reason.PAUSED, {"broadcast": broadcast}, until=now)
            elif circuit_of(breakers[provider], now) is Circuit.OPEN:
                found[one.attempt.id] = _open(provider, breakers[provider])
        return found

    def _stop(self, tx: Tx, one: Granted, finding: Finding, now: Instant) -> None:
        """Write why the call did not start. The proposal is judged anew, and then gets all its reasons."""
        row = decision_row(one.draft, one.reading, "deferral", (finding,), now, self._policy_version)
        self._ports.decisions.add(tx, [row])
        until = finding.until if finding.until is not None else now
        if self._ports.attempts.abandon(tx, one.attempt.id, now, STOPPED):
            self._ports.decisions.delivered(tx, one.attempt.proposal_id, STOPPED, None)
            self._ports.proposals.change(tx, [ProposalChange(one.attempt.proposal_id, "due", until)])


def question_of(draft: Draft) -> ConsentQuestion:
    """Return which consent a draft needs."""
    proposal = draft.proposal
    address_hash = draft.address.hash if draft.address else None
    return ConsentQuestion(proposal.profile_id, address_hash, proposal.purpose, proposal.channel)


def _again(one: Granted) -> Asked:
    return Asked(one.draft.proposal, one.attempt.address_hash, one.attempt.location)


def _open(provider: str, breaker: Breaker) -> Finding:
    inputs = {"at": "call", "provider": provider, "detail": breaker.detail}
    return Finding("provider_open", Reason.PROVIDER_OPEN, inputs, until=breaker.until)


def _prepared(one: Granted) -> Request | Outcome:
    assert one.draft.message is not None, "the gate permits only what was rendered"
    return one.channel.prepare(one.draft.message, one.permit)


def _together(started: Sequence[Granted], requests: Mapping[str, Request | Outcome]) -> list[Outcome] | None:
    """Hand a wave over as one, where the channel takes it so; ``None`` where each is a call of its own."""
    if not started or not started[0].channel.capabilities.together:
        return None
    asked = [requests[one.attempt.id] for one in started]
    channel = cast("SendsTogether", started[0].channel)
    try:
        told = iter(channel.send_all([each for each in asked if isinstance(each, Request)]))
        return [each if isinstance(each, Outcome) else next(told) for each in asked]
    except Exception as error:  # noqa: BLE001 - as in one call
        lost = Outcome(kind=OutcomeKind.UNKNOWN, detail=f"channel_{type(error).__name__.lower()}")
        return [each if isinstance(each, Outcome) else lost for each in asked]


def _call(one: Granted, request: Request | Outcome) -> Outcome:
    if isinstance(request, Outcome):
        return request
    try:
        return one.channel.send(request)
    except Exception as error:  # noqa: BLE001 - a channel's bug must not stop the messages behind it
        return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"channel_{type(error).__name__.lower()}")
