"""Which phases hold for a location at an instant, and when that changes next. Pure; days are the location's own.

Exactly one phase of each season holds at every place and instant; where a season does not apply, its ``off`` holds.
Both spellings are given: ``january.peak`` and the plain ``peak``. A plain phase holds when any season is in it; plain
``off`` when all are.
"""

from fieldfare.ground.instants import Day, Instant, day_start, local_day, today_in
from fieldfare.network.calendars.model import Phase, Season
from fieldfare.network.calendars.spells import Spell, spell_of
from fieldfare.network.calendars.stretches import phase_on
from fieldfare.network.locations.model import Locations

Answer = tuple[frozenset[str], Instant | None]

_KEPT_DAYS = 4_096


class Calendar:
    """The seasons of a workspace over its tree of places. Answers are kept per set of seasons, zone and local day."""

    __slots__ = ("_answers", "_everywhere", "_places", "_spells", "_workspace_zone", "seasons")

    def __init__(self, seasons: tuple[Season, ...], locations: Locations, workspace_zone: str) -> None:
        """Work out once which seasons hold where. ``workspace_zone`` serves places without a zone of their own."""
        self.seasons = seasons
        self._workspace_zone = workspace_zone
        self._answers: dict[tuple[int, str, Day], Answer] = {}
        self._spells: dict[tuple[str, int, int, str, Day], tuple[Spell | None, Instant | None]] = {}
        self._everywhere = self._mask(None, locations)
        self._places = {
            place.name: (self._mask(place.name, locations), place.zone or workspace_zone) for place in locations.places
        }

    def _mask(self, location: str | None, locations: Locations) -> int:
        """Return the set of seasons that apply to the place, as bits by position."""
        mask = 0
        for index, season in enumerate(self.seasons):
            if not season.locations or any(locations.within(location, name) for name in season.locations):
                mask |= 1 << index
        return mask

    def holds(self, location: str | None, now: Instant) -> Answer:
        """Return the phases in force at the place, and the instant of the next change (``None``: never)."""
        mask, zone = self._at(location)
        key = (mask, zone, local_day(now, zone))
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= _KEPT_DAYS:
                self._answers.clear()
            answer = self._answers[key] = self._answer(*key)
        return answer

    def stretch(self, phase: str, back: int, location: str | None, now: Instant) -> tuple[Spell | None, Instant | None]:
        """Return the days of a stretch of the phase at the place, and the instant at which the answer may change.

        ``back`` 0 asks for the stretch that holds now, 1 for the last that is over, 2 for the one before it.
        """
        mask, zone = self._at(location)
        today = today_in(now, zone)
        key = (phase, back, mask, zone, today)
        answer = self._spells.get(key)
        if answer is None:
            if len(self._spells) >= _KEPT_DAYS:
                self._spells.clear()
            applying = tuple(season for index, season in enumerate(self.seasons) if mask & (1 << index))
            spell, until = spell_of(applying, phase, back, today)
            answer = self._spells[key] = spell, None if until is None else day_start(until, zone)
        return answer

    def _at(self, location: str | None) -> tuple[int, str]:
        """Return the seasons that apply to the place, and its zone."""
        place = self._places.get(location) if location is not None else None
        return place if place is not None else (self._everywhere, self._workspace_zone)

    def _answer(self, mask: int, zone: str, day: Day) -> Answer:
        names: set[str] = set()
        changes: list[Day] = []
        phases: set[Phase] = set()
        for index, season in enumerate(self.seasons):
            phase, until = phase_on(season, day) if mask & (1 << index) else (Phase.OFF, None)
            names.add(f"{season.name}.{phase}")
            phases.add(phase)
            if until is not None:
                changes.append(until)
        names.update(phases - {Phase.OFF} or {Phase.OFF})
        return frozenset(names), day_start(min(changes), zone) if changes else None
