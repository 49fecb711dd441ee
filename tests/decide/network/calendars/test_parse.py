"""seasons.yaml to seasons: what is accepted, and every problem with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.model import Problem
from fieldfare.network.calendars.files import SeasonsFile
from fieldfare.network.calendars.model import Season
from fieldfare.network.calendars.parse import parse_seasons


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
