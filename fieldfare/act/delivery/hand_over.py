"""Start, call, finish: from permits to outcomes on record, in waves of one channel.

1. *start* (a short transaction for the wave, addresses locked): what became of the wave before it is written, then
   consent, suppression, pending records, the broadcast and the breaker are read again; ``call_started_at`` is stamped,
   durably. What is pending is read first: a withdrawal that is applied after that look was accepted after it, or it is
   seen by the reads that follow.
2. The provider is called, once for each message, as many calls at once as it takes. Before any calls that do not follow
   the start at once, the same is read again: whom something holds back now is not called, and has no start. While the
   provider thinks, the requests of the next wave are made.
3. *finish* (in the start of the next wave, so that a wave waits for the disk once; after the last in a transaction of
   its own, unless another set waits in the same lane, whose start comes at once): see ``conclude``; and what was not
   called is given back.

A crash between 1 and 3 leaves started attempts without an outcome: *unknown*, whichever of them were called; so a wave
is short, and nothing is done between its calls and 3 but to make the next requests. When only the state database fails
at 2 or 3, this object still knows the outcomes and what was not called, and writes both before anything else it does.
One object serves one thread. It decides nothing: ``recheck`` and ``retry`` do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import cast

from fieldfare.act.delivery.admit import Route
from fieldfare.act.delivery.breaker import Breaker, Circuit, circuit_of
from fieldfare.act.delivery.conclude import Called, Conclude, Followed
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
from fieldfare.ground.instants import Instant, to_iso

WAVE = 32
"""Calls of a wave, where no more may be under way at once: what is written once for it is shared by them."""

Requests = Mapping[str, Request | Outcome]
"""What will be sent, or why it cannot be, by attempt."""
Call = Callable[[Granted], Outcome]
Meanwhile = Callable[[], None]
Calls = Callable[[Call, Sequence[Granted], Meanwhile], Iterable[Outcome]]
"""How the calls of a wave are made, and what is done in the caller's thread while they are under way."""


