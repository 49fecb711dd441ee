"""Who was erased, as the pipeline asks it: which events of a batch claim an erased identifier and came before the end.

An event counts as before the erasure when it lies at or before the tombstone's offset and was accepted by its instant:
a log that was restored gives old offsets to new events, and they are no more before it. Once the pipeline has passed
every tombstone's offset, this costs two comparisons a batch.
"""

from collections.abc import Callable, Sequence

from fieldfare.collect.model import Event, Place
from fieldfare.ground.log.ports import URGENT
from fieldfare.know.identity.model import Claim
from fieldfare.trust.keys.model import Tombstone
from fieldfare.trust.keys.ports import Tombstones


def is_before(event: Event, stone: Tombstone) -> bool:
    """Return whether the event came before the erasure."""
    through = stone.through_urgent if event.place.partition == URGENT else stone.through
    return event.place.offset <= through and event.received_at <= stone.at


class Buried:
    """The tombstones of one installation, asked by batch."""

    def __init__(self, stones: Tombstones) -> None:
        """Read how far the tombstones reach."""
        self._stones = stones
        self.reload()

    def reload(self) -> None:
        """Read again how far the tombstones reach: one was added."""
        stones = self._stones.since(0)
        self._through = max((stone.through for stone in stones), default=0)
        self._through_urgent = max((stone.through_urgent for stone in stones), default=0)

    def among(self, events: Sequence[Event], claims_of: Callable[[Event], Sequence[Claim]]) -> set[Place]:
        """Return the places of the events that claim an erased identifier and came before its erasure."""
        early = [event for event in events if self._reaches(event.place)]
        if not early:
            return set()
        claimed = {event.place: [claim.hash for claim in claims_of(event)] for event in early}
        stones = self._stones.buried({each for hashes in claimed.values() for each in hashes})
        return {
            event.place
            for event in early
            if any(is_before(event, stones[each]) for each in claimed[event.place] if each in stones)
        }

    def _reaches(self, place: Place) -> bool:
        return place.offset <= (self._through_urgent if place.partition == URGENT else self._through)
