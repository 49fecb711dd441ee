"""How long profiles will take to be brought to a version: from counts, and from how long it took before. Pure.

Without an earlier run on this machine that was long enough to tell, rates are assumed, and the estimate says so.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.ground.instants import SECOND
from fieldfare.know.profiles.model import Measure, Reach

PROFILES_PER_S = 1_500
"""Assumed: profiles that are evaluated anew in a second. No benchmark says so: a first run here tells better."""
EVENTS_PER_S = 12_000
"""Assumed: events that are read, opened and folded into measures in a second."""
_FEWEST = 1_000
"""An earlier run over fewer profiles tells nothing."""


class Run(msgspec.Struct, frozen=True):
    """An earlier run over all profiles: how many, and how long it took."""

    profiles: int
    us: int


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """A measure that is filled from events."""

    key: str
    event: str
    of: str | None
    days: int
    """Longest window of days that it is kept for; 0 when only totals are."""
    is_new: bool
    """Whether nothing of it is there yet; else it is kept for longer."""
    events: int
    """Events of that name there are."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What bringing profiles to a version comes to."""

    profiles: int
    events: int
    seconds: int
    is_measured: bool
    """Whether the rate was measured here, by an earlier run; else it is assumed."""


def lacking(
    lacks: Mapping[str, Reach], nothing: Reach, measures: Mapping[str, Measure], events: Mapping[str, int]
) -> list[Lacking]:
    """Return the measures that documents lack, by event and key; ``nothing`` is the reach of what is new."""
    found = [
        Lacking(
            key=key,
            event=measures[key].event,
            of=measures[key].of,
            days=measures[key].horizon_days or 0,
            is_new=reach == nothing,
            events=events.get(measures[key].event, 0),
        )
        for key, reach in lacks.items()
    ]
    return sorted(found, key=lambda each: (each.event, each.key))


def estimate(
    profiles: int, filled: Sequence[Lacking], all_events: int, earlier: Run | None, *, refold: bool
) -> Estimate:
    """Return how long it will take; a refold reads ``all_events``."""
    events = all_events if refold else sum({each.event: each.events for each in filled}.values())
    seconds = profiles / PROFILES_PER_S + events / EVENTS_PER_S
    is_measured = earlier is not None and earlier.profiles >= _FEWEST and earlier.us > 0
    if is_measured and earlier is not None and not refold:
        seconds = profiles * earlier.us / earlier.profiles / SECOND
    return Estimate(profiles=profiles, events=events, seconds=round(seconds), is_measured=is_measured and not refold)
