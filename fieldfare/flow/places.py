"""Places that walks reserve, at hand in one transaction: read when first asked for, changed in memory, written once.

Whoever steps walks has the write transaction to himself, so of the last place two walks cannot both have it. What is
over counts as free, whether its row is still there or not. No rule is here.
"""

from typing import Any

from sqlalchemy import Connection

from fieldfare.decide.journeys.reservation_store import keep_reservations, reservations_of
from fieldfare.ground.instants import Instant


class Places:
    """Who keeps places of what and of which."""

    def __init__(self, connection: Connection) -> None:
        """Read through ``connection`` as long as its transaction lasts."""
        self._connection = connection
        self._kept: dict[tuple[str, str], dict[str, Instant]] = {}
        self._rows: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._gone: set[tuple[str, str, str]] = set()

    def through(self, connection: Connection) -> "Places":
        """Return self, with what was changed, to read on in the transaction that writes it."""
        self._connection = connection
        return self

    def taken(self, what: str, of: str, now: Instant) -> int:
        """Return how many places are taken."""
        return sum(until > now for until in self._of(what, of).values())

    def take(self, what: str, of: str, walk: str, profile_id: int, until: Instant) -> None:
        """Keep a place for a walk."""
        self._of(what, of)[walk] = until
        row = {"what": what, "of": of, "enrollment_id": walk, "profile_id": profile_id, "until": until}
        self._rows[what, of, walk] = row
        self._gone.discard((what, of, walk))

    def give(self, what: str, of: str, walk: str) -> None:
        """Give a walk's place back."""
        self._of(what, of).pop(walk, None)
        self._rows.pop((what, of, walk), None)
        self._gone.add((what, of, walk))

    def save(self, connection: Connection) -> None:
        """Write what changed."""
        keep_reservations(connection, list(self._rows.values()), self._gone)

    def _of(self, what: str, of: str) -> dict[str, Instant]:
        if (what, of) not in self._kept:
            self._kept[what, of] = reservations_of(self._connection, what, of)
        return self._kept[what, of]
