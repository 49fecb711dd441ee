"""The hour at which a person is most likely to look: from their own history, else their location's, else all. Pure.

History is a count of answers (an opening, a click, a reply of a person; machines do not count) for each hour of the
local day. Neighbouring hours help each other, because somebody who reads at five to nine also reads at five past. The
moment lies between now and the last moment at which the message is of use, and outside of quiet hours where any moment
does; an hour that clocks jump over does not exist, and one that comes twice is two. Inside its hour every message has a
place of its own, told by a hash of its id, so that an hour that suits many brings no burst.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import DAY, HOUR, Instant, local_day
from fieldfare.network.calendars.wall import minute_of_day, occurrences

HOURS = 24
LEAST_OWN = 5
"""Answers of a person below which their own history says too little."""
LEAST_SHARED = 50
"""Answers below which a location's history, and that of the workspace, says too little."""
LONGEST = 7 * DAY
"""A message waits no longer than this for its hour."""


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """Answers by local hour (24 counts each), of the person, of their location, of everybody."""

    own: tuple[int, ...] = ()
    location: tuple[int, ...] = ()
    workspace: tuple[int, ...] = ()


class Moment(msgspec.Struct, frozen=True):
    """When a message goes, and by whose history: ``own``, ``location``, ``workspace``, or ``none``: at once."""

    at: Instant
    source: str


def by_hour(answered_at: Sequence[Instant], zone: str) -> tuple[int, ...]:
    """Return how many of the instants lie in each hour of the zone's day."""
    counts = [0] * HOURS
    for at in answered_at:
        counts[minute_of_day(at, zone) // 60] += 1
    return tuple(counts)


def best_moment(
    habits: Habits, zone: str, now: Instant, last: Instant, key: str, silent: Callable[[Instant], bool]
) -> Moment:
    """Return the best moment in [now, last]; ``now`` when no history says enough or the time is over.

    ``key`` places the message inside its hour; ``silent`` says whether quiet hours hold at an instant.
    """
    source, counts = _telling(habits)
    if source == "none" or last <= now:
        return Moment(now, "none")
    scores = _smoothed(counts)
    hours = [now, *_hours(zone, now, min(last, now + LONGEST))]
    open_hours = [at for at in hours if not silent(at)] or [now]
    best = max(open_hours, key=lambda at: (scores[minute_of_day(at, zone) // 60], -at))
    return Moment(best if best == now else _placed(best, zone, last, key, silent), source)


def _telling(habits: Habits) -> tuple[str, tuple[int, ...]]:
    """Return the nearest history that says enough."""
    if sum(habits.own) >= LEAST_OWN:
        return "own", habits.own
    if sum(habits.location) >= LEAST_SHARED:
        return "location", habits.location
    if sum(habits.workspace) >= LEAST_SHARED:
        return "workspace", habits.workspace
    return "none", ()


def _smoothed(counts: Sequence[int]) -> list[int]:
    return [2 * counts[hour] + counts[hour - 1] + counts[(hour + 1) % HOURS] for hour in range(HOURS)]


def _hours(zone: str, now: Instant, last: Instant) -> Iterator[Instant]:
    """Yield the beginnings of local hours in (now, last], in order."""
    seen = now
    for day in range(local_day(now, zone), local_day(last, zone) + 1):
        for at in sorted({each for hour in range(HOURS) for each in occurrences(day, hour * 60, zone)}):
            if seen < at <= last:
                seen = at
                yield at


def _placed(hour: Instant, zone: str, last: Instant, key: str, silent: Callable[[Instant], bool]) -> Instant:
    """Return the message's own place in the hour, or its beginning where the place is silent or not of that hour."""
    at = hour + int(min(HOUR - 1, last - hour) * fraction("send_time", key))
    is_same = minute_of_day(at, zone) // 60 == minute_of_day(hour, zone) // 60
    return at if is_same and not silent(at) else hour
