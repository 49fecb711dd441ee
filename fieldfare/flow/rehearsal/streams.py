"""Calls in time order, with others that follow from them mixed in. Pure.

A call may be let through, dropped or changed, and may cause later ones; the result is in time order again. Calls at the
same instant keep the order in which they were made, so a stream is the same in every run.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fieldfare.ground.instants import Instant

Call = dict[str, Any]
Timed = tuple[Instant, Call]
Turn = Callable[[Instant, Call], Iterable[Timed]]
"""What becomes of a call: any number of calls at its own instant or later."""


def turned(calls: Iterable[Timed], turn: Turn) -> Iterator[Timed]:
    """Yield what becomes of the calls, in time order."""
    waiting: list[tuple[Instant, int, Call]] = []
    made = 0
    for at, call in calls:
        while waiting and waiting[0][0] < at:
            before, _, earlier = heapq.heappop(waiting)
            yield before, earlier
        for later, each in turn(at, call):
            assert later >= at, "a call cannot cause an earlier one"
            made += 1
            heapq.heappush(waiting, (later, made, each))
    while waiting:
        at, _, call = heapq.heappop(waiting)
        yield at, call


def before(calls: Iterable[Timed], end: Instant) -> Iterator[Timed]:
    """Yield the calls before the instant."""
    for at, call in calls:
        if at >= end:
            return
        yield at, call


class Counting:
    """Counts the calls that pass."""

    def __init__(self, calls: Iterable[Timed]) -> None:
        """Pass these."""
        self._calls = calls
        self.count = 0

    def __iter__(self) -> Iterator[Timed]:
        """Yield them."""
        for each in self._calls:
            self.count += 1
            yield each
