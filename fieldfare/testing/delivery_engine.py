"""Public fakes of what delivery stores of itself: look-ups, breakers and buckets, broadcasts; over one small world.

Part of :mod:`fieldfare.testing.delivery`, whose world they read and write.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.act.delivery.breaker import Breaker
from fieldfare.act.delivery.fates import fate_of
from fieldfare.act.delivery.follow import Ended
from fieldfare.act.delivery.limits import Bucket
from fieldfare.act.delivery.model import HANDING_OVER, Attempt, Outcome, OutcomeKind
from fieldfare.act.delivery.way_ports import Answered
from fieldfare.decide.journeys.model import CHOOSING, DUE, ENDED, Proposal
from fieldfare.ground.instants import Instant


class _OfWorld:
    def __init__(self, world: Any) -> None:
        self._world = world

    @property
    def _rows(self) -> Any:
        return self._world.rows


def with_outcome(attempt: Attempt, outcome: Outcome) -> Attempt:
    """Return the attempt with its outcome."""
    counting = outcome.kind in {OutcomeKind.HANDED_OVER, OutcomeKind.UNKNOWN}
    return msgspec.structs.replace(
        attempt,
        outcome=outcome.kind.value,
        provider_id=outcome.provider_id,
        detail=outcome.detail,
        counts_toward_caps=attempt.counts_toward_caps and counting,
    )


class FakeLookUps(_OfWorld):
    """``LookUps`` in memory."""

    def plan(self, tx: object, attempt_id: str, at: Instant | None, looked_up: int) -> bool:
        """Say when the provider is asked next."""
        found = self._rows.attempts[attempt_id]
        if found.outcome != OutcomeKind.UNKNOWN.value:
            return False
        self._rows.attempts[attempt_id] = msgspec.structs.replace(found, look_up_at=at, looked_up=looked_up)
        return True

    def due(self, tx: object, now: Instant, most: int) -> list[Attempt]:
        """Return whose provider is to be asked."""
        rows = self._rows.attempts.values()
        return [each for each in rows if each.look_up_at is not None and each.look_up_at <= now][:most]

    def others(self, tx: object, attempt: Attempt) -> frozenset[str]:
        """Return the provider's ids of other attempts to the same address."""
        same = attempt.address_hash, attempt.channel
        return frozenset(
            each.provider_id
            for each in self._rows.attempts.values()
            if (each.address_hash, each.channel) == same and each.id != attempt.id and each.provider_id is not None
        )

    def answer(self, tx: object, attempt_id: str, outcome: Outcome) -> bool:
        """Write what is known now, once."""
        found = self._rows.attempts[attempt_id]
        if found.outcome != OutcomeKind.UNKNOWN.value:
            return False
        self._rows.attempts[attempt_id] = msgspec.structs.replace(with_outcome(found, outcome), look_up_at=None)
        return True


class FakeProviders(_OfWorld):
    """``Providers`` in memory."""

    def breakers(self, tx: object, names: Collection[str], *, lock: bool) -> dict[str, Breaker]:
        """Return breakers; one never written is closed."""
        return {name: self._rows.breakers.get(name, Breaker()) for name in names}

    def keep_breakers(self, tx: object, breakers: Mapping[str, Breaker], now: Instant) -> None:
        """Write breakers."""
        self._rows.breakers.update(breakers)

    def buckets(self, tx: object, keys: Collection[str]) -> dict[str, Bucket]:
        """Return the buckets that were written."""
        return {key: self._rows.buckets[key] for key in keys if key in self._rows.buckets}

    def keep_buckets(self, tx: object, buckets: Mapping[str, Bucket]) -> None:
        """Write buckets."""
        self._rows.buckets.update(buckets)


