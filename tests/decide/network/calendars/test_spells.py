"""Stretches of phases, against a reading that walks day by day."""

from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.ground.instants import Day, date_of, day_of
from fieldfare.network.calendars.model import Phase, Season
from fieldfare.network.calendars.spells import REACH_DAYS, joined, spell_of, without
from fieldfare.network.calendars.stretches import phase_on
from tests.amounts import examples

JANUARY = Season("january", "01-02", "02-09", 28, 21)
CHRISTMAS = Season("christmas", "12-20", "01-05", 10, 3)
AUTUMN = Season("autumn", "09-01", "10-05", 0, 300)
LEAP = Season("leap", "02-29", "03-02", 1, 0)


@cache
def phase_of(season: Season, day: Day) -> Phase:
    return phase_on(season, day)[0]


def holds(seasons: tuple[Season, ...], phase: str, day: Day) -> bool:
    name, _, plain = phase.rpartition(".")
    phases = [phase_of(season, day) for season in seasons if not name or season.name == name]
    if plain == Phase.OFF:
        return bool(phases) and all(each is Phase.OFF for each in phases)
    return Phase(plain) in phases


def walked(seasons: tuple[Season, ...], phase: str, back: int, today: Day) -> tuple[Day, Day] | None:
    day, runs, end = today, list[tuple[Day, Day]](), None
    is_on = holds(seasons, phase, today)
    if is_on:
        last = today
        while holds(seasons, phase, last + 1):
            last += 1
        end = last
    for day in range(today, today - 4 * 366, -1):
        now_on = holds(seasons, phase, day)
        if now_on and end is None:
            end = day
        if not now_on and end is not None:
            runs.append((day + 1, end))
            end = None
    if back == 0:
        return runs[0] if is_on and runs else None
    over = runs[1:] if is_on else runs
    return over[back - 1] if len(over) >= back else None


@settings(max_examples=examples(80), deadline=None)
@given(
    st.lists(st.sampled_from([JANUARY, CHRISTMAS, AUTUMN, LEAP]), min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from(["peak", "prepare", "cool_down", "off", "january.peak", "christmas.off", "leap.off"]),
    st.integers(0, 2),
    st.dates(date(2023, 1, 1), date(2026, 1, 1)).map(day_of),
)
def test_stretches_are_those_that_a_walk_finds(seasons: tuple[Season, ...], phase: str, back: int, today: Day) -> None:
    found, until = spell_of(seasons, phase, back, today)
    assert found == walked(seasons, phase, back, today)
    if found is not None:
        assert found[0] > today - REACH_DAYS * (back + 3)
    if until is None:
        assert found is None  # no such stretch in any year
        return
    assert until > today
    for day in {today, until - 1, (today + until) // 2}:
        assert spell_of(seasons, phase, back, day)[0] == found


@pytest.mark.parametrize(
    ("phase", "back", "today", "first", "last"),
    [
        ("january.peak", 1, date(2026, 2, 10), date(2026, 1, 2), date(2026, 2, 9)),
        ("january.peak", 1, date(2026, 2, 9), date(2025, 1, 2), date(2025, 2, 9)),
        ("january.peak", 0, date(2026, 2, 9), date(2026, 1, 2), date(2026, 2, 9)),
        ("january.peak", 2, date(2026, 2, 10), date(2025, 1, 2), date(2025, 2, 9)),
        ("peak", 0, date(2026, 1, 3), date(2025, 12, 20), date(2026, 2, 9)),  # both in one
        ("off", 1, date(2026, 6, 1), date(2025, 3, 3), date(2025, 12, 4)),
        ("off", 0, date(2026, 6, 1), date(2026, 3, 3), date(2026, 12, 4)),
    ],
)
def test_stretches(phase: str, back: int, today: date, first: date, last: date) -> None:
    found, _ = spell_of((JANUARY, CHRISTMAS), phase, back, day_of(today))
    assert found is not None
    assert (date_of(found[0]), date_of(found[1])) == (first, last)


def test_what_applies_nowhere_has_no_stretch() -> None:
    assert spell_of((), "peak", 1, day_of(date(2026, 1, 1))) == (None, None)
    assert spell_of((JANUARY,), "winter.peak", 1, day_of(date(2026, 1, 1))) == (None, None)
    assert spell_of((JANUARY,), "january.peak", 0, day_of(date(2026, 6, 1)))[0] is None


@pytest.mark.parametrize(
    ("spell", "taken", "left"),
    [
        ((1, 9), [], [(1, 9)]),
        ((1, 9), [(3, 4)], [(1, 2), (5, 9)]),
        ((1, 9), [(0, 2), (8, 12)], [(3, 7)]),
        ((1, 9), [(0, 12)], []),
        ((1, 9), [(10, 12)], [(1, 9)]),
        ((1, 9), [(1, 1), (9, 9)], [(2, 8)]),
    ],
)
def test_without(spell: tuple[int, int], taken: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    assert without(spell, taken) == left


def test_joined() -> None:
    assert joined([(5, 6), (1, 2), (3, 3), (6, 9)]) == [(1, 3), (5, 9)]