Close = Callable[[Tx, Sequence[str], Instant, str], set[str]]
"""How attempts are closed that are not called: ``abandon`` before the start, ``give_back`` after it."""


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
        self._calls: Calls = one_by_one
        self._made: Requests = {}
        """The requests of the next wave, as far as they were made while the one before was called."""
        self._told: list[tuple[Granted, Outcome, bool]] = []
        """Outcomes that are not on record yet, and whether the provider was called for them."""
        self._held: list[tuple[Granted, Finding]] = []
        """What was started and not called, and why; not on record yet."""

    def call_by(self, calls: Calls) -> None:
        """Make the calls of a wave by this from now on, as many at once as it likes."""
        self._calls = calls

    def run(
        self, granted: Sequence[Granted], report: DeliveryReport, is_followed: Callable[[], bool] = lambda: False
    ) -> None:
        """Hand over permits of one channel, in waves of a few calls each.

        ``is_followed`` is asked after the last call: another set is handed over next, and writes these outcomes.
        """
        if not granted:
            return
        is_through = False
        can = granted[0].channel.capabilities
        size = len(granted) if can.instant else 1 if self._calls is one_by_one else max(can.parallel, WAVE)
        try:
            for first in range(0, len(granted), size):
                self._wave(granted[first : first + size], granted[first + size : first + 2 * size], report)
            is_through = True
        finally:  # whatever fails in a wave, what became of the one before is known
            self._made = {}
            if not (is_through and is_followed()):
                self.finish(report)

    def finish(self, report: DeliveryReport) -> None:
        """Write the outcomes that are known and not on record, and what was not called after all."""
        if not self._told and not self._held:
            return
        foreseen = self._foresee()
        with self._ports.state.write() as tx:
            self._write(tx, foreseen, self._clock.now())
        self._written(report)

    def _foresee(self) -> list[Followed]:
        """Return what follows from the outcomes that are known, before other writers are kept waiting."""
        calls = [
            Called(one.attempt, outcome, one.reading.tally, one.draft.proposal.expires_at)
            for one, outcome, _ in self._told
        ]
        return self._conclude.foresee(calls, self._clock.now()) if calls else []

    def _write(self, tx: Tx, foreseen: Sequence[Followed], now: Instant) -> None:
        """Write what is known; it is kept in mind until the transaction is committed."""
        if self._told:
            self._ports.proposals.change(tx, self._conclude.called(tx, foreseen, now))
            heard = [(one.attempt.channel, outcome) for one, outcome, was_called in self._told if was_called]
            self._conclude.heed(tx, heard, now)
        self._stop(tx, self._held, self._ports.attempts.give_back, now)

    def _written(self, report: DeliveryReport) -> None:
        told, held = self._told, self._held
        self._told, self._held = [], []
        report.stopped += len(held)
        for _, outcome, _ in told:
            report.add(outcome.kind)

    def _wave(self, wave: Sequence[Granted], following: Sequence[Granted], report: DeliveryReport) -> None:
        requests = self._made or {one.attempt.id: _prepared(one) for one in wave}
        self._made = {}
        started = self._start(wave, requests, report)
        can = wave[0].channel.capabilities
        size = len(wave) if can.instant else can.parallel
        for first in range(0, len(started), size):
            some = started[first : first + size]
            going = self._still(some, started[first:]) if first else some
            for one, outcome in self._called(going, requests, following):
                was_called = isinstance(requests[one.attempt.id], Request)
                self._told.append((one, outcome, was_called))  # kept one by one: a later call may end the process

    def _called(
        self, some: Sequence[Granted], requests: Requests, following: Sequence[Granted]
    ) -> Iterable[tuple[Granted, Outcome]]:
        together = _together(some, requests)
        if together is not None:
            return zip(some, together, strict=True)
        calls = self._calls(lambda one: _call(one, requests[one.attempt.id]), some, lambda: self._make(following))
        return zip(some, calls, strict=True)

    def _make(self, following: Sequence[Granted]) -> None:
        """Make the requests of the next wave, once; what fails with one fails again when its wave begins."""
        if not self._made:
            with suppress(Exception):
                self._made = {one.attempt.id: _prepared(one) for one in following}

    def _still(self, some: Sequence[Granted], left: Sequence[Granted]) -> list[Granted]:
        """Look once more before calls that do not follow the start at once; return what may be called.

        ``left`` is all that was started and not called, in case that nobody can look.
        """
        try:
            with self._ports.state.read() as tx:
                now = self._clock.now()
                found = self._look(tx, some, now)
        except BaseException:
            self._held += [(one, _unseen(one)) for one in left]
            raise
        self._held += [(one, found[one.attempt.id]) for one in some if one.attempt.id in found]
        return [one for one in some if one.attempt.id not in found]

    def _start(self, wave: Sequence[Granted], requests: Requests, report: DeliveryReport) -> list[Granted]:
        """Write what is known, check once more whatever may have changed, stamp the start; give back what must not."""
        ports, foreseen = self._ports, self._foresee()
        with ports.state.write() as tx:
            ports.attempts.lock(tx, sorted({one.attempt.address_hash for one in wave}))
            now = self._clock.now()
            self._write(tx, foreseen, now)
            found = self._look(tx, wave, now)
            stopped = [(one, found[one.attempt.id]) for one in wave if one.attempt.id in found]
            self._stop(tx, stopped, ports.attempts.abandon, now)
            going = [one.attempt.id for one in wave if one.attempt.id not in found]
            unmade = {each for each in going if isinstance(requests[each], Outcome)}
            started = unmade | ports.attempts.start(tx, [each for each in going if each not in unmade], now)
        self._written(report)
        report.stopped += len(stopped)
        return [one for one in wave if one.attempt.id in started]

    def _look(self, tx: Tx, some: Sequence[Granted], now: Instant) -> dict[str, Finding]:
        """Return by attempt what forbids its call now; what is pending is read first."""
        ports = self._ports
        questions = [question_of(one.draft) for one in some]
        pending = ports.consent.pending(tx, questions)
        suppressed = ports.consent.suppressed(tx, sorted({one.attempt.address_hash for one in some}))
        consents = ports.consent.in_force(tx, questions, now)
        ordered = ports.orders.stopped(tx, [_again(one) for one in some], now)
        halted = self._halted(tx, some, now)
        found = {}
        for one, consent, waits in zip(some, consents, pending, strict=True):
            finding = recheck(
                one.permit,
                consent,
                suppressed=one.attempt.address_hash in suppressed,
                consent_pending=waits,
                now=now,
                purpose=one.attempt.purpose,
                stopped=ordered.get(one.attempt.proposal_id),
            )
            finding = finding or halted.get(one.attempt.id)
            if finding is not None:
                found[one.attempt.id] = finding
        return found

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

    def _stop(self, tx: Tx, stopped: Sequence[tuple[Granted, Finding]], close: Close, now: Instant) -> None:
        """Write why calls were not made. The proposals are judged anew, and then get all their reasons."""
        if not stopped:
            return
        ports = self._ports
        closed = close(tx, [one.attempt.id for one, _ in stopped], now, STOPPED)
        ports.decisions.add(
            tx,
            [
                decision_row(one.draft, one.reading, "deferral", (finding,), now, self._policy_version)
                for one, finding in stopped
                if one.attempt.id in closed
            ],
        )
        back = [(one.attempt.proposal_id, finding) for one, finding in stopped if one.attempt.id in closed]
        ports.decisions.delivered(tx, {each: (STOPPED, None) for each, _ in back})
        ports.proposals.change(
            tx, [ProposalChange(each, "due", now if found.until is None else found.until) for each, found in back]
        )


def question_of(draft: Draft) -> ConsentQuestion:
    """Return which consent a draft needs."""
    proposal = draft.proposal
    address_hash = draft.address.hash if draft.address else None
    return ConsentQuestion(proposal.profile_id, address_hash, proposal.purpose, proposal.channel)


def _again(one: Granted) -> Asked:
    return Asked(one.draft.proposal, one.attempt.address_hash, one.attempt.location)


def _unseen(one: Granted) -> Finding:
    inputs = {"at": "call", "expires_at": to_iso(one.permit.expires_at)}
    return Finding("permit_lifetime", Reason.EXPIRED, inputs, until=one.permit.granted_at)


def _open(provider: str, breaker: Breaker) -> Finding:
    inputs = {"at": "call", "provider": provider, "detail": breaker.detail}
    return Finding("provider_open", Reason.PROVIDER_OPEN, inputs, until=breaker.until)


def _prepared(one: Granted) -> Request | Outcome:
    assert one.draft.message is not None, "the gate permits only what was rendered"
    return one.channel.prepare(one.draft.message, one.permit)


def one_by_one(call: Call, some: Sequence[Granted], _meanwhile: Meanwhile) -> Iterable[Outcome]:
    """Make calls one after another in the caller's own thread, which has nothing to do meanwhile."""
    return map(call, some)


def _together(started: Sequence[Granted], requests: Requests) -> list[Outcome] | None:
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
