"""Several windows over the totals of one profile, moved through time together, from one change to the next. Pure.

Positions are days, or instants: of one kind for all windows that move together. A position enters a window at
``position + near`` and leaves it at ``position + far``. Each step costs what enters or leaves, so looking far ahead
costs no more than the events that lie in the windows.
"""

from bisect import bisect_right

import msgspec

from fieldfare.know.audiences.measures import measure_key
from fieldfare.know.audiences.model import Aggregate, Did
from fieldfare.know.profiles.model import MeasureState
from fieldfare.know.profiles.tiles import STAMP, TILE

_NOTHING = MeasureState()


class Span(msgspec.Struct, frozen=True):
    """What a total adds up, worked out once per definition."""

    key: str
    """Of the measure."""
    summed: bool
    far: int | None
    """``None``: everything ever."""
    near: int | None
    """``None``: open towards now and what lies a little ahead."""
    in_days: bool

    @classmethod
    def of(cls, total: Did) -> "Span":
        """Return the span of a total in a window, or over everything; not of one during a season."""
        assert total.during is None, "a stretch of a season is no window"
        window, summed = total.window, total.aggregate is Aggregate.SUM
        if window is None:
            return cls(measure_key(total), summed, None, None, in_days=True)
        # A day that is `oldest` days ago is still in, so it leaves one day later.
        far = window.far + 1 if window.in_days else window.far
        return cls(measure_key(total), summed, far, window.near, window.in_days)


class Sweep:
    """One total of one profile, at a position that only goes forward."""

    __slots__ = ("_entering", "_leaving", "_places", "_span", "_weights", "total")

    def __init__(self, span: Span, state: MeasureState | None, position: int) -> None:
        """Begin at ``position``."""
        state = state or _NOTHING
        self._span = span
        flat, step = (state.tiles, TILE) if span.in_days else (state.stamps, STAMP)
        self._places = flat[::step]
        if span.summed:
            self._weights = flat[2 if span.in_days else 1 :: step]
        else:
            self._weights = flat[1::step] if span.in_days else [1] * len(self._places)
        self._leaving, self._entering, base = 0, len(self._places), 0
        if span.far is None:
            base = state.base_sum if span.summed else state.base_count
        else:
            self._leaving = bisect_right(self._places, position - span.far)
            if span.near is not None:
                self._entering = bisect_right(self._places, position - span.near)
        self.total = base + sum(self._weights[self._leaving : self._entering])

    def next_position(self) -> int | None:
        """Return the next position at which something enters or leaves, ``None`` for never."""
        span, places = self._span, self._places
        if span.far is None or self._leaving == len(places):
            return None
        leaves = places[self._leaving] + span.far
        if span.near is None or self._entering == len(places):
            return leaves
        return min(leaves, places[self._entering] + span.near)

    def go(self, position: int) -> None:
        """Let enter and leave whatever does until the position, itself included."""
        span, places, weights, end = self._span, self._places, self._weights, len(self._places)
        if span.far is None:
            return
        if span.near is not None:
            edge = position - span.near
            while self._entering < end and places[self._entering] <= edge:
                self.total += weights[self._entering]
                self._entering += 1
        edge = position - span.far
        while self._leaving < end and places[self._leaving] <= edge:
            self.total -= weights[self._leaving]
            self._leaving += 1
