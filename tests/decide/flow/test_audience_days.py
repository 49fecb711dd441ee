"""Parts of an hour or a day are put together to local days, where clocks are changed too."""

from typing import Any

import pytest

from fieldfare.flow.audience_days import BEFORE, days_of, grain_of
from fieldfare.ground.instants import DAY, HOUR, MINUTE, day_start, parse_iso

SPRING = parse_iso("2026-03-27T12:00:00+00:00") // DAY
"""Clocks go forward in Berlin two days later."""


def starts(zone: str, first: int, count: int) -> list[int]:
    return [day_start(first + each, zone) for each in range(count)]


def row(part: int, joined: int, left: int = 0) -> dict[str, Any]:
    return {"part": part, "joined": joined, "joined_live": joined, "left_": left}


@pytest.mark.parametrize(
    ("zone", "count", "grain"),
    [("UTC", 4, DAY), ("Europe/Berlin", 2, DAY), ("Europe/Berlin", 5, HOUR), ("Europe/Berlin", 1, DAY)],
)
def test_a_part_lies_in_one_day(zone: str, count: int, grain: int) -> None:
    assert grain_of(starts(zone, SPRING, count)) == grain


def test_half_an_hour_where_clocks_are_changed_by_that() -> None:
    first = parse_iso("2026-04-04T00:00:00+00:00") // DAY
    assert grain_of(starts("Australia/Lord_Howe", first, 3)) == 30 * MINUTE


def test_what_came_before_counts_in_the_size_alone_and_what_comes_later_on_the_last_day() -> None:
    begins = starts("Europe/Berlin", SPRING, 4)
    parts = [row(BEFORE, 9, 2), row(0, 1), row(23, 1), row(24, 0, 1), row(70, 4), row(71, 5), row(200, 1)]
    found = days_of(parts, SPRING, begins, HOUR)
    assert [(each["day"], each["joined"], each["left"], each["size"]) for each in found] == [
        ("2026-03-27", 2, 0, 9),
        ("2026-03-28", 0, 1, 8),
        ("2026-03-29", 4, 0, 12),
        ("2026-03-30", 6, 0, 18),
    ], "the 29th has 23 hours"
