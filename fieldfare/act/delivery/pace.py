"""How often something may be done in a minute, by key; in memory only, bounded. It keeps no names."""

import threading
from collections import OrderedDict, deque

from fieldfare.ground.instants import MINUTE, Instant

MOST_KEYS = 10_000


class Pace:
    """At most ``most`` times in a minute for each key."""

    def __init__(self, most: int) -> None:
        """Begin with nothing done."""
        self._most = most
        self._done: OrderedDict[bytes, deque[Instant]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: bytes, now: Instant) -> bool:
        """Return whether it may be done once more at ``now``; if so, count it."""
        with self._lock:
            done = self._done.setdefault(key, deque())
            self._done.move_to_end(key)
            while done and done[0] <= now - MINUTE:
                done.popleft()
            while len(self._done) > MOST_KEYS:
                self._done.popitem(last=False)
            if len(done) >= self._most:
                return False
            done.append(now)
            return True