class FakeWays(_OfWorld):
    """``Ways`` in memory."""

    def is_any(self, tx: object, now: Instant) -> bool:
        """Return whether anything is to be chosen or followed."""
        return bool(self.to_choose(tx, now, 1) or self._to_follow(now))

    def to_choose(self, tx: object, now: Instant, most: int) -> list[Proposal]:
        """Return what is to be chosen."""
        rows = self._rows.proposals.values()
        return [each for each, status, due_at in rows if status == CHOOSING and due_at <= now][:most]

    def write_chosen(self, tx: object, chosen: Sequence[Proposal]) -> None:
        """Write what was chosen, once."""
        for each in chosen:
            if self._rows.proposals[each.id][1] == CHOOSING:
                self._rows.proposals[each.id] = each, CHOOSING if each.must_be_chosen else DUE, each.due_at

    def to_follow(self, tx: object, now: Instant, most: int) -> list[Ended]:
        """Return what ended."""
        return [self._ended(each) for each in self._to_follow(now)[:most]]

    def write_looked(self, tx: object, looked: Sequence[tuple[str, Instant | None]]) -> None:
        """Write when messages are looked at again."""
        for each, at in looked:
            self._rows.follow.pop(each)
            if at is not None:
                self._rows.follow[each] = at

    def write_followers(self, tx: object, pairs: Sequence[tuple[Proposal, Proposal]]) -> None:
        """Write followers, by the unique key of messages."""
        rows = self._rows.proposals
        for before, follower in pairs:
            key = follower.enrollment_id, follower.step, follower.visit, follower.channel
            _, status, due_at = rows[before.id]
            rows[before.id] = msgspec.structs.replace(before, followed_by=follower.id), status, due_at
            self._rows.follow.pop(before.id)
            if all(key != (each.enrollment_id, each.step, each.visit, each.channel) for each, _, _ in rows.values()):
                self._world.propose(follower)

    def _to_follow(self, now: Instant) -> list[str]:
        rows, follow = self._rows.proposals, self._rows.follow
        return sorted(each for each, at in follow.items() if at <= now and rows[each][1] in ENDED)

    def _ended(self, proposal_id: str) -> Ended:
        wish, status, _ = self._rows.proposals[proposal_id]
        reasons = [row["reasons"] for row in self._rows.decisions if row["proposal_id"] == proposal_id]
        tried = [each for each in self._rows.attempts.values() if each.proposal_id == proposal_id]
        calls = [each.call_started_at for each in tried]
        return Ended(
            proposal=wish,
            status=status,
            reasons=frozenset(msgspec.json.decode(reasons[-1])) if reasons else frozenset(),
            handed_at=max((at for at in calls if at is not None), default=None),
            fate=fate_of(self._world.reports.get(proposal_id, [])),
            may_have_arrived=any(each.outcome == OutcomeKind.UNKNOWN.value for each in tried),
        )


class FakeAnswers(_OfWorld):
    """``Answers`` in memory."""

    def of_people(self, tx: object, profile_ids: Sequence[int], since: Instant) -> dict[int, list[Answered]]:
        """Return what the world says."""
        return {each: self._world.answers[each] for each in profile_ids if each in self._world.answers}

    def of_places(self, tx: object, since: Instant) -> dict[str | None, dict[Instant, int]]:
        """Return what the world says."""
        found: dict[str | None, dict[Instant, int]] = self._world.habits
        return found


class FakeBroadcasts(_OfWorld):
    """``Broadcasts`` in memory."""

    def running(self, tx: object, broadcasts: Collection[str]) -> dict[str, int | None]:
        """Return which run, and how fast."""
        return {name: most for name, most in self._world.running.items() if name in broadcasts}

    def reached(
        self, tx: object, broadcasts: Collection[str], hashes: Collection[bytes]
    ) -> set[tuple[str, bytes, str]]:
        """Return who has what."""
        taken = {OutcomeKind.HANDED_OVER.value, OutcomeKind.UNKNOWN.value, HANDING_OVER}
        return {
            (each.broadcast, each.address_hash, self._rows.proposals[each.proposal_id][0].enrollment_id)
            for each in self._rows.attempts.values()
            if each.broadcast is not None
            and each.broadcast in broadcasts
            and each.address_hash in hashes
            and each.outcome in taken
        }

    def reopen(self, tx: object, broadcasts: Collection[str]) -> set[str]:
        """Let those that are done run on."""
        on: set[str] = self._world.done & set(broadcasts)
        self._world.done -= on
        self._world.running |= dict.fromkeys(on)
        return on

    def cancelled(self, tx: object, broadcasts: Collection[str]) -> set[str]:
        """Return which were cancelled."""
        found: set[str] = self._world.cancelled & set(broadcasts)
        return found
