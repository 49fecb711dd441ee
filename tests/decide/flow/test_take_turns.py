"""Urgent records overtake normal ones and starve none of them, whatever comes when."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.take_turns import ALONE, SHARED, Turn, drain_urgent, take_turn
from fieldfare.ground.log.ports import NORMAL, URGENT

WHOLE = 2_000


class Lines:
    """Records that wait, each as how many events it holds; what a batch takes is noted."""

    def __init__(self, urgent: Sequence[int], normal: Sequence[int], *, assembles: bool = True) -> None:
        self.waiting = {URGENT: deque(urgent), NORMAL: deque(normal)}
        self.batches: list[tuple[int, list[int]]] = []
        self.assembles = assembles

    def apply(self, partition: int, most: int = WHOLE) -> int:
        taken: list[int] = []
        while self.waiting[partition] and sum(taken) < most:
            taken.append(self.waiting[partition].popleft())
        if taken:
            self.batches.append((partition, taken))
        return len(taken)


@pytest.mark.parametrize(
    ("urgent", "normal", "assembles", "turn"),
    [
        ([], [], True, Turn(0, 0)),
        ([50], [], True, Turn(1, 0)),
        ([], [50] * 100, True, Turn(0, ALONE // 50)),
        ([50], [50] * 100, True, Turn(1, SHARED // 50)),
        ([50] * 100, [50] * 100, True, Turn(WHOLE // 50, SHARED // 50)),
        ([], [50] * 100, False, Turn(0, WHOLE // 50)),
        ([50], [50] * 100, False, Turn(1, SHARED // 50)),
    ],
)
def test_what_a_turn_applies(urgent: list[int], normal: list[int], assembles: bool, turn: Turn) -> None:
    lines = Lines(urgent, normal, assembles=assembles)
    assert take_turn(lines) == turn
    assert [partition for partition, _ in lines.batches] == sorted(
        (partition for partition, _ in lines.batches), key=[URGENT, NORMAL].index
    )


_records = st.lists(st.integers(1, 700), max_size=12)


@given(_records, _records, st.lists(st.tuples(_records, _records), max_size=12))
def test_a_turn_leaves_neither_waiting(urgent: list[int], normal: list[int], coming: list[Sequence[list[int]]]) -> None:
    lines = Lines(urgent, normal)
    for more_urgent, more_normal in coming:
        waits = {partition: bool(line) for partition, line in lines.waiting.items()}
        turn = take_turn(lines)
        assert bool(turn.urgent) == waits[URGENT]
        assert bool(turn.normal) == waits[NORMAL]
        lines.waiting[URGENT].extend(more_urgent)
        lines.waiting[NORMAL].extend(more_normal)


@given(_records, _records)
def test_between_two_batches_of_urgent_records_lies_one_short_one(urgent: list[int], normal: list[int]) -> None:
    lines = Lines(urgent, normal)
    while any(take_turn(lines)):
        pass
    last = max((place for place, (partition, _) in enumerate(lines.batches) if partition == URGENT), default=0)
    kinds = [partition for partition, _ in lines.batches[: last + 1]]
    assert not any(one == other == NORMAL for one, other in pairwise(kinds))
    for partition, taken in lines.batches[:last]:
        assert partition == URGENT or sum(taken[:-1]) < SHARED
    assert sorted(events for _, taken in lines.batches for events in taken) == sorted(urgent + normal)


def test_normal_records_come_as_fast_as_ever_while_urgent_ones_never_end() -> None:
    turns = 100
    lines = Lines([], [50] * (turns * SHARED // 50))
    for _ in range(turns):
        lines.waiting[URGENT].append(50)
        take_turn(lines)
    assert not lines.waiting[NORMAL]


def test_draining_leaves_normal_records() -> None:
    lines = Lines([1_500, 1_500, 1_500], [1])
    assert drain_urgent(lines) == 3
    assert (len(lines.waiting[URGENT]), len(lines.waiting[NORMAL])) == (0, 1)
