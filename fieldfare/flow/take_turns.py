"""How urgent and normal records share the one that applies them: urgent ones overtake, and starve nobody.

A turn applies a batch of urgent records, then a batch of normal ones. Where every sign-up brings a consent, urgent
records wait at nearly every turn, and who drained them first would apply nothing else. While they come, the batch of
normal records is a short one, so that a withdrawal waits for no more than that, and a long line of urgent records still
gets four fifths of the time. Knows nothing of what a record does.
"""

from typing import NamedTuple, Protocol

from fieldfare.ground.log.ports import NORMAL, URGENT

ALONE = 1_000
"""Events of normal records in a turn that no urgent record shares: what a withdrawal may find begun."""
SHARED = 500
"""Events of normal records in a turn after urgent ones."""


class Applies(Protocol):
    """The pipeline as a turn sees it."""

    @property
    def assembles(self) -> bool:
        """Return whether events make people known; where they do not, a batch costs little."""
        ...

    def apply(self, partition: int, most: int = ...) -> int:
        """Apply the next records of a partition, no more once they hold ``most`` events; return how many."""
        ...


class Turn(NamedTuple):
    """How many records of each kind were applied."""

    urgent: int
    normal: int


def take_turn(pipeline: Applies) -> Turn:
    """Apply the next urgent records, then the next normal ones."""
    urgent = pipeline.apply(URGENT)
    if urgent:
        return Turn(urgent, pipeline.apply(NORMAL, SHARED))
    return Turn(0, pipeline.apply(NORMAL, ALONE) if pipeline.assembles else pipeline.apply(NORMAL))


def drain_urgent(pipeline: Applies) -> int:
    """Apply all urgent records there are; return how many."""
    total = 0
    while done := pipeline.apply(URGENT):
        total += done
    return total
