"""Fakes of what audiences ask the network for: a calendar with a written schedule, a tree of places from a mapping."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from fieldfare.ground.instants import Instant


class ScheduledPhases:
    """Phases by location from a written schedule: (instant from which, phases that hold), sorted by instant."""

    def __init__(self, schedule: Mapping[str | None, Sequence[tuple[Instant, frozenset[str]]]]) -> None:
        """Take the schedule; a location that it does not name counts as ``None``."""
        self._schedule = schedule

    def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
        """Return the phases that hold, and the next instant of the schedule."""
        entries = self._schedule.get(location, self._schedule.get(None, ()))
        place = bisect_right(entries, now, key=lambda entry: entry[0])
        phases = entries[place - 1][1] if place else frozenset[str]()
        return phases, entries[place][0] if place < len(entries) else None


class MappedPlaces:
    """A tree of places from a mapping of each place to the one around it."""

    def __init__(self, around: Mapping[str, str]) -> None:
        """Take the mapping; the outermost places are in no key."""
        self._around = around

    def region_of(self, location: str) -> str | None:
        """Return the place around this one."""
        return self._around.get(location)

    def within(self, location: str, name: str) -> bool:
        """Return whether the location is, or lies in, the named place."""
        place: str | None = location
        while place is not None:
            if place == name:
                return True
            place = self._around.get(place)
        return False
