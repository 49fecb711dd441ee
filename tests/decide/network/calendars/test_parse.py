"""seasons.yaml to seasons: what is accepted, and every problem with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.model import Problem
from fieldfare.network.calendars.files import BreakEntry, SchoolCalendarFile, SeasonsFile
from fieldfare.network.calendars.model import IsoWeek, Season, Variant
from fieldfare.network.calendars.parse import link_breaks, parse_school_calendar, parse_seasons


def read(*seasons: dict[str, Any]) -> tuple[tuple[Season, ...] | None, list[Problem]]:
    return parse_seasons(msgspec.convert({"seasons": list(seasons)}, SeasonsFile))


def entry(name: str = "january", first: str = "01-02", last: str = "02-09", **more: object) -> dict[str, Any]:
    return {"season": name, "peak": {"from": first, "to": last}, **more}


def test_a_whole_season() -> None:
    seasons, problems = read(entry(prepare="4 weeks", cool_down="21 days", locations=["north"]))
    assert not problems
    assert seasons == (Season("january", "01-02", "02-09", 28, 21, ("north",)),)


def test_nothing_is_a_calendar_too() -> None:
    assert read() == ((), [])


@pytest.mark.parametrize(
    ("season", "path"),
    [
        (entry(first="02-30"), ("seasons", 0, "peak", "from")),
        (entry(last="13-01"), ("seasons", 0, "peak", "to")),
        (entry(last="00-10"), ("seasons", 0, "peak", "to")),
        (entry(prepare="28"), ("seasons", 0, "prepare")),
        (entry(cool_down="36 hours"), ("seasons", 0, "cool_down")),
        (entry(name="peak"), ("seasons", 0, "season")),
        (entry(prepare="200 days", cool_down="200 days"), ("seasons", 0, "peak")),
        (entry(at=[{"locations": ["north"]}]), ("seasons", 0, "at", 0)),
        (entry(exact=[{"year": 2027}]), ("seasons", 0, "exact", 0)),
        (entry(exact=[{"year": 2027, "from": "2027-02-30"}]), ("seasons", 0, "exact", 0, "from")),
        (entry(exact=[{"year": 2027, "from": "2030-01-01"}]), ("seasons", 0, "exact", 0, "from")),
        (entry(exact=[{"year": 2027, "from": "2027-02-01", "to": "2027-01-01"}]), ("seasons", 0, "exact", 0, "to")),
        (
            entry(at=[{"locations": ["a"], "prepare": "1 day"}, {"locations": ["a"], "cool_down": "1 day"}]),
            ("seasons", 0, "at", 1, "locations", 0),
        ),
        (entry(at=[{"locations": ["a"], "prepare": "300 days", "cool_down": "60 days"}]), ("seasons", 0, "at", 0)),
        (
            {"season": "x", "peak": {"from": {"holiday": "Easter Monday", "country": "DE"}, "to": "04-15"}},
            ("seasons", 0, "peak"),
        ),
        (
            {
                "season": "x",
                "peak": {"from": {"holiday": "Easter Monday", "country": "DE"}, "to": "06-15"},
                "mirrored": True,
            },
            ("seasons", 0, "mirrored"),
        ),
    ],
)
def test_problems(season: dict[str, Any], path: tuple[str | int, ...]) -> None:
    seasons, problems = read(season)
    assert seasons is None
    assert [each.path for each in problems] == [path]


def test_a_name_stands_once() -> None:
    _, problems = read(entry(), entry())
    assert [each.what for each in problems] == ["`january` is declared twice"]


def test_leap_day_and_a_whole_year_are_fine() -> None:
    seasons, problems = read(entry(first="02-29", last="03-10"), entry("always", "01-01", "12-30"))
    assert not problems
    assert seasons is not None


def test_variants_and_priority() -> None:
    seasons, problems = read(
        entry(priority=3, mirrored=True, at=[{"locations": ["x"], "peak": {"from": {"week": 2}, "to": "02-01"}}])
    )
    assert not problems
    assert seasons is not None
    assert seasons[0].at == (Variant(("x",), IsoWeek(2, 0), "02-01"),)
    assert (seasons[0].priority, seasons[0].mirrored) == (3, True)


def test_breaks_are_linked_by_the_name_of_their_calendar() -> None:
    file = msgspec.convert(
        {
            "calendar": "berlin",
            "breaks": [
                {"name": "Herbst", "from": "2026-10-19", "to": "2026-10-31"},
                {"name": "Sommer", "from": "2026-07-09", "to": "2026-08-22"},
            ],
        },
        SchoolCalendarFile,
    )
    calendar, problems = parse_school_calendar(file)
    assert calendar is not None
    assert not problems
    seasons, _ = read(
        {"season": "school", "peak": {"school_breaks": "berlin"}},
        {"season": "summer", "peak": {"school_breaks": "berlin", "named": "sommer"}},
        {"season": "other", "peak": {"school_breaks": "hamburg"}},
    )
    linked = link_breaks(seasons or (), {"berlin": calendar})
    assert [len(each.breaks.spells) if each.breaks else 0 for each in linked] == [2, 1, 0]


def test_a_break_needs_real_days() -> None:
    file = SchoolCalendarFile("x", [BreakEntry("a", "2026-02-30", "2026-03-01")])
    assert [each.path for each in parse_school_calendar(file)[1]] == [("breaks", 0)]
