"""Public fakes of what delivery stores of itself: look-ups, breakers and buckets, broadcasts; over one small world.

Part of :mod:`fieldfare.testing.delivery`, whose world they read and write.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from fieldfare.act.delivery.breaker import Breaker
from fieldfare.act.delivery.limits import Bucket
from fieldfare.act.delivery.model import HANDING_OVER, Attempt, Outcome, OutcomeKind
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

    def plan(self, tx: object, attempt_id: str, at: Instant | None, looked_up: int) -> None:
        """Say when the provider is asked next."""
        found = self._rows.attempts[attempt_id]
        self._rows.attempts[attempt_id] = msgspec.structs.replace(found, look_up_at=at, looked_up=looked_up)

    def due(self, tx: object, now: Instant, most: int) -> list[Attempt]:
        """Return whose provider is to be asked."""
        rows = self._rows.attempts.values()
        return [each for each in rows if each.look_up_at is not None and each.look_up_at <= now][:most]

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
            (each.broadcast, each.address_hash, each.proposal_id)
            for each in self._rows.attempts.values()
            if each.broadcast is not None
            and each.broadcast in broadcasts
            and each.address_hash in hashes
            and each.outcome in taken
        }
