"""Days that move: ISO weeks, weekdays of a month, holidays; the other hemisphere; variants."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import date_of, day_of
from fieldfare.network.calendars.model import Anchor, Breaks, Exact, HolidayDay, IsoWeek, NthWeekday, Season, Variant
from fieldfare.network.calendars.peaks import day_in, mirrored, peaks_in, varied

EASTER = HolidayDay("Easter", "DE", None, 2025, (day_of(date(2025, 4, 20)), None, day_of(date(2027, 3, 28))))


@pytest.mark.parametrize(
    ("anchor", "year", "expected"),
    [
        ("02-29", 2026, date(2026, 2, 28)),
        ("02-29", 2028, date(2028, 2, 29)),
        (IsoWeek(1, 0), 2026, date(2025, 12, 29)),  # the first ISO week begins in the old year
        (IsoWeek(53, 6), 2026, date(2027, 1, 3)),
        (IsoWeek(53, 0), 2025, date(2025, 12, 22)),  # 2025 has 52 weeks
        (NthWeekday(4, 3, 11), 2026, date(2026, 11, 26)),  # Thanksgiving
        (NthWeekday(4, 3, 11, 1), 2024, date(2024, 11, 29)),  # the Friday after it is not the fourth of every November
        (NthWeekday(-1, 0, 5), 2026, date(2026, 5, 25)),
        (NthWeekday(-1, 6, 5), 2026, date(2026, 5, 31)),
        (NthWeekday(1, 4, 5), 2026, date(2026, 5, 1)),
        (EASTER, 2025, date(2025, 4, 20)),
        (EASTER, 2026, None),
        (EASTER, 2027, date(2027, 3, 28)),
        (EASTER, 2024, None),
        (EASTER, 2028, None),
    ],
)
def test_days(anchor: Anchor, year: int, expected: date | None) -> None:
    assert day_in(anchor, year) == (None if expected is None else day_of(expected))


def test_a_year_that_a_table_does_not_know_has_no_peak() -> None:
    season = Season("easter", EASTER, "04-30", 0, 0)
    assert [len(peaks_in(season, year)) for year in (2024, 2025, 2026, 2027, 2028)] == [0, 1, 0, 1, 0]


def test_a_peak_between_things_that_move_ends_after_it_begins() -> None:
    season = Season("turn", NthWeekday(-1, 0, 12), "01-06", 0, 0)
    ((first, last),) = peaks_in(season, 2026)
    assert (date_of(first), date_of(last)) == (date(2026, 12, 28), date(2027, 1, 6))


def test_school_breaks_belong_to_the_year_in_which_they_begin() -> None:
    spells = tuple((day_of(date(2026, 12, day)), day_of(date(2027, 1, 2))) for day in (23,))
    season = Season("school", "", "", 0, 0, breaks=Breaks("berlin", None, spells))
    assert (peaks_in(season, 2026), peaks_in(season, 2027)) == (spells, ())


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("06-01", "12-01"),
        ("08-31", "02-29"),  # the last day stays the last
        ("12-31", "06-30"),
        ("08-30", "02-29"),
        ("02-28", "08-31"),
        ("12-20", "06-20"),
        ("02-29", "08-31"),
        (IsoWeek(50, 2), IsoWeek(24, 2)),
        (NthWeekday(4, 3, 11), NthWeekday(4, 3, 5)),
    ],
)
def test_half_a_year_later(anchor: Anchor, expected: Anchor) -> None:
    assert mirrored(Season("any", anchor, anchor, 0, 0)).starts == expected


DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda each: each.strftime("%m-%d"))


@given(DAYS, st.integers(2020, 2030))
def test_what_is_mirrored_lies_half_a_year_away(month_day: str, year: int) -> None:
    other = mirrored(Season("any", month_day, month_day, 0, 0)).starts
    here, there = day_in(month_day, year), day_in(other, year)
    assert here is not None
    assert there is not None
    assert 178 <= abs(here - there) <= 187


def test_a_variant_keeps_what_it_does_not_say() -> None:
    season = Season("january", "01-02", "02-09", 28, 21, priority=3)
    assert varied(season, Variant(("x",), prepare_days=7)) == Season("january", "01-02", "02-09", 7, 21, priority=3)
    assert varied(season, Variant(("x",), "01-10", "01-20")) == Season("january", "01-10", "01-20", 28, 21, priority=3)
    assert varied(season, Variant(("x",), breaks=Breaks("s"))).breaks == Breaks("s")


def test_a_person_says_the_days_of_one_year() -> None:
    said = (Exact(2026, day_of(date(2026, 1, 9))), Exact(2027, None, day_of(date(2027, 2, 20))))
    season = Season("january", "01-02", "02-09", 28, 21, exact=said)
    days = [[date_of(day).isoformat() for day in peaks_in(season, year)[0]] for year in (2025, 2026, 2027)]
    assert days == [["2025-01-02", "2025-02-09"], ["2026-01-09", "2026-02-09"], ["2027-01-02", "2027-02-20"]]


def test_what_a_person_said_of_the_season_is_not_said_of_other_days_elsewhere() -> None:
    season = Season("january", "01-02", "02-09", 28, 21, exact=(Exact(2026, 20_000),))
    assert varied(season, Variant(("x",), "01-10", "01-20")).exact == ()
    assert varied(season, Variant(("x",), prepare_days=1)).exact == season.exact
