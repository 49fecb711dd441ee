"""What matching needs, and what it is to others. Protocols only."""

from collections.abc import Sequence
from typing import Protocol

from fieldfare.ground.instants import Instant
from fieldfare.know.identity.match.model import Model, Pair, Record, Suggestion


class Matcher(Protocol):
    """Finds pairs of records that may be one person. Implementations: exact (default), Splink."""

    def train(self, records: Sequence[Record]) -> Model:
        """Return a model for these records, learnt from them alone where there is something to learn."""
        ...

    def score(self, records: Sequence[Record], model: Model) -> list[Pair]:
        """Return the pairs that may be one person, by a model of this matcher. The order of pairs says nothing."""
        ...


class Suggestions(Protocol):
    """The review queue, as far as suggestions go there."""

    def decided(self) -> frozenset[tuple[int, int]]:
        """Return the pairs of profiles, smaller first, about which a person has said something or a *never* stands."""
        ...

    def put(self, found: Sequence[Suggestion], now: Instant) -> int:
        """Ask these questions; return how many are new.

        One that waits already takes the new confidence and explanation. One that waits and is not among ``found`` is
        withdrawn: the model does not stand by it any more. One that was answered stays answered.
        """
        ...
