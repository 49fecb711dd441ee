"""Write what became of attempts, in the caller's transaction: the one place where an outcome turns into rows.

Outcome, the proposal's status, the decision's delivery status, a suppression and a withdrawal where the provider
told of one, the breaker of its provider, and the outcome event once nothing more follows. ``retry`` says what follows.
What comes second (a recovery and a late answer) changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, assert_never

import msgspec

from fieldfare.act.delivery.admit import Route
from fieldfare.act.delivery.breaker import Breaker, after
from fieldfare.act.delivery.events import answer_event, opt_out_event, outcome_event
from fieldfare.act.delivery.model import Attempt, Capabilities, Outcome, OutcomeKind, ProposalChange, Tally
from fieldfare.act.delivery.parts import DeliveryPorts, DeliverySettings
from fieldfare.act.delivery.ports import Channel, Tx
from fieldfare.act.delivery.retry import GiveUp, History, LookUp, Next, TryAgain, next_attempt
from fieldfare.ground.instants import Instant

_STATUS = {
    OutcomeKind.HANDED_OVER: "sent",
    OutcomeKind.REJECTED: "rejected",
    OutcomeKind.FAILED: "failed",
    OutcomeKind.UNKNOWN: "unknown",
}
"""Status of the proposal when nothing more follows, or only a look-up."""
_NOTHING = Capabilities(address="", receipts=False)


class Called(NamedTuple):
    """A call and its outcome. ``tally``: of the attempts before it."""

    attempt: Attempt
    outcome: Outcome
    tally: Tally
    expires_at: Instant | None


class Followed(NamedTuple):
    """An outcome, what follows from it, and the event that tells of it where nothing does, as it is kept."""

    attempt: Attempt
    outcome: Outcome
    following: Next
    event: Any


class Conclude:
    """Concludes attempts of one workspace's channels."""

    def __init__(
        self,
        settings: DeliverySettings,
        ports: DeliveryPorts,
        channels: Mapping[str, Channel],
        routes: Mapping[str, Route],
    ) -> None:
        """Join the parts."""
        self._transactional, self._ports, self._channels, self._routes = (
            settings.transactional,
            ports,
            channels,
            routes,
        )

    def foresee(self, calls: Sequence[Called], now: Instant) -> list[Followed]:
        """Return what follows from the outcomes of calls. Needs no transaction, so nobody need wait for it."""
        return [self._followed(*each, now) for each in calls]

    def called(self, tx: Tx, foreseen: Sequence[Followed], now: Instant) -> list[ProposalChange]:
        """Write the outcomes of a set of calls; return the changes of their proposals."""
        ended = self._ports.attempts.finish(tx, {each.attempt.id: each.outcome for each in foreseen}, now)
        followed = [each for each in foreseen if each.attempt.id in ended]
        for each in followed:
            self._told_by_provider(tx, each.attempt, each.outcome, now)
        return self._follow(tx, followed)

    def answered(
        self, tx: Tx, attempt: Attempt, outcome: Outcome, tally: Tally, expires_at: Instant | None, now: Instant
    ) -> list[ProposalChange]:
        """Write what a look-up told of an unknown attempt. ``tally`` counts this attempt as unknown already."""
        asked = msgspec.structs.replace(attempt, looked_up=attempt.looked_up + 1)
        if outcome.kind is OutcomeKind.UNKNOWN:
            if not self._ports.look_ups.plan(tx, attempt.id, None, asked.looked_up):
                return []  # a receipt has told meanwhile
            before = msgspec.structs.replace(tally, unknown=max(tally.unknown - 1, 0))
        elif self._ports.look_ups.answer(tx, attempt.id, outcome):
            before = tally
        else:
            return []
        followed = self._followed(asked, outcome, before, expires_at, now)
        if not isinstance(followed.following, LookUp):
            self._ports.look_ups.plan(tx, attempt.id, None, asked.looked_up)
        return self._follow(tx, [followed])

    def _followed(
        self, attempt: Attempt, outcome: Outcome, tally: Tally, expires_at: Instant | None, now: Instant
    ) -> Followed:
        following = next_attempt(outcome, self._history(attempt, outcome, tally, expires_at), now)
        event = None
        if isinstance(following, GiveUp):
            event = self._ports.outbox.sealed(_event(attempt, outcome, following.why, now))
        return Followed(attempt, outcome, following, event)

    def _history(self, attempt: Attempt, outcome: Outcome, tally: Tally, expires_at: Instant | None) -> History:
        channel = self._channels.get(attempt.channel)
        can = channel.capabilities if channel is not None else _NOTHING
        return History(
            proposal_id=attempt.proposal_id,
            failed=tally.failed + (outcome.kind is OutcomeKind.FAILED),
            unknown=tally.unknown + (outcome.kind is OutcomeKind.UNKNOWN),
            looked_up=attempt.looked_up,
            expires_at=expires_at,
            can_look_up=can.looks_up,
            keeps_ids=can.keeps_ids,
            must_arrive=attempt.purpose in self._transactional,
        )

    def _follow(self, tx: Tx, followed: Sequence[Followed]) -> list[ProposalChange]:
        ports = self._ports
        ports.decisions.delivered(tx, {each.attempt.proposal_id: _became(each) for each in followed})
        changes, events = [], []
        for attempt, outcome, following, event in followed:
            to, at = _STATUS[outcome.kind], None
            match following:
                case TryAgain():
                    to, at = "due", following.at
                case LookUp():
                    ports.look_ups.plan(tx, attempt.id, following.at, attempt.looked_up)
                case GiveUp():
                    events.append(event)
                case _:
                    assert_never(following)
            changes.append(ProposalChange(attempt.proposal_id, to, at))
        ports.outbox.keep(tx, events)
        return changes

    def _told_by_provider(self, tx: Tx, attempt: Attempt, outcome: Outcome, now: Instant) -> None:
        ports = self._ports
        if outcome.suppress:
            reason = outcome.detail or outcome.kind.value
            ports.consent.suppress(tx, attempt.address_hash, reason, now, attempt.channel)
        answered = answer_event(attempt, outcome.answer, now) if outcome.answer is not None else None
        if answered is not None:
            ports.outbox.add(tx, [answered])
        if outcome.opted_out:
            ports.outbox.add(tx, [opt_out_event(attempt, now)])

    def heed(self, tx: Tx, told: Sequence[tuple[str, Outcome]], now: Instant) -> None:
        """Move the breakers by the outcomes of calls (channel, outcome), in their order.

        They are locked only when they move, because most calls end well and change nothing.
        """
        by_provider: dict[str, list[Outcome]] = {}
        for channel, outcome in told:
            by_provider.setdefault(self._routes[channel].provider, []).append(outcome)
        providers = self._ports.providers
        seen = providers.breakers(tx, by_provider, lock=False) if by_provider else {}
        moved = [name for name, outcomes in by_provider.items() if _after_all(seen[name], outcomes, now) != seen[name]]
        if moved:
            locked = providers.breakers(tx, moved, lock=True)
            after_all = {name: _after_all(locked[name], by_provider[name], now) for name in moved}
            providers.keep_breakers(tx, after_all, now)


def _event(attempt: Attempt, outcome: Outcome, why: str, now: Instant) -> dict[str, Any]:
    event = outcome_event(
        attempt,
        outcome.kind.value,
        now,
        detail=outcome.detail,
        suppress=outcome.suppress,
        looked_up=attempt.looked_up,
    )
    if why == "too_late":
        event["properties"]["gave_up"] = why
    return event


def _became(each: Followed) -> tuple[str, str | None]:
    sent = each.attempt.template if each.outcome.kind is OutcomeKind.HANDED_OVER else None
    return each.outcome.kind.value, sent


def _after_all(breaker: Breaker, outcomes: Sequence[Outcome], now: Instant) -> Breaker:
    for outcome in outcomes:
        breaker = after(breaker, outcome, now)
    return breaker
