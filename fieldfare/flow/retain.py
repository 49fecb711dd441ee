"""Retention: let go of raw records whose time is over, and of what was only needed until the lake had it.

Flow, once an hour: trim the log through the last record that is old enough, that the pipeline has applied and that the
lake has loaded; empty dead letters whose time is over; let old decisions of the gate keep a hash of what was looked at;
forget how many took which edge of a journey a year ago, and what was reserved until a day that no waiting event lies
in; destroy the keys of days that nobody may read any more. Each step is its own transaction and is done again by the
next run, so a crash between any two of them only postpones the rest. The order matters: what is still needed is never
made unreadable, so a pipeline or a lake that is days behind keeps its records and their keys until it has caught up,
and so does an outbox that was not relayed. A day more is left, because accept times of neighbours in the log may differ
by the width of a group commit.
"""

from collections.abc import Mapping

import msgspec
import structlog

from fieldfare.collect import store as collect_store
from fieldfare.decide.gate import store as gate_store
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.reservation_store import forget_reservations
from fieldfare.flow import store as flow_store
from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import PARTITIONS, EventLog
from fieldfare.ground.store import State
from fieldfare.trust.keys.raw import RAW_DAYS
from fieldfare.trust.keys.seal import Keys

_log = structlog.get_logger()
_NEVER: Instant = 1 << 62
_PAGE = 1_000


class Retained(msgspec.Struct, frozen=True):
    """What one run let go of."""

    records: int
    dead_letters: int
    keys: int
    decisions: int = 0
    """Verdicts whose inputs gave way to their hash."""


class Retention:
    """Lets go of what is raw and old."""

    def __init__(self, state: State, log: EventLog, lake: Lake, keys: Keys, keep_days: Mapping[str, int]) -> None:
        """``keep_days``: source -> days; a record is kept on disk for the longest of them, readable for its own."""
        self._state, self._log, self._lake, self._keys, self._keep_days = state, log, lake, keys, keep_days
        self.decision_days = Policy().keep_days
        """How long the gate's decisions are kept in full."""

    def run(self, now: Instant) -> Retained:
        """Let go of everything whose time is over at ``now``."""
        longest = max(self._keep_days.values(), default=RAW_DAYS)
        needed_at = [self._trim(partition, _cutoff(now, longest)) for partition in PARTITIONS]
        records = sum(count for count, _ in needed_at)
        letters = self._expire(now)
        decisions = self._summarise(now)
        settled = min(now, self._outbox_at(), *(at for _, at in needed_at)) - DAY
        with self._state.write() as connection:
            journey_store.forget_edges(connection, now // DAY - journey_store.EDGE_DAYS)
            forget_reservations(connection, settled)
        keys = self._keys.destroy_expired(now, settled)
        done = Retained(records, letters, len(keys), decisions)
        if records or letters or keys or decisions:
            _log.info("retained", records=records, dead_letters=letters, key_days=len(keys), decisions=decisions)
        return done

    def _outbox_at(self) -> Instant:
        """Return when the oldest event that waits for the relay was sealed; its key is needed."""
        with self._state.read() as connection:
            rows = flow_store.outbox_rows(connection, 1)
        return rows[0][1] if rows else _NEVER

    def _trim(self, partition: int, cutoff: Instant) -> tuple[int, Instant]:
        """Trim a partition; return how many records went, and the accept time of the first that is still needed."""
        with self._state.read() as connection:
            applied = flow_store.watermark_of(connection, partition)
        settled = min(applied, self._lake.loaded(f"log-{partition}"))
        through = self._last_before(partition, cutoff, settled)
        gone = self._log.trim(partition, through) if through else 0
        needed = self._log.read(partition, settled, 1)
        return gone, needed[0].received_at if needed else _NEVER

    def _last_before(self, partition: int, cutoff: Instant, settled: int) -> int:
        """Return the last offset, at most ``settled``, before which all records were accepted before the cutoff.

        Accept times grow with the offset but for the width of a group commit, which is nothing against days.
        """
        first = self._log.read(partition, 0, 1)
        if not first or first[0].received_at >= cutoff:
            return 0
        low, high = first[0].offset, settled
        while low < high:
            middle = (low + high + 1) // 2
            (record,) = self._log.read(partition, middle - 1, 1)
            low, high = (middle, high) if record.received_at < cutoff else (low, middle - 1)
        return min(low, settled)

    def _summarise(self, now: Instant) -> int:
        """Let old decisions keep a hash of what was looked at, page by page."""
        total, before = 0, _cutoff(now, self.decision_days)
        while True:
            with self._state.write() as connection:
                done = gate_store.summarise_before(connection, before, _PAGE)
            total += done
            if done < _PAGE:
                return total

    def _expire(self, now: Instant) -> int:
        with self._state.read() as connection:
            sources = collect_store.dead_letter_sources(connection)
        expired = 0
        for source in sources:
            before = _cutoff(now, self._keep_days.get(source, RAW_DAYS))
            with self._state.write() as connection:
                expired += collect_store.expire_dead_letters(connection, source, before, now)
        return expired


def _cutoff(now: Instant, days: int) -> Instant:
    """Return the start of the first UTC day that may still be read."""
    return (now // DAY - days) * DAY
