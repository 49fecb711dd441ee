"""Lanes: where the calls of each channel are made, so that a provider that hangs holds up its own messages only.

:class:`Inline` makes them in the caller's thread: simulations and tests, whose order must be the same every time.
:class:`Threads` has a thread for each channel, and more for the calls of a wave. A lane says how much *room* it has:
none while it is busy, else as many messages as it can start well within a permit's life, by how long its last calls
took. So nothing is decided that could not be called in time. A failure in a lane is raised at the beginning of the next
round, where it ends the worker or is waited out, like any other. What is handed over in an instant waits for nobody, so
its next sets are decided meanwhile.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from fieldfare.act.delivery.hand_over import HandOver
from fieldfare.act.delivery.model import Capabilities, DeliveryReport
from fieldfare.act.delivery.parts import Granted
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import SECOND

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
        """Run a question to the channel's provider in its lane, or not at all while it is busy."""
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
        self._lanes[channel].queue(lambda hand_over: hand_over.run(granted, report), len(granted))

    def ask(self, channel: str, question: Callable[[], None]) -> None:
        """Ask in the channel's lane when it is idle; one that is not asked now is asked in a later round."""
        lane = self._lanes.get(channel)
        if lane is None:
            question()
        elif not lane.is_busy:
            lane.queue(lambda _: question(), 0)

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
        self._calls = ThreadPoolExecutor(can.parallel, thread_name_prefix=f"fieldfare-{name}-call")
        if can.parallel > 1 and not can.instant:
            hand_over.call_by(self._calls.map)
        self._jobs: list[Future[None]] = []
        self._took = FIRST_GUESS
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
        return 0 if self.is_busy else max(1, min(most, AHEAD * self._can.parallel // max(self._took, 1)))

    def queue(self, job: Callable[[HandOver], None], count: int) -> None:
        self._jobs.append(self._turns.submit(self._timed, job, count))

    def wait(self, timeout_s: float) -> None:
        futures.wait(self._jobs, timeout_s)

    def close(self) -> None:
        self._turns.shutdown(wait=True)
        self._calls.shutdown(wait=True)

    def _timed(self, job: Callable[[HandOver], None], count: int) -> None:
        began = self._clock.now()
        job(self._hand_over)
        if count:
            took = (self._clock.now() - began) * self._can.parallel // count
            self._took = (3 * self._took + took) // 4
