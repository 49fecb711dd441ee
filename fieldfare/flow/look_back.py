"""A profile as it was at an instant: folded again from the lake's events that were accepted by then. Writes nothing.

Exact to the microsecond, at the price of reading the person's events. Who was one person is judged as of now: the
events of all profiles that are one today count. What no event tells (identifiers, how sure identity is, consent) is
left out, and of households nothing is said.
"""

from collections.abc import Collection

from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.person import People
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.profiles.model import Document
from fieldfare.trust.keys.seal import Keys


class LookBack:
    """Folds one person as of an instant."""

    def __init__(self, lake: Lake, keys: Keys, people: People) -> None:
        """Fold with the definitions inside ``people``."""
        self._people, self._events = people, LakeEvents(lake, keys)

    def document(self, family: Collection[int], at: Instant) -> Document:
        """Return the document as of ``at``; what was accepted at that very instant is left out.

        One that never was by then has no ``first_seen_at``.
        """
        rows = [row for row in self._events.rows_of(family) if row["received_at"] < at]
        sealers = self._events.sealers(rows)
        batch, work = Batch({}, at), Work(min(family), Document(household_known=False), None)
        for row in rows:
            event = self._events.event(row, sealers)
            if event is not None:
                self._people.refold(work, event)
        self._people.reconsider(batch, work, at, "look back")
        return work.document
