"""What a walk asks about its person and the world, as functions: conditions, traits, zone, places. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fieldfare.know.audiences.model import Condition


def nobody_there(_what: str, _of: str) -> int:
    """Say that no place is taken."""
    return 0


def first_variant(_experiment: str, weights: Mapping[str, int]) -> str:
    """Say that everybody has the first variant."""
    return next(iter(weights))


class Facts(NamedTuple):
    """What is known at one instant."""

    holds: Callable[[Condition], bool]
    """Says whether a condition holds for the profile as it is known now."""
    trait: Callable[[str], Any]
    """The value of a trait, ``None`` where there is none."""
    zone: str
    """IANA zone of the person."""
    taken: Callable[[str, str], int] = nobody_there
    """How many places of what and of which are reserved now."""
    variant: Callable[[str, Mapping[str, int]], str] = first_variant
    """The person's variant of an experiment with these weights: the one met before, else by the coin."""
