"""Which phases hold for a location at an instant, and when that changes next. Pure; days are the location's own.

Exactly one phase of each season holds at every place and instant; where a season does not apply, its ``off`` holds.
Both spellings are given: ``january.peak`` and the plain ``peak``. A plain phase holds when any of the leading seasons
is in it, those of the highest priority that are not off; plain ``off`` when all are.
"""

from fieldfare.ground.instants import Day, Instant, day_start, local_day, today_in
from fieldfare.network.calendars.model import Phase, Season, Spell, Stretch, Variant
from fieldfare.network.calendars.peaks import mirrored, varied
from fieldfare.network.calendars.spells import spell_of
from fieldfare.network.calendars.stretches import phase_on, timeline
from fieldfare.network.locations.model import Hemisphere, Locations

Answer = tuple[frozenset[str], Instant | None]

_KEPT_DAYS = 4_096
_Running = tuple[Season | None, ...]


class Calendar:
    """The seasons of a workspace over its tree of places. Answers are kept per set of seasons, zone and local day."""

    __slots__ = ("_answers", "_everywhere", "_places", "_running", "_spells", "seasons", "zone")

    def __init__(self, seasons: tuple[Season, ...], locations: Locations, workspace_zone: str) -> None:
        """Work out once which seasons hold where. ``workspace_zone`` serves places without a zone of their own."""
        self.seasons = seasons
        self.zone = workspace_zone
        self._answers: dict[tuple[int, str, Day], Answer] = {}
        self._spells: dict[tuple[str, int, int, str, Day], tuple[Spell | None, Instant | None]] = {}
        self._running: list[_Running] = []
        self._everywhere = self._number(None, locations)
        self._places = {
            place.name: (self._number(place.name, locations), place.zone or workspace_zone)
            for place in locations.places
        }

    def _number(self, location: str | None, locations: Locations) -> int:
        """Return the number of the seasons as they run at the place; places where they run alike share one."""
        running = tuple(_season_at(season, location, locations) for season in self.seasons)
        if running not in self._running:
            self._running.append(running)
        return self._running.index(running)

    def holds(self, location: str | None, now: Instant) -> Answer:
        """Return the phases in force at the place, and the instant of the next change (``None``: never)."""
        number, zone = self._at(location)
        key = (number, zone, local_day(now, zone))
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= _KEPT_DAYS:
                self._answers.clear()
            answer = self._answers[key] = self._answer(*key)
        return answer

    def anywhere(self, now: Instant) -> frozenset[str]:
        """Return the phases in force in at least one place, for what is judged of all; what is off is off in all."""
        found = frozenset[str]().union(*(self.holds(place, now)[0] for place in (*self._places, None)))
        parts = [name.rpartition(".") for name in found]
        on = {season for season, _, phase in parts if phase != Phase.OFF}
        return frozenset(
            f"{season}{dot}{phase}" for season, dot, phase in parts if phase != Phase.OFF or season not in on
        )

    def next_change(self, now: Instant) -> Instant | None:
        """Return the next instant at which the phases of some place change, ``None``: never."""
        changes = (self.holds(place, now)[1] for place in (*self._places, None))
        return min((at for at in changes if at is not None), default=None)

    def stretch(self, phase: str, back: int, location: str | None, now: Instant) -> tuple[Spell | None, Instant | None]:
        """Return the days of a stretch of the phase at the place, and the instant at which the answer may change.

        ``back`` 0 asks for the stretch that holds now, 1 for the last that is over, 2 for the one before it.
        """
        number, zone = self._at(location)
        today = today_in(now, zone)
        key = (phase, back, number, zone, today)
        answer = self._spells.get(key)
        if answer is None:
            if len(self._spells) >= _KEPT_DAYS:
                self._spells.clear()
            applying = tuple(season for season in self._running[number] if season is not None)
            spell, until = spell_of(applying, phase, back, today)
            answer = self._spells[key] = spell, None if until is None else day_start(until, zone)
        return answer

    def at(self, location: str | None) -> tuple[tuple[Season, ...], str]:
        """Return the seasons as they run at the place, the leading ones first, and its zone."""
        number, zone = self._at(location)
        applying = [season for season in self._running[number] if season is not None]
        return tuple(sorted(applying, key=lambda season: -season.priority)), zone

    def between(self, location: str | None, first: Day, last: Day) -> list[Stretch]:
        """Return the stretches at the place that have a day in [first, last], by first day; those off are left out."""
        years = Day(first // 366 + 1967), Day(last // 365 + 1973)
        found = [each for season in self.at(location)[0] for each in timeline(season, *years)]
        within = [each for each in found if each.first_day <= last and each.last_day >= first]
        return sorted(within, key=lambda each: (each.first_day, each.season))

    def _at(self, location: str | None) -> tuple[int, str]:
        """Return the number of the seasons that run at the place, and its zone."""
        place = self._places.get(location) if location is not None else None
        return place if place is not None else (self._everywhere, self.zone)

    def _answer(self, number: int, zone: str, day: Day) -> Answer:
        names: set[str] = set()
        changes: list[Day] = []
        phases: list[tuple[int, Phase]] = []
        for declared, season in zip(self.seasons, self._running[number], strict=True):
            phase, until = (Phase.OFF, None) if season is None else phase_on(season, day)
            names.add(f"{declared.name}.{phase}")
            if phase is not Phase.OFF:
                phases.append((declared.priority, phase))
            if until is not None:
                changes.append(until)
        leading = max((priority for priority, _ in phases), default=0)
        names.update({phase for priority, phase in phases if priority == leading} or {Phase.OFF})
        return frozenset(names), day_start(min(changes), zone) if changes else None


def _season_at(season: Season, location: str | None, locations: Locations) -> Season | None:
    """Return the season as it runs at the place, ``None`` where it does not apply."""
    if season.locations and not any(locations.within(location, name) for name in season.locations):
        return None
    variant = _variant_at(season.at, location, locations)
    running = season if variant is None else varied(season, variant)
    moved_by_variant = variant is not None and (variant.starts != "" or variant.breaks is not None)
    if season.mirrored and not moved_by_variant and locations.hemisphere(location) is Hemisphere.SOUTH:
        running = mirrored(running)
    return running


def _variant_at(variants: tuple[Variant, ...], location: str | None, locations: Locations) -> Variant | None:
    """Return the variant that names the location, else the one that names its region."""
    named = next((each for each in variants if location in each.locations), None)
    inside = (each for each in variants if any(locations.within(location, name) for name in each.locations))
    return named or next(inside, None)
