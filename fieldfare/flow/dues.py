"""What falls due by itself while a batch runs: a proposal, an event of our own. For the simulated clock. Pure.

Whatever happens to somebody at that instant or later must wait until it was done, so the batch ends there. Where people
live apart (:func:`fieldfare.flow.rehearsal.groups.are_apart`) nothing that is done for one of them changes what another
one gets: the others go on, and each still meets what happens to him in the order of time.
"""

from collections.abc import Callable, Iterable

from fieldfare.ground.instants import Instant


class Dues:
    """From when on people must wait."""

    def __init__(self, stored: Iterable[tuple[int, Instant]] = (), *, apart: bool = False) -> None:
        """Begin with what is stored: profile and instant. ``apart``: nobody waits for what is due for others."""
        self._apart = apart
        self._first: Instant | None = None
        self._of_profile: dict[int, Instant] = {}
        for profile_id, at in stored:
            self.note(profile_id, at)

    def note(self, profile_id: int, at: Instant) -> None:
        """Remember that something is due for a person."""
        if self._first is None or at < self._first:
            self._first = at
        self._of_profile[profile_id] = min(at, self._of_profile.get(profile_id, at))

    def must_wait(self, whom: Callable[[], Iterable[int]], at: Instant) -> bool:
        """Return whether what happens at the instant to these people must wait."""
        if self._first is None or at < self._first:
            return False
        return not self._apart or any(self._of_profile.get(each, at + 1) <= at for each in whom())
