"""Days of phases: over the new year, on the leap day, next to each other."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import date_of, day_of
from fieldfare.network.calendars.model import Phase, Season
from fieldfare.network.calendars.stretches import peak_of, phase_on, stretches

JANUARY = Season("january", "01-02", "02-09", 28, 21)
CHRISTMAS = Season("christmas", "12-20", "01-05", 10, 3)
LEAP = Season("leap", "02-29", "03-02", 1, 0)


@pytest.mark.parametrize(
    ("season", "year", "first", "last"),
    [
        (JANUARY, 2026, date(2026, 1, 2), date(2026, 2, 9)),
        (CHRISTMAS, 2025, date(2025, 12, 20), date(2026, 1, 5)),
        (LEAP, 2024, date(2024, 2, 29), date(2024, 3, 2)),
        (LEAP, 2026, date(2026, 2, 28), date(2026, 3, 2)),
    ],
)
def test_peaks(season: Season, year: int, first: date, last: date) -> None:
    assert peak_of(season, year) == (day_of(first), day_of(last))


@pytest.mark.parametrize(
    ("season", "day", "phase", "until"),
    [
        (JANUARY, date(2025, 12, 4), Phase.OFF, date(2025, 12, 5)),
        (JANUARY, date(2025, 12, 5), Phase.PREPARE, date(2026, 1, 2)),
        (JANUARY, date(2026, 1, 1), Phase.PREPARE, date(2026, 1, 2)),
        (JANUARY, date(2026, 1, 2), Phase.PEAK, date(2026, 2, 10)),
        (JANUARY, date(2026, 2, 9), Phase.PEAK, date(2026, 2, 10)),
        (JANUARY, date(2026, 2, 10), Phase.COOL_DOWN, date(2026, 3, 3)),
        (JANUARY, date(2026, 3, 3), Phase.OFF, date(2026, 12, 5)),
        (CHRISTMAS, date(2025, 12, 31), Phase.PEAK, date(2026, 1, 6)),
        (CHRISTMAS, date(2026, 1, 1), Phase.PEAK, date(2026, 1, 6)),
        (LEAP, date(2024, 2, 28), Phase.PREPARE, date(2024, 2, 29)),
        (LEAP, date(2024, 2, 29), Phase.PEAK, date(2024, 3, 3)),
        (LEAP, date(2026, 2, 28), Phase.PEAK, date(2026, 3, 3)),
    ],
)
def test_phases(season: Season, day: date, phase: Phase, until: date) -> None:
    assert phase_on(season, day_of(day)) == (phase, day_of(until))


def test_a_season_without_lead_and_tail_has_only_its_peak() -> None:
    bare = Season("bare", "06-01", "06-01", 0, 0)
    assert [stretch.phase for stretch in stretches(bare, 2026)] == [Phase.PEAK]


def test_a_season_of_the_whole_year_never_changes() -> None:
    always = Season("always", "01-01", "12-31", 0, 0)
    assert phase_on(always, day_of(date(2026, 12, 31))) == (Phase.PEAK, None)


SEASONS = st.builds(
    Season,
    st.just("any"),
    st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda d: d.strftime("%m-%d")),
    st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda d: d.strftime("%m-%d")),
    st.integers(0, 30),
    st.integers(0, 30),
).filter(lambda s: peak_of(s, 2024)[1] - peak_of(s, 2024)[0] + 1 + s.prepare_days + s.cool_down_days <= 365)


@given(SEASONS, st.integers(day_of(date(2019, 1, 1)), day_of(date(2031, 1, 1))))
def test_the_phase_stays_until_the_change_and_no_longer(season: Season, day: int) -> None:
    phase, until = phase_on(season, day)
    if until is None:
        assert all(phase_on(season, day + ahead)[0] is phase for ahead in range(0, 800, 7))
        return
    assert until > day
    assert phase_on(season, until)[0] is not phase
    assert all(phase_on(season, each)[0] is phase for each in range(day, until)), date_of(day)
