"""Which audiences a journey's own event will turn later, and how many journeys started one another up to it. Pure.

An event of a journey may turn an audience at once, or at a wake-up: at the boundary of a relaxed one, or when a window
slides. What joins then is told with the same count as what joins at once, so a ring of journeys ends there too. Who
comes back after half a day or more, by time alone, comes by a rhythm (a tip every day), which no bound may end.
"""

from collections.abc import Callable, Mapping

from fieldfare.ground.instants import HOUR, Instant

RHYTHM = 12 * HOUR
"""A wake-up so far ahead is a rhythm, unless the event has turned the condition already."""
Wakes = Mapping[str, Instant]


def carried(
    kept: Mapping[str, int],
    before: Wakes,
    after: Wakes,
    counts: Mapping[str, int],
    now: Instant,
    has_turned: Callable[[str], bool],
) -> dict[str, int]:
    """Return, by audience, the count that goes with its next wake-up, after something happened.

    ``kept``: as it was. ``before`` and ``after``: the wake-ups. ``counts``: by what can have been turned the count of
    what happened; what comes from outside has none. ``has_turned``: whether the audience's condition does not agree
    with the membership any more, which then follows at the wake-up. A wake-up that stays keeps the larger count:
    something else had set it before.
    """
    found: dict[str, int] = {}
    for name, at in after.items():
        held = kept.get(name, 0) if at == before.get(name) else 0
        hops = counts.get(name, 0)
        if hops > held and (at - now < RHYTHM or has_turned(name)):
            held = hops
        if held:
            found[name] = held
    return found


def due(kept: Mapping[str, int], wakes: Wakes, now: Instant) -> dict[str, int]:
    """Return the counts of the wake-ups that are due by now; one that comes from outside has none."""
    return {name: hops for name, hops in kept.items() if (at := wakes.get(name)) is not None and at <= now}
