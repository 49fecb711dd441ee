"""Does the scheduled work that is due, one piece at a time, and keeps a journal of it.

Flow: read what was done and which phases hold; note in a transaction that the first due piece begins; do it; note how
it ended and what it found. The jobs are those of the commands, each safe to be cut off or done twice. A run that did
not end, because the server was killed, is noted as cut off by the next start and done again on its day, after a while;
so is one that met a passing failure. What something else is in the way of is asked again later. Any other failure is
noted, a defect or a full disk too, and it is done again when it is next due: no job ends the server.
Nothing runs in a phase that does not ask for it: a peak is left to what matters. Past midnight, work of the day before
that still waits is done only while the phase that asked for it then holds.
"""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from fieldfare.flow.schedule import store
from fieldfare.flow.schedule.due import due, late, working_day
from fieldfare.flow.schedule.files import FILE
from fieldfare.flow.schedule.model import MEANINGS, UNDONE, Duty, Later, Outcome, Ran, Schedule, Work
from fieldfare.flow.versions.record import same_since
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import FieldfareError, TransientError, broken_by
from fieldfare.ground.instants import DAY, Instant, day_start, local_day, to_iso
from fieldfare.ground.store import State
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.wall import minute_of_day

MOST_TOLD = 200
_log = structlog.get_logger()
Found = tuple[dict[str, Any], bool]
"""What a job tells, and whether somebody should look at it."""
Job = Callable[[Duty], Found | Later]


class Scheduled:
    """The scheduled work of one installation."""

    def __init__(
        self, state: State, schedule: Schedule, calendar: Calendar, clock: Clock, jobs: Mapping[Work, Job]
    ) -> None:
        """Do what ``schedule`` says by ``jobs``, in the phases of ``calendar``."""
        self._state, self._schedule, self._calendar = state, schedule, calendar
        self._clock, self._jobs = clock, jobs

    def begin(self) -> None:
        """Note what an earlier server left undone; whoever calls is the only one who works."""
        with self._state.write() as connection:
            store.cut_off(connection, self._clock.now())

    def step(self) -> int:
        """Do the next piece that is due; return 1 when one was done."""
        now, zone = self._clock.now(), self._calendar.zone
        today = local_day(now, zone)
        longest = max((each.every_days for each in self._schedule.duties), default=0)
        if not longest:
            return 0
        with self._state.read() as connection:
            ran = store.since(connection, today - longest)
        day = working_day(self._schedule, ran, minute_of_day(now, zone), today)
        if day is None:
            return 0
        phases = self._calendar.anywhere(now)
        if day < today:
            phases &= self._calendar.anywhere(day_start(today, zone) - 1)
        found = due(self._schedule, ran, phases, day, now, self._calendar.seasons)
        if found is None:
            return 0
        duty, phase = found
        with self._state.write() as connection:
            seq = store.begin(connection, Ran(work=duty.work.value, day=day, phase=phase, began_at=now))
        outcome, told = self._do(duty)
        with self._state.write() as connection:
            store.end(connection, seq, self._clock.now(), outcome, told)
        _log.info("scheduled_work", work=duty.work.value, phase=phase, outcome=outcome.value)
        return 1

    def _do(self, duty: Duty) -> tuple[Outcome, dict[str, Any]]:
        try:
            found = self._jobs[duty.work](duty)
        except FieldfareError as error:
            outcome = Outcome.CUT_OFF if isinstance(error, TransientError) else Outcome.FAILED
            return outcome, {"code": error.code, "message": error.message}
        except Exception as error:  # noqa: BLE001 - told; the loops beside it go on, and so does the next start
            _log.exception("scheduled_work_broke", work=duty.work.value)
            code, message = broken_by(error)
            return Outcome.FAILED, {"code": code, "message": message}
        if isinstance(found, Later):
            return Outcome.LATER, {"code": found.code, "message": found.message}
        told, is_wanting = found
        return Outcome.FINDINGS if is_wanting else Outcome.OK, told


class ScheduleAnswers:
    """Answers what is scheduled and what was done."""

    def __init__(self, state: State, schedule: Schedule, calendar: Calendar, clock: Clock) -> None:
        """Answer for this schedule, the one in force."""
        self._state, self._schedule, self._calendar, self._clock = state, schedule, calendar, clock
        self._since: Instant | None = None

    def show(self, most: int) -> dict[str, Any]:
        """Return every duty with its last run and when it is due again, and the newest runs."""
        now, zone = self._clock.now(), self._calendar.zone
        with self._state.read() as connection:
            runs = store.newest(connection, max(1, min(most, MOST_TOLD)))
            ran = store.since(connection, local_day(now, zone) - 400)
        phases = self._calendar.anywhere(now)
        return {
            "at": f"{self._schedule.at // 60:02}:{self._schedule.at % 60:02}",
            "phases": sorted(phases),
            "work": [self._told(duty, ran, phases) for duty in self._schedule.duties],
            "journal": [_run_told(each) for each in runs],
        }

    def summary(self) -> dict[str, Any]:
        """Return in a few words which work waits longer than a day, or did not end well last time, for the status."""
        now, zone = self._clock.now(), self._calendar.zone
        today = local_day(now, zone)
        with self._state.read() as connection:
            ran = store.since(connection, today - 400)
            if self._since is None:
                self._since = same_since(connection, FILE)
        since = None if self._since is None else local_day(self._since, zone)
        phases = self._calendar.anywhere(now) & self._calendar.anywhere(day_start(today, zone) - 1)
        waits = late(self._schedule, ran, phases, today, self._calendar.seasons, since)
        last = {each.work: each for each in ran if each.outcome not in {None, Outcome.LATER}}
        wanted = {duty.work.value for duty in self._schedule.duties}
        return {
            "scheduled": len(self._schedule.duties),
            "running": sorted({each.work for each in ran if each.outcome is None}),
            "late": {name: to_iso(day * DAY)[:10] for name, day in sorted(waits.items())},
            "wanting": {
                name: {"outcome": each.outcome, "day": to_iso(each.day * DAY)[:10]}
                for name, each in sorted(last.items())
                if name in wanted and each.outcome != Outcome.OK
            },
        }

    def _told(self, duty: Duty, ran: list[Ran], phases: frozenset[str]) -> dict[str, Any]:
        mine = [each for each in ran if each.work == duty.work]
        done = [each for each in mine if each.outcome not in UNDONE]
        due_on = max(each.day for each in done) + duty.every_days if done else None
        return {
            "work": duty.work.value,
            "meaning": MEANINGS[duty.work],
            "phases": list(duty.phases),
            "every_days": duty.every_days,
            "holds_now": not phases.isdisjoint(duty.phases),
            "due_on": None if due_on is None else to_iso(due_on * DAY)[:10],
            "last": _run_told(mine[-1]) if mine else None,
        }


def _run_told(run: Ran) -> dict[str, Any]:
    return {
        "work": run.work,
        "day": to_iso(run.day * DAY)[:10],
        "phase": run.phase,
        "began_at": to_iso(run.began_at),
        "ended_at": None if run.ended_at is None else to_iso(run.ended_at),
        "outcome": run.outcome or "running",
        "found": run.told,
    }
