"""Lanes: where the calls of each channel are made, so that a provider that hangs holds up its own messages only.

:class:`Inline` makes them in the caller's thread: simulations and tests, whose order must be the same every time.
:class:`Threads` has a thread for each channel, and more for the calls of a wave. A lane says how much *room* it has: as
many messages as it can start well within a permit's life, by how long its last calls took, less those that wait there;
and none before half of it is free, so that the next ones are decided in large sets while it calls. So nothing is
decided that could not be called in time, and a provider that hangs has no more of its messages decided. A failure in a
lane is raised at the beginning of the next round, where it ends the worker or is waited out, like any other. What is
handed over in an instant waits for nobody, so its next sets are decided meanwhile.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Protocol

import structlog

from fieldfare.act.delivery.hand_over import Call, HandOver, Meanwhile
from fieldfare.act.delivery.model import Capabilities, DeliveryReport, Outcome
from fieldfare.act.delivery.parts import Granted
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import SECOND

_log = structlog.get_logger()

AHEAD = 2 * SECOND
"""A lane takes what it can call within this; a permit lives five seconds."""
SETS_AHEAD = 1
"""An instant channel is given more while so many sets of permits wait: it hands over while others are decided."""
FIRST_GUESS = SECOND // 10
"""How long a call is taken to last before any was made."""


class Lanes(Protocol):
    """Where calls are made."""

    def begin(self, report: DeliveryReport) -> None:
        """Begin a round: write outcomes that are known and not on record. Raises what a lane failed with."""
        ...

    def room(self, channel: str, most: int) -> int:
        """Return how many messages the channel's lane can take now, at most ``most``."""
        ...

    def hand_over(self, channel: str, granted: Sequence[Granted], report: DeliveryReport) -> None:
        """Hand over permits of a channel."""
        ...

    def ask(self, channel: str, question: Callable[[], None]) -> None:
        """Run a question to the channel's provider in its lane, or not at all while another one waits there."""
        ...


class Inline:
    """``Lanes`` in the caller's own thread: never busy."""

    def __init__(self, hand_over: HandOver) -> None:
        """Hand over by this object."""
        self._hand_over = hand_over

    def begin(self, report: DeliveryReport) -> None:
        """Write outcomes that are not on record."""
        self._hand_over.finish(report)

    def room(self, channel: str, most: int) -> int:
        """Return ``most``."""
        return most

    def hand_over(self, channel: str, granted: Sequence[Granted], report: DeliveryReport) -> None:
        """Hand over here and now; what was permitted with the calls of other channels goes in the same way."""
        self._hand_over.run(granted, report)

    def ask(self, channel: str, question: Callable[[], None]) -> None:
        """Ask here and now."""
        question()


class Threads:
    """``Lanes`` with a thread for each channel. :meth:`close` waits for what is under way."""

    def __init__(self, make: Callable[[], HandOver], channels: dict[str, Capabilities], clock: Clock) -> None:
        """``make`` makes the object that hands over, one for each lane."""
        self._lanes = {name: _Lane(name, make(), can, clock) for name, can in channels.items()}

    def begin(self, report: DeliveryReport) -> None:
        """Let every idle lane write what it knows; raise what one failed with."""
        for lane in self._lanes.values():
            lane.begin(report)

    def room(self, channel: str, most: int) -> int:
        """Return how much room the lane has."""
        return self._lanes[channel].room(most)

    def hand_over(self, channel: str, granted: Sequence[Granted], report: DeliveryReport) -> None:
        """Queue permits in the channel's lane."""
        self._lanes[channel].hand_over(granted, report)

    def ask(self, channel: str, question: Callable[[], None]) -> None:
        """Ask in the channel's lane, in its turn; while another question waits there it is asked in a later round."""
        lane = self._lanes.get(channel)
        if lane is None:
            question()
        else:
            lane.ask(question)

    @property
    def busy(self) -> Collection[str]:
        """Return the channels whose lane is busy."""
        return [name for name, lane in self._lanes.items() if lane.is_busy]

    def wait(self, timeout_s: float) -> None:
        """Wait until no lane is busy, at most so long."""
        for lane in self._lanes.values():
            lane.wait(timeout_s)

    def close(self) -> None:
        """Take nothing more, and wait for what is under way."""
        for lane in self._lanes.values():
            lane.close()


