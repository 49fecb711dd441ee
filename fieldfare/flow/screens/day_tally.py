"""Verdicts of today, counted as they come: each look reads only what was appended since the last one.

The log of verdicts is only appended to, so counts of earlier rows stay right. The first look of a day finds where the
day begins by halving and counts from there, so many rows a look; until it has caught up its numbers are too small, and
say so. Kept in memory: a start counts anew.
"""

import threading
from typing import NamedTuple

from sqlalchemy import Connection

from fieldfare.decide.gate import search_store
from fieldfare.ground.instants import Day, day_start

AT_ONCE = 300_000
"""Most rows that one look counts."""

Counts = dict[tuple[str, str, str], int]


class Tally(NamedTuple):
    """How often each (outcome, first rule, channel) came today, and whether all is counted."""

    counts: Counts
    is_whole: bool


class DayTally:
    """Counts the verdicts of the day that a zone has."""

    def __init__(self, zone: str) -> None:
        """Count days of this zone."""
        self._zone, self._lock = zone, threading.Lock()
        self._day: Day | None = None
        self._counts: Counts = {}
        self._upto = 0

    def look(self, connection: Connection, today: Day) -> Tally:
        """Count what came since the last look."""
        with self._lock:
            begins = day_start(today, self._zone)
            if self._day != today:
                first = search_store.begins_at(connection, begins - search_store.SLACK_US)
                self._day, self._counts, self._upto = today, {}, first - 1
            newest = search_store.newest(connection)
            upto = min(newest, self._upto + AT_ONCE)
            if upto > self._upto:
                for key, count in search_store.tally(connection, self._upto, upto, begins).items():
                    self._counts[key] = self._counts.get(key, 0) + count
                self._upto = upto
            return Tally(dict(self._counts), upto == newest)
