"""A line of writers: one at a time, in the order of asking, nobody longer than a given time. Knows no database.

A pool hands its only connection to whoever asks first once it is free, and the thread that gave it back is mostly that:
a busy loop would keep all others waiting until their time is over. Here it is handed to whoever has waited longest.
"""

import threading
from collections import deque


class Line:
    """A lock that is handed on in the order of asking. Not to be taken again inside."""

    def __init__(self) -> None:
        """Start with nobody in it."""
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    @property
    def length(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def take(self, timeout_s: float) -> bool:
        """Wait for one's turn, at most so long; return whether it came."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout_s):
            return True
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        return True  # it came at the last moment

    def leave(self) -> None:
        """Hand the turn on."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
