"""What audiences ask of the network, held by the real calendar and tree, the stand-ins and the fakes."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from fieldfare.ground.instants import DAY, day_start, local_day, parse_iso
from fieldfare.know.audiences.ports import FlatPlaces, NoPhases, Phases, Places
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.model import Season
from fieldfare.network.locations.model import Location, Locations
from fieldfare.testing.places import MappedPlaces, ScheduledPhases

START_AT = parse_iso("2026-01-01T00:00:00")
TREE = Locations((Location("north", "coast", "Europe/Lisbon"), Location("south", "inland")))
SEASONS = (Season("january", "01-02", "02-09", 28, 21, ("coast",)), Season("autumn", "09-01", "10-15", 10, 5))

PHASES: dict[str, Callable[[], Phases]] = {
    "calendar": lambda: Calendar(SEASONS, TREE, "Europe/Berlin"),
    "none": NoPhases,
    "scheduled": lambda: ScheduledPhases(
        {
            None: [(0, frozenset({"off"}))],
            "north": [(START_AT + 9 * DAY, frozenset({"peak"})), (START_AT + 40 * DAY, frozenset({"off"}))],
        }
    ),
}
PLACES: dict[str, Callable[[], Places]] = {
    "tree": lambda: TREE,
    "mapped": lambda: MappedPlaces({"north": "coast", "south": "inland"}),
    "flat": FlatPlaces,
}


class Stuck:
    """A planted fault: a calendar whose next change never moves on."""

    seasons: Sequence[Season] = ()

    def holds(self, location: str | None, now: int) -> tuple[frozenset[str], int | None]:
        return frozenset({"peak"} if now > START_AT + 5 * DAY else ()), START_AT + 9 * DAY

    def stretch(self, phase: str, back: int, location: str | None, now: int) -> tuple[tuple[int, int] | None, int]:
        return (now // DAY - 1, now // DAY) if back else None, START_AT + 9 * DAY


def faults(phases: Phases, location: str | None) -> list[str]:
    """Return what is wrong: a change that does not lie ahead, or phases that change before it."""
    found = []
    for step in range(0, 400 * 24, 7):
        now = START_AT + step * (DAY // 24)
        names, change = phases.holds(location, now)
        if change is not None and change <= now:
            found.append(f"the change at {now} does not lie ahead")
            continue
        until = now + 500 * DAY if change is None else change
        found.extend(
            f"the phases at {now} changed by {at}, before {until}"
            for at in (now + 1, (now + until) // 2, until - 1)
            if phases.holds(location, at)[0] != names
        )
    return found


def stretch_faults(phases: Phases, location: str | None, phase: str) -> list[str]:
    """Return what is wrong with stretches: changes that do not lie ahead, answers that change before, a wrong order."""
    found = []
    for step in range(0, 400 * 24, 101):
        now = START_AT + step * (DAY // 24)
        asked = [phases.stretch(phase, back, location, now) for back in (0, 1, 2)]
        known = [spell for spell, _ in asked if spell is not None]
        if any(one[0] <= other[1] for one, other in pairwise(known)) or any(first > last for first, last in known):
            found.append(f"the stretches at {now} are not in order: {known}")
        for back, (spell, change) in enumerate(asked):
            if change is not None and change <= now:
                found.append(f"the change at {now} does not lie ahead")
                continue
            until = now + 500 * DAY if change is None else change
            found.extend(
                f"the stretch at {now} changed by {at}, before {until}"
                for at in (now + 1, (now + until) // 2, until - 1)
                if phases.stretch(phase, back, location, at)[0] != spell
            )
    return found


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("location", ["north", "south", None, "unknown"])
@pytest.mark.parametrize("phase", ["peak", "off", "january.peak"])
def test_stretches_stay_until_the_change_that_was_promised(name: str, location: str | None, phase: str) -> None:
    assert stretch_faults(PHASES[name](), location, phase) == []
    assert PHASES[name]().stretch(phase, 1, "unknown", START_AT) == PHASES[name]().stretch(phase, 1, None, START_AT)


def test_stretches_that_break_their_promise_are_caught() -> None:
    assert stretch_faults(Stuck(), None, "peak")


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("location", ["north", "south", None, "unknown"])
def test_phases_stay_until_the_change_that_was_promised(name: str, location: str | None) -> None:
    assert faults(PHASES[name](), location) == []


@pytest.mark.parametrize("name", PHASES)
def test_an_unknown_location_is_as_none(name: str) -> None:
    phases = PHASES[name]()
    for day in range(0, 400, 11):
        now = day_start(local_day(START_AT, "UTC") + day, "UTC")
        assert phases.holds("unknown", now) == phases.holds(None, now)


def test_a_calendar_that_breaks_its_promise_is_caught() -> None:
    assert faults(Stuck(), None)


@pytest.mark.parametrize("name", PLACES)
def test_a_location_lies_in_itself_and_in_nothing_unknown(name: str) -> None:
    places = PLACES[name]()
    assert places.within("north", "north")
    assert not places.within("north", "south")
    assert not places.within("north", "nowhere")
    assert not places.within("nowhere", "coast")


@pytest.mark.parametrize("name", ["tree", "mapped"])
def test_a_location_lies_in_its_region(name: str) -> None:
    assert PLACES[name]().within("north", "coast")
    assert not PLACES[name]().within("south", "coast")
