"""What is asked of dates, read and refused at its place."""

from datetime import date
from typing import Any

import pytest

from fieldfare.ground.instants import day_of
from fieldfare.ground.workspace.model import Duration, Problem
from fieldfare.know.audiences.model import Ahead, Anniversary, OnDay
from fieldfare.know.audiences.parse_dates import parse_date

DAY = day_of(date(2026, 1, 31))
WEEK, MONTH = Duration(7, "day"), Duration(30, "day")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("before", "2026-01-31", OnDay("before", DAY)),
        ("on", date(2026, 1, 31), OnDay("on", DAY)),
        ("within_next", "30 days", Ahead(MONTH)),
        ("ahead", {"at_least": "7 days", "at_most": "30 days"}, Ahead(MONTH, WEEK)),
        ("ahead", {"at_least": "7 days"}, Ahead(None, WEEK)),
        ("anniversary", "today", Anniversary()),
        ("anniversary", {"within_next": "1 week"}, Anniversary(7)),
    ],
)
def test_what_is_read(key: str, value: Any, expected: object) -> None:
    problems: list[Problem] = []
    assert parse_date(key, value, (), problems) == expected
    assert problems == []


@pytest.mark.parametrize(
    ("key", "value", "path", "part"),
    [
        ("before", "31.1.2026", ("before",), "2026-01-31"),
        ("after", "2026-02-30", ("after",), "not a date"),
        ("on", 20260131, ("on",), "not a date"),
        ("within_next", "30", ("within_next",), "30 days"),
        ("ahead", "30 days", ("ahead",), "at_least: 10 days"),
        ("ahead", {"at_leest": "3 days"}, ("ahead", "at_leest"), "Did you mean `at_least`?"),
        ("ahead", {"at_least": "30 days", "at_most": "7 days"}, ("ahead",), "exclude"),
        ("ahead", {"at_least": "3 hours", "at_most": "7 days"}, ("ahead",), "same kind of unit"),
        ("ahead", {"at_least": "3"}, ("ahead", "at_least"), "3 days"),
        ("anniversary", "tomorrow", ("anniversary",), "anniversary: today"),
        ("anniversary", {"within_next": "3 hours"}, ("anniversary", "within_next"), "a day"),
        ("anniversary", {"within_next": "400 days"}, ("anniversary", "within_next"), "at most 300 days"),
        ("anniversary", {"within_next": "soon"}, ("anniversary", "within_next"), "number and a unit"),
    ],
)
def test_what_is_wrong(key: str, value: Any, path: tuple[str, ...], part: str) -> None:
    problems: list[Problem] = []
    assert parse_date(key, value, (), problems) is None
    assert [problem.path for problem in problems] == [path]
    assert part in f"{problems[0].what} {problems[0].why} {problems[0].fix}"
