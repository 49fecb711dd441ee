"""What is due outside of a batch while it runs: a proposal, an event of our own. For the simulated clock. Pure.

Whatever happens to somebody after the instant of something that is due must wait until that was done; what happens at
that very instant comes before it, as between any two calls. Together, nobody goes on then and the batch ends. Where
people live apart (:func:`fieldfare.flow.rehearsal.groups.go_apart`) nothing that is done for one of them changes what
another one gets: the others go on, and each still meets what happens to him in the order of time. What waits holds back
all that names the same people or identifiers after it.
"""

from collections.abc import Iterable, Mapping

from fieldfare.ground.instants import Instant

Named = int | bytes
"""A profile id or the hash of an identifier."""


class Dues:
    """From when on people must wait."""

    def __init__(self, stored: Iterable[tuple[int, Instant]] = (), *, apart: bool = False) -> None:
        """Begin with what is stored: profile and instant. ``apart``: nobody waits for what is due for others."""
        self._apart = apart
        self._first: Instant | None = None
        self._until: dict[Named, Instant] = {}
        self._unapplied: dict[Named, Instant] = {}
        for profile_id, at in stored:
            self.note(profile_id, at)

    @property
    def unapplied(self) -> Mapping[Named, Instant]:
        """Return whom events that are not applied yet concern, and from when on: our own ones, and those that wait."""
        return self._unapplied

    def note(self, named: Named, at: Instant) -> None:
        """Remember that something is due for a person."""
        if self._first is None or at < self._first:
            self._first = at
        self._until[named] = min(at, self._until.get(named, at))

    def note_event(self, named: Named, at: Instant) -> None:
        """Remember that an event of somebody, not applied yet, happens at the instant."""
        self.note(named, at)
        self._unapplied[named] = min(at, self._unapplied.get(named, at))

    def unite(self, one: Named, other: Named) -> None:
        """Let two profiles that are one person now wait for what is due for either."""
        for kept in (self._until, self._unapplied):
            found = [kept[each] for each in (one, other) if each in kept]
            if found:
                kept[one] = kept[other] = min(found)

    def hold(self, whom: Iterable[Named], at: Instant) -> None:
        """Hold back what happens to these at the instant, and whatever happens to them later."""
        for each in whom:
            self.note_event(each, at - 1)  # what comes after it at the same instant waits too

    def must_wait(self, whom: Iterable[Named], at: Instant) -> bool:
        """Return whether what happens at the instant to these must wait."""
        if self._first is None or at <= self._first:
            return False
        return not self._apart or any(self._until.get(each, at) < at for each in whom)
