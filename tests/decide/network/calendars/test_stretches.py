"""Days of phases: over the new year, on the leap day, next to each other."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import date_of, day_of
from fieldfare.network.calendars.model import Breaks, Phase, Season
from fieldfare.network.calendars.peaks import peaks_in
from fieldfare.network.calendars.stretches import phase_on, stretches, timeline

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
    assert peaks_in(season, year) == ((day_of(first), day_of(last)),)


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
).filter(lambda s: peaks_in(s, 2024)[0][1] - peaks_in(s, 2024)[0][0] + 1 + s.prepare_days + s.cool_down_days <= 365)


@given(SEASONS, st.integers(day_of(date(2019, 1, 1)), day_of(date(2031, 1, 1))))
def test_the_phase_stays_until_the_change_and_no_longer(season: Season, day: int) -> None:
    phase, until = phase_on(season, day)
    if until is None:
        assert all(phase_on(season, day + ahead)[0] is phase for ahead in range(0, 800, 7))
        return
    assert until > day
    assert phase_on(season, until)[0] is not phase
    assert all(phase_on(season, each)[0] is phase for each in range(day, until)), date_of(day)


def test_where_two_peaks_meet_a_day_is_of_the_peak_first() -> None:
    breaks = Breaks("x", None, ((20_000, 20_010), (20_015, 20_020)))
    line = timeline(Season("school", "", "", 10, 7, breaks=breaks), 2024, 2025)
    told = [(each.phase, each.first_day, each.last_day) for each in line]
    assert told == [
        (Phase.PREPARE, 19_990, 19_999),
        (Phase.PEAK, 20_000, 20_010),
        (Phase.PREPARE, 20_011, 20_014),
        (Phase.PEAK, 20_015, 20_020),
        (Phase.COOL_DOWN, 20_021, 20_027),
    ]


SPELLS = st.lists(st.tuples(st.integers(19_700, 20_400), st.integers(0, 60)), min_size=1, max_size=6)


@given(SPELLS, st.integers(0, 40), st.integers(0, 40), st.integers(19_600, 20_500))
def test_breaks_that_overlap_have_one_phase_a_day(
    drawn: list[tuple[int, int]], prepare: int, cool_down: int, day: int
) -> None:
    spells = tuple((first, first + length) for first, length in drawn)
    season = Season("school", "", "", prepare, cool_down, breaks=Breaks("x", None, spells))
    phase, until = phase_on(season, day)
    in_peak = any(first <= day <= last for first, last in spells)
    assert (phase is Phase.PEAK) == in_peak
    if not in_peak and any(first - prepare <= day < first for first, _ in spells):
        assert phase is Phase.PREPARE
    assert until is None or phase_on(season, until)[0] is not phase
