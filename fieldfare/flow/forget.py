"""When the message ids of a day are let go: once a day, by what waits, and never by a clock that stands wrong.

The window of remembered days ends at the oldest record that waits, so a backlog is told apart as if it had been applied
in time. It never ends after the worker's own day, and where a day follows none of the last :data:`NEAR` days, nothing
is dropped before the next one: the door's clock may have jumped, and what it drops is dropped for good. A table that
somebody reads, as a backup does for hours, is left alone and tried again later; applying goes on meanwhile.
"""

from collections.abc import Callable

import structlog

from fieldfare.collect.seen import SeenIds
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY, MINUTE, Day, Instant
from fieldfare.ground.store import State

NEAR = 7
AGAIN_AFTER = 15 * MINUTE
_log = structlog.get_logger()


class Forgetting:
    """Drops what is no longer remembered, in transactions of its own."""

    def __init__(self, state: State, seen: SeenIds, clock: Clock) -> None:
        """Take where the ids are and the worker's own clock."""
        self._state, self._seen, self._clock = state, seen, clock
        self._today: Day = 0
        self._not_before: Instant = 0

    def run(self, received_at: Instant, settled_until: Callable[[Instant], Instant]) -> None:
        """Forget before a record that was accepted at an instant is applied; ``settled_until`` as the pipeline's."""
        now = self._clock.now()
        last = min(received_at, now)
        if last // DAY <= self._today or now < self._not_before:
            return
        today = settled_until(last) // DAY
        with self._state.read() as connection:
            expired = self._seen.expired(connection, today, NEAR)
        if expired and not self._drop(expired):
            self._not_before = now + AGAIN_AFTER
            return
        self._today = today

    def _drop(self, days: list[Day]) -> bool:
        """Drop the tables of days; return whether they are gone."""
        has_dropped = False
        try:
            with self._state.write() as connection:
                self._seen.drop(connection, days)
                has_dropped = True
        except BaseException as error:
            if has_dropped:  # whether the commit came through is not known
                self._seen.reset()
            if not isinstance(error, TransientError):
                raise
            _log.info("message_ids_kept_longer", days=len(days), reason=error.code)
            return False
        return True
