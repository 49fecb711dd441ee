"""Journeys that pause themselves: every hour `stop` criteria are counted, and a journey that breaks one is paused.

Flow: read when each journey was last resumed from such a pause; count in the lake, from then on at most; then, in one
transaction, pause what breaks a criterion and does not rest already. The pause is the gate's own: proposals wait, and
whoever resumes the journey has looked at it, so only what happens after that can pause it again. The number of the
pause is in its id, so a second run and a second worker write nothing. A crash before the write is made good an hour
later; a criterion that cannot be counted stops neither the others nor the worker.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import structlog

from fieldfare.decide.gate import order_store
from fieldfare.decide.gate.model import Pause, Scope
from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.stop import Count, Stopping, must_stop
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.network.calendars.holds import Calendar

ACTOR = "stop criterion"
_log = structlog.get_logger()

Counting = Callable[[str, str, Instant], Count]
"""How often something of a journey happened since an instant, and among how many."""


class _Past(NamedTuple):
    pauses: int
    """How often the journey paused itself."""
    rests: bool
    resumed_at: Instant


class StopJourneys:
    """Pauses the journeys of one workspace that break their own criteria."""

    def __init__(
        self, state: State, journeys: Mapping[str, Journey], calendar: Calendar, counting: Callable[[], Counting]
    ) -> None:
        """Pause in ``state``; ``counting`` brings what is counted up to date and returns what counts."""
        self._state, self._calendar, self._counting = state, calendar, counting
        self._journeys = {name: journey for name, journey in journeys.items() if journey.stops}

    def run(self, now: Instant) -> int:
        """Pause what breaks a criterion now; return how many journeys."""
        if not self._journeys:
            return 0
        with self._state.read() as connection:
            past = _past(order_store.pauses_by(connection, ACTOR))
        resting = {name for name, each in past.items() if each.rests}
        looked_at = {name: each for name, each in self._journeys.items() if name not in resting}
        count = self._counting() if looked_at else None
        phases = self._calendar.anywhere(now)
        found: list[Pause] = []
        for name, journey in looked_at.items():
            assert count is not None
            earlier = past.get(name, _Past(0, rests=False, resumed_at=0))
            broken = self._broken(journey, count, phases, earlier.resumed_at, now)
            if broken is not None:
                found.append(_pause(name, broken, earlier.pauses, now))
        return self._write(found)

    def _broken(
        self, journey: Journey, count: Counting, phases: frozenset[str], resumed_at: Instant, now: Instant
    ) -> Stopping | None:
        try:
            counts = [count(journey.name, rule.what, max(now - rule.within_us, resumed_at)) for rule in journey.stops]
        except (CallerError, TransientError) as error:
            _log.error("stop_criteria_unread", journey=journey.name, code=error.code, reason=error.message)
            return None
        return must_stop(journey.stops, counts, phases, self._calendar.seasons)

    def _write(self, found: list[Pause]) -> int:
        if not found:
            return 0
        with self._state.write() as connection:
            known = order_store.pauses_known(connection, [each.id for each in found])
            fresh = [each for each in found if each.id not in known]
            for each in fresh:
                order_store.insert_pause(connection, each)
        for each in fresh:
            _log.warning("journey_paused", journey=each.name, by=ACTOR, reason=each.reason)
        return len(fresh)


def _past(rows: list[dict[str, Any]]) -> dict[str, _Past]:
    found: dict[str, _Past] = {}
    for row in rows:
        before = found.get(row["name"], _Past(0, rests=False, resumed_at=0))
        rests = before.rests or row["ended_at"] is None
        found[row["name"]] = _Past(before.pauses + 1, rests, max(before.resumed_at, row["ended_at"] or 0))
    return found


def _pause(journey: str, broken: Stopping, number: int, now: Instant) -> Pause:
    return Pause(
        id=derived_id("pau", ACTOR, journey, number),
        scope=Scope.JOURNEY,
        name=journey,
        since_at=now,
        until=None,
        actor=ACTOR,
        reason=broken.why,
    )
