"""A review queue in memory, as far as suggestions go."""

from collections.abc import Sequence

from fieldfare.ground.instants import Instant
from fieldfare.know.identity.match.model import Suggestion


class MemorySuggestions:
    """``Suggestions`` in memory. ``answer`` is what a reviewer does."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.waiting: dict[bytes, Suggestion] = {}
        self.answered: dict[tuple[int, int], str] = {}

    def decided(self) -> frozenset[tuple[int, int]]:
        """Return the pairs that were answered."""
        return frozenset(self.answered)

    def put(self, found: Sequence[Suggestion], now: Instant) -> int:
        """Keep what is not answered; let go of what is not found any more; return how many are new."""
        kept = {each.id: each for each in found if (each.a, each.b) not in self.answered}
        new = len(kept.keys() - self.waiting.keys())
        self.waiting = kept
        return new

    def answer(self, a: int, b: int, answer: str) -> None:
        """Answer a question."""
        self.answered[min(a, b), max(a, b)] = answer
        self.waiting = {id_: each for id_, each in self.waiting.items() if (each.a, each.b) != (min(a, b), max(a, b))}
