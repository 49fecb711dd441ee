"""What journeys mean to one another for one person: which rest while another runs, who may have the person. Pure.

A journey that is itself halted makes nothing else rest, so two that name each other cannot halt each other for ever.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.model import DONE, HALTED, Enrollment
from fieldfare.ground.instants import Instant


class Suppression(msgspec.Struct, frozen=True):
    """The journey that makes another rest, and until when; ``None``: as long as its walk runs."""

    by: str
    until: Instant | None


def suppression_of(
    journey: Journey, walks: Iterable[Enrollment], journeys: Mapping[str, Journey], now: Instant
) -> Suppression | None:
    """Return what makes the journey rest for the person of these walks, the longest there is."""
    found: Suppression | None = None
    for walk in walks:
        other = journeys.get(walk.journey)
        if other is None or other.suppresses is None or other.name == journey.name:
            continue
        rule = other.suppresses
        if journey.name not in rule.journeys and journey.purpose not in rule.purposes:
            continue
        until = None if rule.for_us is None else walk.entered_at + rule.for_us
        runs = walk.status not in DONE | HALTED if until is None else until > now
        if runs and (found is None or until is None or (found.until is not None and until > found.until)):
            found = Suppression(other.name, until)
    return found


def owner_of(journey: Journey, walks: Sequence[Enrollment], journeys: Mapping[str, Journey]) -> tuple[str, ...] | None:
    """Return the walks that give way to the journey, ``None`` when one of them has the person and keeps them.

    Of an exclusive group the higher priority wins; of two with the same the one that was there first.
    """
    if journey.exclusive is None:
        return ()
    gives_way = []
    for walk in walks:
        other = journeys.get(walk.journey)
        if walk.status in DONE or other is None or other.name == journey.name or other.exclusive != journey.exclusive:
            continue
        if other.priority >= journey.priority:
            return None
        gives_way.append(walk.id)
    return tuple(gives_way)
