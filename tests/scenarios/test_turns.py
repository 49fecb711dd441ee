"""Turns are taken one at a time, in the order of asking, and may be taken again inside."""

import itertools
import threading

from fieldfare.flow.turns import Turns, in_turn


class Counter:
    """Counts with a gap between reading and writing, in which others would get in."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.count = 0
        self.order: list[int] = []

    @in_turn
    def add(self, who: int) -> None:
        before = self.count
        threading.Event().wait(0.0005)
        self.count = before + 1
        self.order.append(who)
        self._inside()

    @in_turn
    def _inside(self) -> None:
        """Take the turn again."""


def test_nobody_gets_between_and_nobody_waits_for_ever() -> None:
    counter = Counter()
    threads = [threading.Thread(target=lambda who=who: [counter.add(who) for _ in range(20)]) for who in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.count == 60
    middle = counter.order[6:-6]
    runs = sum(one == other for one, other in itertools.pairwise(middle))
    assert runs < len(middle) / 2, "whoever gives the turn up does not get it again before those who wait"
