"""The one place that knows what time it is.

Shells receive a :class:`Clock`; deciding code receives an instant as an argument and never sees a clock.
The simulated clock moves only when told to, and backwards only where it is turned.
"""

import time
from typing import Protocol

from fieldfare.ground.instants import Instant


class Clock(Protocol):
    """Tells the current instant."""

    def now(self) -> Instant:
        """Return microseconds since 1970 UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Return microseconds since 1970 UTC."""
        return time.time_ns() // 1_000


class ShiftedClock:
    """The machine's clock, moved by a fixed span: a simulated world goes on living from its own last instant."""

    def __init__(self, shift: int) -> None:
        """Add ``shift`` microseconds to the machine's time."""
        self._shift = shift

    def now(self) -> Instant:
        """Return microseconds since 1970 UTC in the shifted world."""
        return time.time_ns() // 1_000 + self._shift


class SimulatedClock:
    """A clock that stands still until it is moved forward."""

    def __init__(self, now: Instant) -> None:
        """Start at ``now``."""
        self._now = now

    def now(self) -> Instant:
        """Return the simulated instant."""
        return self._now

    def move_to(self, instant: Instant) -> None:
        """Move forward to ``instant``. Raises ``ValueError`` when that lies in the past."""
        if instant < self._now:
            message = f"the simulated clock stands at {self._now} and cannot go back to {instant}"
            raise ValueError(message)
        self._now = instant

    def turn_to(self, instant: Instant) -> None:
        """Show ``instant``, whenever it is: what has nothing to do with one another may have its time in turns."""
        self._now = instant
