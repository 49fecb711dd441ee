"""Fakes of what audiences ask the network for: a calendar with a written schedule, a tree of places from a mapping."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from fieldfare.ground.instants import Day, Instant, local_day
from fieldfare.network.calendars.model import Season


class ScheduledPhases:
    """Phases by location from a written schedule: (instant from which, phases that hold), sorted by instant."""

    seasons: Sequence[Season] = ()

    def __init__(self, schedule: Mapping[str | None, Sequence[tuple[Instant, frozenset[str]]]]) -> None:
        """Take the schedule; a location that it does not name counts as ``None``."""
        self._schedule = schedule

    def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
        """Return the phases that hold, and the next instant of the schedule."""
        entries = self._entries(location)
        place = bisect_right(entries, now, key=lambda entry: entry[0])
        phases = entries[place - 1][1] if place else frozenset[str]()
        return phases, entries[place][0] if place < len(entries) else None

    def stretch(
        self, phase: str, back: int, location: str | None, now: Instant
    ) -> tuple[tuple[Day, Day] | None, Instant | None]:
        """Return the days, in UTC, of the stretch that holds (0), the last one that is over (1), and so on.

        What begins with the first entry of the schedule has no known first day, what the last one begins no last.
        """
        entries = self._entries(location)
        runs: list[list[Instant]] = []
        for (at, phases), (until, _) in pairwise(entries):
            if phase in phases and runs and runs[-1][1] == at:
                runs[-1][1] = until
            elif phase in phases and at > entries[0][0]:
                runs.append([at, until])
        change = next((at for at, _ in entries if at > now), None)
        over = [run for run in runs if run[1] <= now]
        holding = [run for run in runs if run[0] <= now < run[1]]
        found = (holding[0] if holding else None) if back == 0 else over[-back] if len(over) >= back else None
        return (None if found is None else (local_day(found[0], "UTC"), local_day(found[1] - 1, "UTC"))), change

    def _entries(self, location: str | None) -> Sequence[tuple[Instant, frozenset[str]]]:
        return self._schedule.get(location, self._schedule.get(None, ()))


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
