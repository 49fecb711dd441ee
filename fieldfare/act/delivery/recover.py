"""Close what an ended process left open, and ask providers about what nobody knows.

An attempt without a start whose permit has run out was never called and cannot be any more: *abandoned*, judged anew. A
started one without an outcome after its lease may have been called: *unknown*. What follows an unknown one is said by
``retry``; where the provider can be asked, it is asked at the instants that stand in the attempt, and the answer is
written in a transaction of its own. A crash between question and answer asks again.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from fieldfare.act.delivery.conclude import Called, Conclude
from fieldfare.act.delivery.lanes import Lanes
from fieldfare.act.delivery.model import (
    ABANDONED,
    Attempt,
    DeliveryReport,
    LostCall,
    Outcome,
    OutcomeKind,
    ProposalChange,
    Tally,
)
from fieldfare.act.delivery.parts import DeliveryPorts
from fieldfare.act.delivery.ports import Channel, LooksUp, Tx
from fieldfare.decide.gate.model import PERMIT_LIFETIME
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import MINUTE, Instant

CALL_LEASE = 5 * MINUTE
"""After this long a started call without an outcome is taken for lost. Longer than any channel's call may take."""
SET = 256
"""Attempts that are closed in one transaction."""
MOST_LOOK_UPS = 16
"""Questions to providers in one round."""


class Recovery:
    """Recovers the attempts of one state database."""

    def __init__(self, ports: DeliveryPorts, conclude: Conclude, channels: Mapping[str, Channel], clock: Clock) -> None:
        """Join the parts."""
        self._ports, self._conclude, self._channels, self._clock = ports, conclude, channels, clock

    def run(self, now: Instant, report: DeliveryReport, lease: Instant) -> None:
        """Close attempts: unstarted ones whose permit has run out, started ones after ``lease``."""
        with self._ports.state.read() as tx:
            left = self._ports.attempts.unfinished(tx, now - min(lease, PERMIT_LIFETIME))
        unstarted = [each for each in left if each.call_started_at is None]
        lost = [each for each in left if each.call_started_at is not None and each.call_started_at <= now - lease]
        for first in range(0, len(unstarted), SET):
            report.recovered += self._abandon(unstarted[first : first + SET], now)
        for first in range(0, len(lost), SET):
            some = lost[first : first + SET]
            self._lose(some, now)
            report.unknown += len(some)
            report.recovered += len(some)

    def look_up(self, now: Instant, report: DeliveryReport, lanes: Lanes) -> None:
        """Ask providers about the unknown attempts whose time for it has come, each in its channel's lane."""
        with self._ports.state.read() as tx:
            due = self._ports.look_ups.due(tx, now, MOST_LOOK_UPS)
        by_channel: dict[str, list[Attempt]] = {}
        for attempt in due:
            by_channel.setdefault(attempt.channel, []).append(attempt)
        for name, attempts in by_channel.items():
            lanes.ask(name, lambda attempts=attempts: self.ask(attempts, report))  # type: ignore[misc]

    def ask(self, attempts: Sequence[Attempt], report: DeliveryReport) -> None:
        """Ask about each, and write what was answered."""
        for attempt in attempts:
            channel = self._channels.get(attempt.channel)
            outcome = Outcome(kind=OutcomeKind.UNKNOWN, detail="channel_gone")
            if channel is not None and channel.capabilities.looks_up:
                outcome = _asked(cast("LooksUp", channel), self._lost(attempt, channel.capabilities.address))
            self._answer(attempt, outcome, self._clock.now())
            report.looked_up += 1

    def _lost(self, attempt: Attempt, kind: str) -> LostCall:
        """Return what the provider is asked: by the address only while it is still the one that was written to."""
        with self._ports.state.read() as tx:
            person = self._ports.people.load(tx, [(attempt.profile_id, kind)]).get((attempt.profile_id, kind))
            known = self._ports.look_ups.others(tx, attempt)
        address = person.address if person is not None else None
        return LostCall(
            proposal_id=attempt.proposal_id,
            to=address.clear if address is not None and address.hash == attempt.address_hash else None,
            started_at=attempt.call_started_at if attempt.call_started_at is not None else attempt.granted_at,
            known=known,
        )

    def _abandon(self, attempts: Sequence[Attempt], now: Instant) -> int:
        ports = self._ports
        whose = {each.id: each.proposal_id for each in attempts}
        with ports.state.write() as tx:
            closed = [whose[each] for each in sorted(ports.attempts.abandon(tx, whose, now, ABANDONED))]
            ports.decisions.delivered(tx, dict.fromkeys(closed, (ABANDONED, None)))
            ports.proposals.change(tx, [ProposalChange(each, "due", now) for each in closed])
        return len(closed)

    def _lose(self, attempts: Sequence[Attempt], now: Instant) -> None:
        with self._ports.state.write() as tx:
            lost = Outcome(kind=OutcomeKind.UNKNOWN, detail="process_ended")
            histories = self._histories(tx, attempts, now)
            calls = [Called(each, lost, *histories[each.proposal_id]) for each in attempts]
            self._ports.proposals.change(tx, self._conclude.called(tx, self._conclude.foresee(calls, now), now))

    def _answer(self, attempt: Attempt, outcome: Outcome, now: Instant) -> None:
        with self._ports.state.write() as tx:
            tally, expires_at = self._histories(tx, [attempt], now)[attempt.proposal_id]
            changes = self._conclude.answered(tx, attempt, outcome, tally, expires_at, now)
            self._ports.proposals.change(tx, changes)

    def _histories(self, tx: Tx, attempts: Sequence[Attempt], now: Instant) -> dict[str, tuple[Tally, Instant]]:
        """Return by proposal how its attempts went, and until when it is worth one."""
        ids = [each.proposal_id for each in attempts]
        tallies, proposals = self._ports.attempts.tally(tx, ids), self._ports.proposals.load(tx, ids)
        return {
            each: (tallies.get(each, Tally()), proposals[each].expires_at if each in proposals else now) for each in ids
        }


def _asked(channel: LooksUp, lost: LostCall) -> Outcome:
    try:
        return channel.look_up(lost)
    except Exception as error:  # noqa: BLE001 - a channel's bug leaves the message as unknown as it was
        return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"channel_{type(error).__name__.lower()}")
