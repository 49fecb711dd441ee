"""What a walk asks about its person and the world, as functions: conditions, traits, zone, places. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fieldfare.decide.journeys.definition import Entry
from fieldfare.know.audiences.model import Condition
from fieldfare.network.calendars.by_phase import resolve
from fieldfare.network.calendars.model import Season


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
    phases: frozenset[str] = frozenset()
    """Season phases in force at the person's place."""
    seasons: Sequence[Season] = ()
    """Whose priorities decide where several phases have a word."""


def is_open(entry: Entry, facts: Facts) -> bool:
    """Return whether anybody may enter now, in the season phases at the person's place."""
    return resolve(entry.is_open, entry.open_by_phase, facts.phases, facts.seasons)
