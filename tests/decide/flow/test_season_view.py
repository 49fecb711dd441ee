"""Seasons as they are told: places that are alike together, days that make sense."""

from datetime import date

import pytest

from fieldfare.flow.season_view import asked_days, places_asked, seasons_told
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import day_of, parse_iso
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.model import Season
from fieldfare.network.locations.model import Location, Locations

PLACES = Locations(
    (Location("kiel", "north", "Europe/Berlin"), Location("hamburg", "north", "Europe/Berlin"), Location("porto"))
)
CALENDAR = Calendar((Season("january", "01-02", "02-09", 28, 21, ("north",)),), PLACES, "Europe/Lisbon")
TODAY = day_of(date(2026, 12, 1))


def test_places_that_are_alike_stand_together() -> None:
    told = seasons_told(CALENDAR, PLACES, None, (TODAY, TODAY + 60), parse_iso("2026-12-10T12:00:00Z"))
    assert [group["places"] for group in told["places"]] == [["kiel", "hamburg"], ["porto"]]
    north, rest = told["places"]
    assert north["phases"] == ["january.prepare", "prepare"]
    assert [(each["phase"], each["from"], each["to"]) for each in north["stretches"]] == [
        ("prepare", "2026-12-05", "2027-01-01"),
        ("peak", "2027-01-02", "2027-02-09"),
    ]
    assert rest["stretches"] == []


def test_days() -> None:
    assert asked_days(None, None, TODAY) == (TODAY, TODAY + 365)
    assert asked_days("2026-12-05", "2026-12-05", TODAY) == (TODAY + 4, TODAY + 4)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("x", None),
        ("2026-01-02", "2026-01-01"),
        ("2026-01-01", "2036-01-01"),
        ("9999-12-31", None),
        ("0001-01-01", None),
    ],
)
def test_days_that_make_no_sense(first: str, last: str | None) -> None:
    with pytest.raises(CallerError) as caught:
        asked_days(first, last, TODAY)
    assert caught.value.code == "season_days"


def test_places() -> None:
    assert places_asked(PLACES, "north") == ("kiel", "hamburg")
    assert places_asked(Locations(), None) == (None,)
    with pytest.raises(CallerError) as caught:
        places_asked(PLACES, "nort")
    assert "north" in caught.value.message
