"""What a window holds now, and when that changes by time alone. Pure arithmetic on flat sorted lists; the hot path.

A list holds positions (days or instants) with weights. A position enters a window at ``position + near`` and leaves it
at ``position + far``; ``within`` has no near end, so everything younger than ``far`` is in. All answers are tight: the
next change returned is the first moment at which the truth really differs, so that nobody is woken for nothing.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache

from fieldfare.ground.instants import Day, Instant, day_start

Holds = Callable[[int], bool]


def reaches(flat: list[int], step: int, weight: int, far: int, at: int, least: int) -> tuple[bool, int | None]:
    """Return whether the trailing count is at least ``least`` (>= 1), and the position in time when it no longer is.

    ``weight`` is the weight's place beside the position; 0 counts every entry once. Weights are not negative.
    """
    edge = at - far
    total = 0
    place = len(flat) - step
    while place >= 0 and flat[place] > edge:
        total += flat[place + weight] if weight else 1
        if total >= least:
            return True, flat[place] + far
        place -= step
    return False, None


def trailing(flat: list[int], step: int, weight: int, far: int, at: int, holds: Holds) -> tuple[bool, int | None]:
    """Return the truth of ``holds(total)`` over everything younger than ``far``, and when it changes."""
    edge = at - far
    total = 0
    place = len(flat) - step
    while place >= 0 and flat[place] > edge:
        total += flat[place + weight] if weight else 1
        place -= step
    truth = holds(total)
    place += step
    end = len(flat)
    while place < end:
        position = flat[place]
        while place < end and flat[place] == position:
            total -= flat[place + weight] if weight else 1
            place += step
        if holds(total) is not truth:
            return truth, position + far
    return truth, None


def stretch(
    flat: list[int], step: int, weight: int, far: int, near: int, at: int, holds: Holds
) -> tuple[bool, int | None]:
    """Return the truth of ``holds(total)`` over what entered at ``near`` and is not past ``far``, and its change."""
    end = len(flat)
    positions = flat[::step]
    first = bisect_right(positions, at - far)
    last = bisect_right(positions, at - near, first)
    leaving, entering = first * step, last * step
    total = sum(flat[leaving + weight : entering : step]) if weight else last - first
    truth = holds(total)
    if leaving == end:
        return truth, None
    while leaving < end:
        moment = flat[leaving] + far
        if entering < end:
            moment = min(moment, flat[entering] + near)
        while entering < end and flat[entering] + near == moment:
            total += flat[entering + weight] if weight else 1
            entering += step
        while leaving < end and flat[leaving] + far == moment:
            total -= flat[leaving + weight] if weight else 1
            leaving += step
        if holds(total) is not truth:
            return truth, moment
    return truth, None


def bridged(flat: list[int], step: int, far: int, near: int, at: int) -> tuple[bool, int | None]:
    """Return whether anything entered at ``near`` and is not past ``far``, and when that changes.

    While the next one enters before the last one leaves, or at that very moment, there is always something.
    """
    positions = flat[::step]
    place, end = bisect_right(positions, at - near), len(positions)
    if not place or positions[place - 1] + far <= at:
        return False, positions[place] + near if place < end else None
    leaves = positions[place - 1] + far
    while place < end and positions[place] + near <= leaves:
        leaves = positions[place] + far
        place += 1
    return True, leaves


class _Starts(dict[Day, Instant]):
    """First instants of days in one zone, worked out once each: a plain look-up is what the hot path can afford."""

    def __init__(self, zone: str) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, day: Day) -> Instant:
        start = self[day] = day_start(day, self._zone)
        return start


@lru_cache(maxsize=64)
def starts_in(zone: str) -> Mapping[Day, Instant]:
    """Return a mapping that answers with the first instant of any day in the zone."""
    return _Starts(zone)