class _Lane:
    def __init__(self, name: str, hand_over: HandOver, can: Capabilities, clock: Clock) -> None:
        self._hand_over, self._can, self._clock = hand_over, can, clock
        self._turns = ThreadPoolExecutor(1, thread_name_prefix=f"fieldfare-{name}")
        self._crew: _Crew | None = None
        if can.parallel > 1 and not can.instant:
            self._crew = _Crew(can.parallel, f"fieldfare-{name}-call")
            hand_over.call_by(self._crew.map)
        self._jobs: list[Future[None]] = []
        self._question: Future[None] | None = None
        self._took = FIRST_GUESS
        self._waiting = 0
        """Messages that were given to the lane and are not through."""
        self._sets = 0
        """Sets of messages that were given to the lane and have not begun."""
        self._lock = threading.Lock()

    @property
    def is_busy(self) -> bool:
        return any(not job.done() for job in self._jobs)

    def begin(self, report: DeliveryReport) -> None:
        ended = [job for job in self._jobs if job.done()]
        self._jobs = [job for job in self._jobs if job not in ended]
        for job in ended:
            job.result()
        if not self._jobs:
            self._hand_over.finish(report)

    def room(self, most: int) -> int:
        if self._can.instant:
            return most if sum(not job.done() for job in self._jobs) <= SETS_AHEAD else 0
        if self._question is not None and not self._question.done():
            return 0  # nobody knows how long the provider thinks
        if not self.is_busy:
            return max(1, min(most, self._ahead))
        left = self._ahead - self._waiting
        return min(most, left) if 2 * self._waiting <= self._ahead else 0

    @property
    def _ahead(self) -> int:
        """How many messages can be called in time."""
        return AHEAD * self._can.parallel // max(self._took, 1)

    def hand_over(self, granted: Sequence[Granted], report: DeliveryReport) -> None:
        def run(hand_over: HandOver) -> None:
            with self._lock:
                self._sets -= 1
            hand_over.run(granted, report, self._is_followed)

        with self._lock:
            self._sets += 1
        self.queue(run, len(granted))

    def _is_followed(self) -> bool:
        """Return whether the lane hands over another set next: no outcome waits for a provider that is asked."""
        return self._sets > 0 and (self._question is None or self._question.done())

    def queue(self, job: Callable[[HandOver], None], count: int) -> None:
        with self._lock:
            self._waiting += count
        self._jobs.append(self._turns.submit(self._timed, job, count))

    def ask(self, question: Callable[[], None]) -> None:
        if self._question is None or self._question.done():
            self.queue(lambda _: question(), 0)
            self._question = self._jobs[-1]

    def wait(self, timeout_s: float) -> None:
        futures.wait(self._jobs, timeout_s)

    def close(self) -> None:
        self._turns.shutdown(wait=True)
        try:
            self._hand_over.finish(DeliveryReport())
        except TransientError as error:
            _log.warning("outcomes_unwritten", reason=error.message)
        if self._crew is not None:
            self._crew.close()

    def _timed(self, job: Callable[[HandOver], None], count: int) -> None:
        began = self._clock.now()
        try:
            job(self._hand_over)
        finally:
            with self._lock:
                self._waiting -= count
        if count:
            took = (self._clock.now() - began) * min(self._can.parallel, count) // count
            self._took = (3 * self._took + took) // 4


class _Crew:
    """Threads for the calls of one lane, one set of calls after the other; a call costs two queues and no more."""

    def __init__(self, size: int, name: str) -> None:
        self._asked: SimpleQueue[tuple[int, Call, Granted] | None] = SimpleQueue()
        self._told: SimpleQueue[tuple[int, Outcome | BaseException]] = SimpleQueue()
        self._size, self._name = size, name
        self._threads: list[threading.Thread] = []

    def map(self, call: Call, some: Sequence[Granted], meanwhile: Meanwhile) -> Iterator[Outcome]:
        """Make the calls at once, as many as there are threads, and ``meanwhile``; yield their outcomes in order."""
        self._begin(len(some))
        for place, one in enumerate(some):
            self._asked.put((place, call, one))
        known: dict[int, Outcome | BaseException] = {}
        heard = 0
        try:
            meanwhile()
            for place in range(len(some)):
                while place not in known:
                    which, told = self._told.get()
                    known[which], heard = told, heard + 1
                outcome = known[place]
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        finally:
            for _ in range(heard, len(some)):  # or the next set took them for its own
                self._told.get()

    def close(self) -> None:
        """Take nothing more, and wait for the calls that are under way."""
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join()

    def _begin(self, wanted: int) -> None:
        while len(self._threads) < min(wanted, self._size):
            name = f"{self._name}-{len(self._threads)}"
            self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            place, call, one = asked
            try:
                told: Outcome | BaseException = call(one)
            except BaseException as error:  # noqa: BLE001 - raised where the outcome is asked for
                told = error
            self._told.put((place, told))
