"""When the youngest events happened: instants with local days, for sequences. Pure; states are changed in place.

A list holds at most :data:`MOST_MOMENTS`. When one more comes, the oldest instant goes, with everything at it, and is
noted: of what happened up to then the list knows nothing any more. What is noted is always the instant of the
:data:`MOST_MOMENTS` + 1st youngest event, and all that are younger are listed; so arrival, batches and merges change
nothing. In a :class:`ValueState` the instants stand in ``instants``, the days in ``items``, the note in ``base``.
"""

from bisect import bisect_left, bisect_right

from fieldfare.ground.instants import Day, Instant
from fieldfare.know.profiles.model import ValueState

MOST_MOMENTS = 256


def unknown_through(state: ValueState) -> Instant | None:
    """Return the last instant of which, and before which, the list may lack events; ``None``: it lacks none."""
    return state.base[0] if state.base else None


def add_moment(state: ValueState, at: Instant, day: Day) -> None:
    """Add one event, sorted by instant and day, and keep to the limit."""
    if state.base and at <= state.base[0]:
        return
    instants, days = state.instants, state.items
    place = len(instants)
    while place and (instants[place - 1] > at or (instants[place - 1] == at and days[place - 1] > day)):
        place -= 1
    instants.insert(place, at)
    days.insert(place, day)
    if len(instants) > MOST_MOMENTS:
        _forget_through(state, instants[-MOST_MOMENTS - 1])


def join_moments(into: ValueState, other: ValueState) -> None:
    """Add the other list to ``into``: the list of both histories together. The other must not be used any more."""
    if other.base:
        _forget_through(into, max(other.base[0], into.base[0]) if into.base else other.base[0])
    for at, day in zip(other.instants, other.items, strict=True):
        add_moment(into, at, day)


def fold_moments_away(state: ValueState, first_at: Instant) -> None:
    """Drop what lies before ``first_at``, the note too: nobody asks for it any more."""
    _drop(state, bisect_left(state.instants, first_at))
    if state.base and state.base[0] < first_at:
        state.base.clear()


def _forget_through(state: ValueState, at: Instant) -> None:
    state.base[:] = [at]
    _drop(state, bisect_right(state.instants, at))


def _drop(state: ValueState, count: int) -> None:
    del state.instants[:count], state.items[:count]
