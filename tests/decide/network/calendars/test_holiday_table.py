"""Tables of holidays: their names, corrections, and what is implausible in them."""

from datetime import date

import pytest

from fieldfare.ground.instants import day_of
from fieldfare.network.calendars.holiday_table import (
    FIRST_YEAR,
    YEARS,
    Correction,
    UnknownPlaceError,
    days_of,
    doubts,
    table,
    version,
)


def on(year: int, days: tuple[int | None, ...] | None) -> int | None:
    assert days is not None
    return days[year - FIRST_YEAR]


def test_known_days() -> None:
    days = days_of("good friday", table("DE"), ())
    assert on(2026, days) == day_of(date(2026, 4, 3))
    assert on(2027, days) == day_of(date(2027, 3, 26))
    assert on(2024, days_of("Thanksgiving Day", table("US"), ())) == day_of(date(2024, 11, 28))


def test_a_subdivision_has_its_own() -> None:
    assert days_of("Corpus Christi", table("DE", "BY"), ()) is not None
    assert days_of("Corpus Christi", table("DE", "BE"), ()) is None


@pytest.mark.parametrize(("country", "subdivision", "what"), [("XX", None, "country"), ("DE", "ZZ", "subdivision")])
def test_unknown_places(country: str, subdivision: str | None, what: str) -> None:
    with pytest.raises(UnknownPlaceError) as caught:
        table(country, subdivision)
    assert caught.value.what == what
    assert caught.value.known


def test_corrections_come_first() -> None:
    moved = Correction("Good Friday", 2026, day_of(date(2026, 4, 10)))
    gone = Correction("GOOD FRIDAY", 2027, None)
    days = days_of("Good Friday", table("DE"), (moved, gone))
    assert on(2026, days) == day_of(date(2026, 4, 10))
    assert on(2027, days) is None
    assert on(2028, days) == day_of(date(2028, 4, 14))


def test_a_day_of_ones_own_needs_no_table() -> None:
    days = days_of("Founders' Day", {}, (Correction("Founders' Day", 2026, 20_000),))
    assert on(2026, days) == 20_000
    assert days_of("Founders' Day", {}, ()) is None


@pytest.mark.parametrize("name", ["Easter Monday", "Ascension Day", "Christmas Day", "New Year's Day"])
def test_the_usual_holidays_are_plausible(name: str) -> None:
    days = days_of(name, table("DE"), ())
    assert days is not None
    assert doubts(name, days) == []


def test_what_is_implausible() -> None:
    days = list(days_of("Christmas Day", table("DE"), ()) or ())
    days[2030 - FIRST_YEAR] = None
    days[2031 - FIRST_YEAR] = None
    days[2035 - FIRST_YEAR] = day_of(date(2035, 3, 25))
    told = doubts("Christmas Day", tuple(days))
    assert "2030 to 2031" in told[0]
    assert "90 days later in 2035 than in 2034" in told[1]


def test_the_tables_say_their_version() -> None:
    assert version()[0].isdigit()
    assert len(days_of("Christmas Day", table("DE"), ()) or ()) == len(YEARS)
