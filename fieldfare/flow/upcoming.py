"""What comes up by itself, for who plays time forward: wake-ups and proposals, and for whom these are."""

from fieldfare.decide.journeys.coming_store import coming_by
from fieldfare.decide.journeys.store import next_proposal_at
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.know.identity.store import standing_ids
from fieldfare.know.profiles.store import next_due_at


class Upcoming:
    """Reads from the state what is due next."""

    def __init__(self, state: State) -> None:
        """Read from this state."""
        self._state = state

    def next(self) -> tuple[Instant | None, Instant | None]:
        """Return the instants of the next wake-up and of the next due proposal."""
        with self._state.read() as connection:
            return next_due_at(connection), next_proposal_at(connection)

    def whose(self, until: Instant) -> set[int]:
        """Return for whom proposals are due by then, by the ids that stand for them."""
        with self._state.read() as connection:
            people = {profile_id for profile_id, _ in coming_by(connection, until)}
            return set(standing_ids(connection, people).values())
