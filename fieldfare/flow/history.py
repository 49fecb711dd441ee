"""The past of people, for the pipeline: every event that was applied, out of the lake. Reads; writes only the lake.

What was applied is in the lake once the loader has caught up, so the lake alone is asked. Events whose key is destroyed
belong to people who were erased and are left out.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.know.identity import store as identity_store


class LakeHistory:
    """``History`` (see :mod:`fieldfare.flow.regroup`) over a lake."""

    def __init__(self, loader: LakeLoader, events: LakeEvents) -> None:
        """Read what the loader has loaded."""
        self._loader, self._events = loader, events

    def catch_up(self) -> None:
        """Load everything that was applied by now."""
        self._loader.catch_up()

    def events(self, connection: Connection, profile_ids: Iterable[int]) -> list[tuple[int, Event]]:
        """Return the events of the people with these profile ids, each with the id it was applied under."""
        families = identity_store.families(connection, profile_ids)
        rows = self._events.rows_of({member for family in families.values() for member in family})
        sealers = self._events.sealers(rows)
        found: list[tuple[int, Event]] = []
        for row in rows:
            event = self._events.event(row, sealers)
            if event is not None:
                event.lead = row["external_id_hash"]
                found.append((row["profile_id"], event))
        return found
