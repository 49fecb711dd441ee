"""Wake-ups that a batch runs itself, between events, in the order of time. For the simulated clock.

Live, a worker runs the wake-ups that are due in transactions of their own; a simulation takes those that lie between
its events into the batch of the events. Each runs at its own instant either way, before an event of that instant.
"""

import heapq
from collections.abc import Collection, Mapping
from typing import Protocol, TypeVar

from fieldfare.ground.instants import Instant


class Wakes(Protocol):
    """A person of a batch."""

    profile_id: int
    next_at: Instant | None


W = TypeVar("W", bound=Wakes)


class Waking:
    """The wake-ups that lie ahead, the next one first."""

    def __init__(self, stored: list[tuple[Instant, int]]) -> None:
        """Begin with what is stored: instant and profile, the earliest first."""
        self._ahead = stored

    def note(self, work: Wakes) -> None:
        """Remember when a person is to be woken next."""
        if work.next_at is not None:
            heapq.heappush(self._ahead, (work.next_at, work.profile_id))

    def next(self, works: Mapping[int, W], gone: Collection[int], until: Instant) -> tuple[Instant, W] | None:
        """Take the next wake-up that is due by ``until`` and still stands."""
        while self._ahead and self._ahead[0][0] <= until:
            at, profile_id = heapq.heappop(self._ahead)
            work = works.get(profile_id)
            if work is not None and profile_id not in gone and work.next_at == at:
                return at, work
        return None
