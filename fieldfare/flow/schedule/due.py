"""What of the schedule is due, by what was done: pure.

A piece of work is done while one of its phases holds in some place, from its hour on, once in so many local days. What
was cut off is done again on its day, a few times and not at once: work that ends the server would end it again and
again. A day of work that was begun goes on past midnight, up to the hour. What was not begun for longest comes first:
what waits behind a run of more than a day is done next, once and late, and the long one only after it.
"""

from collections.abc import Iterable, Sequence

from fieldfare.flow.schedule.model import UNDONE, Duty, Outcome, Ran, Schedule
from fieldfare.ground.instants import MINUTE, Day, Instant
from fieldfare.network.calendars.by_phase import which
from fieldfare.network.calendars.model import Season

MOST_TRIES = 3
"""So often work is begun on one day."""
BETWEEN_TRIES = 10 * MINUTE
"""So long after a try that did not end the next one begins."""


def working_day(schedule: Schedule, ran: Sequence[Ran], minute: int, today: Day) -> Day | None:
    """Return the local day whose work is due: today from the hour on, before it yesterday if that was begun.

    ``ran``: the runs of each kind of work as far back as anything is due again. ``minute``: since local midnight.
    """
    if minute >= schedule.at:
        return today
    return today - 1 if any(each.day == today - 1 for each in ran) else None


def due(
    schedule: Schedule,
    ran: Sequence[Ran],
    phases: frozenset[str],
    day: Day,
    now: Instant,
    seasons: Iterable[Season] = (),
) -> tuple[Duty, str] | None:
    """Return the next duty that is due for a :func:`working_day` and the phase by which it is; ``None``: nothing is.

    ``ran``: as there. Of several, the one that was not begun for longest; of those never done the first.
    """
    found: list[tuple[Instant, Duty, str]] = []
    for duty in schedule.duties:
        phase = which(dict.fromkeys(duty.phases), phases, seasons)
        mine = [each for each in ran if each.work == duty.work]
        if phase is not None and _is_due(duty, mine, day, now):
            began = (each.began_at for each in mine if each.outcome not in UNDONE)
            found.append((max(began, default=0), duty, phase))
    return min(found, key=lambda each: each[0])[1:] if found else None


def late(
    schedule: Schedule,
    ran: Sequence[Ran],
    phases: frozenset[str],
    today: Day,
    seasons: Iterable[Season] = (),
    since: Day | None = None,
) -> dict[str, Day]:
    """Return the work that was due on a day before today and still waits, with that day; what runs does not wait.

    ``phases``: those that held at the end of that day and hold now. ``since``: the day from which the schedule is as it
    is; what was never done waits from then on, or from the first run of any work when it is not known.
    """
    first = since if since is not None else min((each.day for each in ran), default=today)
    found: dict[str, Day] = {}
    for duty in schedule.duties:
        mine = [each for each in ran if each.work == duty.work]
        due_on = max(_done(mine), default=first - duty.every_days) + duty.every_days
        runs = any(each.outcome is None for each in mine)
        if due_on < today and not runs and which(dict.fromkeys(duty.phases), phases, seasons) is not None:
            found[duty.work.value] = due_on
    return found


def _done(ran: Sequence[Ran]) -> list[Day]:
    return [each.day for each in ran if each.outcome not in UNDONE]


def _is_due(duty: Duty, ran: Sequence[Ran], day: Day, now: Instant) -> bool:
    tries = [each for each in ran if each.day == day and each.outcome != Outcome.LATER]
    if len(tries) >= MOST_TRIES:
        return False
    undone = [each.ended_at or each.began_at for each in ran if each.outcome in UNDONE]
    if undone and now - max(undone) < BETWEEN_TRIES:
        return False
    done = _done(ran)
    return not done or day - max(done) >= duty.every_days
