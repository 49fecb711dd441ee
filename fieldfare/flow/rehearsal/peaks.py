"""Which peaks of the workspace's seasons lie in a simulation, and when people have had time to come back. Pure."""

from fieldfare.flow.rehearsal.model import Plan
from fieldfare.ground.instants import Day, Instant, day_start, local_day
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.model import Phase

COME_BACK_DAYS = 60
Peak = tuple[str, Day, Day]
"""Season, first and last day."""


def peaks_between(calendar: Calendar, places: tuple[str, ...], start: Instant, end: Instant, zone: str) -> list[Peak]:
    """Return every peak that has a day in the span, once for all places: from its earliest to its latest day."""
    first, last = local_day(start, zone), local_day(end - 1, zone)
    found: dict[tuple[str, int], tuple[Day, Day]] = {}
    for place in (None, *places):
        for each in calendar.between(place, first, last):
            if each.phase is not Phase.PEAK:
                continue
            key = next(
                (key for key, days in found.items() if key[0] == each.season and _near(days, each.first_day)),
                (each.season, each.first_day),
            )
            known = found.get(key, (each.first_day, each.last_day))
            found[key] = min(known[0], each.first_day), max(known[1], each.last_day)
    return sorted((season, *days) for (season, _), days in found.items())


def _near(days: tuple[Day, Day], day: Day) -> bool:
    return days[0] - COME_BACK_DAYS <= day <= days[1] + COME_BACK_DAYS


def whole_peaks(peaks: list[Peak], plan: Plan, zone: str) -> list[tuple[str, Instant, Instant, Instant]]:
    """Return those that lie in the plan with the time after them: season, begin, end, end of that time."""
    found = []
    for season, first, last in peaks:
        begins, ends = day_start(first, zone), day_start(last + 1, zone)
        until = day_start(last + 1 + COME_BACK_DAYS, zone)
        if begins >= plan.start and until <= plan.end:
            found.append((season, begins, ends, until))
    return found
