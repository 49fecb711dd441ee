"""Who was erased, as the pipeline asks it: which events of a batch claim an erased identifier and came before the end.

An event counts as before the erasure when it lies at or before the tombstone's offset and was accepted by its instant:
a log that was restored gives old offsets to new events, and they are no more before it. Once the pipeline has passed
every tombstone's offset, this costs two comparisons a batch.

Another process may erase people of the same database. It raises the ring's epoch with each tombstone, and holds every
pipeline back until it is done (:func:`fieldfare.ground.store.held`); so a pipeline that reads the epoch inside its
transaction, here, knows of every erasure before it applies anything more: one small read a batch.
"""

from collections.abc import Callable, Sequence

from fieldfare.collect.model import Event, Place
from fieldfare.ground.log.ports import URGENT
from fieldfare.trust.keys.model import Tombstone
from fieldfare.trust.keys.seal import Keys


def is_before(event: Event, stone: Tombstone) -> bool:
    """Return whether the event came before the erasure."""
    through = stone.through_urgent if event.place.partition == URGENT else stone.through
    return event.place.offset <= through and event.received_at <= stone.at


class Buried:
    """The tombstones of one installation, asked by batch."""

    def __init__(self, keys: Keys, forget: Callable[[], None]) -> None:
        """Read how far the tombstones reach; ``forget`` is called when rows may have been removed by somebody else."""
        self._keys, self._forget = keys, forget
        self._epoch = keys.heed()
        self._read()

    def heed(self) -> None:
        """Learn of the erasures since the last look, whoever did them."""
        epoch = self._keys.heed()
        if epoch != self._epoch:
            self._forget()
            self._read()
            self._epoch = epoch

    def among(self, events: Sequence[Event], hashes_of: Callable[[Event], list[bytes]]) -> set[Place]:
        """Return the places of the events that name an erased identifier and came before its erasure."""
        self.heed()
        early = [event for event in events if self._reaches(event.place)]
        if not early:
            return set()
        claimed = {event.place: hashes_of(event) for event in early}
        stones = self._keys.ring.buried({each for hashes in claimed.values() for each in hashes})
        return {
            event.place
            for event in early
            if any(is_before(event, stones[each]) for each in claimed[event.place] if each in stones)
        }

    def _read(self) -> None:
        stones = self._keys.ring.since(0)
        self._through = max((stone.through for stone in stones), default=0)
        self._through_urgent = max((stone.through_urgent for stone in stones), default=0)

    def _reaches(self, place: Place) -> bool:
        return place.offset <= (self._through_urgent if place.partition == URGENT else self._through)
