"""Lanes with threads: how much they take while they call, and that questions to a provider get their turn."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from fieldfare.act.delivery.hand_over import Call
from fieldfare.act.delivery.lanes import AHEAD, FIRST_GUESS, Threads
from fieldfare.act.delivery.model import Capabilities, DeliveryReport, Outcome, OutcomeKind
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import SECOND
from fieldfare.testing.delivery import START

FITS = AHEAD // FIRST_GUESS


class Slow:
    """Hands over when it is told to."""

    def __init__(self) -> None:
        self.go, self.done = threading.Event(), 0
        self.followed: list[bool] = []

    def run(self, granted: Sequence[Any], _report: DeliveryReport, is_followed: Callable[[], bool]) -> None:
        assert self.go.wait(20)
        self.done += len(granted)
        self.followed.append(is_followed())

    def finish(self, _report: DeliveryReport) -> None:
        """Nothing is left."""


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def lanes(slow: Slow) -> Iterator[Threads]:
    able = {"email": Capabilities(address="email", receipts=False)}
    made = Threads(lambda: slow, able, SimulatedClock(START))  # type: ignore[arg-type,return-value]
    yield made
    slow.go.set()
    made.close()


def give(lanes: Threads, count: int) -> None:
    lanes.hand_over("email", [None] * count, DeliveryReport())  # type: ignore[list-item]


def test_a_lane_takes_more_while_half_of_what_it_can_call_in_time_is_free(lanes: Threads, slow: Slow) -> None:
    assert (lanes.room("email", 5), lanes.room("email", 1_000)) == (5, FITS)
    give(lanes, FITS // 2)
    assert lanes.room("email", 1_000) == FITS - FITS // 2, "the next ones are decided while it calls"
    give(lanes, 1)
    assert lanes.room("email", 1_000) == 0, "and not before half of them is free"
    slow.go.set()
    lanes.wait(20)
    lanes.begin(DeliveryReport())
    assert slow.done == FITS // 2 + 1
    assert lanes.room("email", 1_000) >= FITS


def test_a_question_is_asked_in_its_turn_and_not_twice(lanes: Threads, slow: Slow) -> None:
    asked: list[int] = []
    give(lanes, 1)
    for number in range(3):
        lanes.ask("email", lambda number=number: asked.append(number))  # type: ignore[misc]
    give(lanes, 1)
    assert asked == [], "calls are under way"
    slow.go.set()
    lanes.wait(20)
    assert asked == [0]
    lanes.ask("email", lambda: asked.append(9))
    lanes.wait(20)
    assert (asked, slow.done) == ([0, 9], 2)


def test_a_set_knows_whether_another_one_is_handed_over_next(lanes: Threads, slow: Slow) -> None:
    give(lanes, 1)
    give(lanes, 1)
    slow.go.set()
    lanes.wait(20)
    assert slow.followed == [True, False]
    slow.go.clear()
    give(lanes, 1)
    lanes.ask("email", lambda: None)
    give(lanes, 1)
    slow.go.set()
    lanes.wait(20)
    assert slow.followed[2:] == [False, False], "a provider that is asked may think for long"


def test_nothing_is_decided_while_a_provider_is_asked(lanes: Threads, slow: Slow) -> None:
    holding, go = threading.Event(), threading.Event()

    def question() -> None:
        holding.set()
        assert go.wait(20)

    lanes.ask("email", question)
    assert holding.wait(20)
    assert lanes.room("email", 1_000) == 0
    go.set()
    slow.go.set()
    lanes.wait(20)
    assert lanes.room("email", 1_000) == FITS


class Lasting:
    """Each set takes a while."""

    def __init__(self, clock: SimulatedClock, each: int) -> None:
        self._clock, self._each = clock, each

    def call_by(self, calls: Any) -> None:
        """Calls take no time of their own here."""

    def run(self, _granted: Sequence[Any], _report: DeliveryReport, _is_followed: Any) -> None:
        self._clock.move_to(self._clock.now() + self._each)

    def finish(self, _report: DeliveryReport) -> None:
        """Nothing is left."""


def test_single_slow_messages_do_not_narrow_a_lane_that_calls_many_at_once() -> None:
    clock = SimulatedClock(START)
    made = Lasting(clock, 3 * SECOND // 2)
    able = {"email": Capabilities(address="email", receipts=False, parallel=8)}
    lanes = Threads(lambda: made, able, clock)  # type: ignore[arg-type,return-value]
    for _ in range(40):
        give(lanes, 1)
        lanes.wait(20)
        lanes.begin(DeliveryReport())
    assert lanes.room("email", 1_000) >= 8
    lanes.close()


class Calling:
    """Makes calls by whatever its lane gives it."""

    def __init__(self) -> None:
        self.all_at_once = threading.Barrier(4)
        self.told: list[str | None] = []
        self.failed = ""
        self.did = 0

    def call_by(self, calls: Any) -> None:
        self._calls = calls

    def meanwhile(self) -> None:
        self.did += 1

    def run(self, granted: Sequence[Any], _report: DeliveryReport, _is_followed: Any) -> None:
        try:
            self.told += [each.detail for each in self._calls(self.call, granted, self.meanwhile)]
        except ZeroDivisionError as error:
            self.failed = str(error)

    @property
    def call(self) -> Call:
        def made(one: Any) -> Outcome:
            self.all_at_once.wait(20)
            if one == "broken":
                raise ZeroDivisionError(one)
            return Outcome(kind=OutcomeKind.HANDED_OVER, detail=one)

        return made

    def finish(self, _report: DeliveryReport) -> None:
        """Nothing is left."""


def test_calls_of_a_set_are_made_at_once_and_told_in_order_and_one_that_fails_costs_the_next_set_nothing() -> None:
    made = Calling()
    able = {"email": Capabilities(address="email", receipts=False, parallel=4)}
    lanes = Threads(lambda: made, able, SimulatedClock(START))  # type: ignore[arg-type,return-value]
    sets: list[list[Any]] = [list("abcdefgh"), ["broken", "j", "k", "l"], list("mnop")]
    for each in sets:
        lanes.hand_over("email", each, DeliveryReport())
    lanes.wait(20)
    lanes.close()
    assert (made.told, made.failed, made.did) == (list("abcdefghmnop"), "broken", 3)


class Counting:
    """Counts how many of its calls are under way at once."""

    def __init__(self, parallel: int) -> None:
        self._lock, self._full = threading.Lock(), threading.Barrier(parallel)
        self._now = self.most = 0

    def call_by(self, calls: Any) -> None:
        self._calls = calls

    def run(self, granted: Sequence[Any], _report: DeliveryReport, _is_followed: Any) -> None:
        list(self._calls(self._call, granted, lambda: None))

    def _call(self, _one: Any) -> Outcome:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._full.wait(20)
        with self._lock:
            self._now -= 1
        return Outcome(kind=OutcomeKind.HANDED_OVER)

    def finish(self, _report: DeliveryReport) -> None:
        """Nothing is left."""


def test_each_channel_makes_as_many_calls_at_once_as_it_says_and_no_more() -> None:
    says = {"email": 3, "sms": 2}
    made = {name: Counting(parallel) for name, parallel in says.items()}
    able = {name: Capabilities(address=name, receipts=False, parallel=parallel) for name, parallel in says.items()}
    each_one = iter(made.values())
    lanes = Threads(lambda: next(each_one), able, SimulatedClock(START))  # type: ignore[arg-type,return-value]
    for name in says:
        lanes.hand_over(name, list(range(12)), DeliveryReport())  # type: ignore[arg-type]
    lanes.wait(20)
    lanes.close()
    assert {name: each.most for name, each in made.items()} == says
