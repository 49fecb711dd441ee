"""Peaks as written to their days, and every problem with its place."""

from datetime import date
from typing import Any

import msgspec
import pytest

from fieldfare.ground.instants import day_of
from fieldfare.ground.workspace.model import Problem
from fieldfare.network.calendars.files import HolidaysEntry, PeakEntry
from fieldfare.network.calendars.model import Breaks, IsoWeek, NthWeekday
from fieldfare.network.calendars.parse_peaks import HolidaysMeant, Peak, parse_holidays, parse_peak
from fieldfare.network.calendars.peaks import day_in

FRIDAY = {"nth": 4, "weekday": "thursday", "month": 11, "shift": "1 day"}


def read(peak: dict[str, Any], holidays: dict[str, Any] | None = None) -> tuple[Peak | None, list[Problem]]:
    problems: list[Problem] = []
    entry = None if holidays is None else msgspec.convert(holidays, HolidaysEntry)
    meant = parse_holidays(entry, problems) if entry is not None else HolidaysMeant()
    return parse_peak(msgspec.convert(peak, PeakEntry), ("peak",), meant, problems), problems


@pytest.mark.parametrize(
    ("peak", "expected"),
    [
        ({"from": "01-02", "to": "02-09"}, Peak("01-02", "02-09")),
        ({"from": {"week": 48}, "to": {"week": 49, "weekday": "sunday"}}, Peak(IsoWeek(48, 0), IsoWeek(49, 6))),
        ({"from": FRIDAY, "to": "12-24"}, Peak(NthWeekday(4, 3, 11, 1), "12-24")),
        (
            {"from": {"nth": "last", "weekday": "monday", "month": 8, "shift": "-2 weeks"}, "to": "09-30"},
            Peak(NthWeekday(-1, 0, 8, -14), "09-30"),
        ),
        ({"school_breaks": "berlin", "named": "Sommer"}, Peak(breaks=Breaks("berlin", "Sommer"))),
    ],
)
def test_peaks(peak: dict[str, Any], expected: Peak) -> None:
    assert read(peak) == (expected, [])


def test_holidays_carry_their_days() -> None:
    peak, problems = read(
        {"from": {"holiday": "Good Friday", "shift": "-7 days"}, "to": {"holiday": "founders' day"}},
        {
            "country": "DE",
            "subdivision": "BY",
            "corrections": [{"holiday": "Founders' Day", "on": "2026-04-20"}],
        },
    )
    assert not problems
    assert peak is not None
    assert day_in(peak.starts, 2026) == day_of(date(2026, 3, 27))
    assert day_in(peak.ends, 2026) == day_of(date(2026, 4, 20))
    assert day_in(peak.ends, 2027) is None


def test_a_subdivision_is_not_that_of_another_country() -> None:
    peak, problems = read(
        {"from": {"holiday": "Republic Day", "country": "PT"}, "to": "12-31"}, {"country": "DE", "subdivision": "BY"}
    )
    assert not problems
    assert peak is not None


@pytest.mark.parametrize(
    ("peak", "holidays", "path"),
    [
        ({"from": "02-30", "to": "03-01"}, None, ("peak", "from")),
        ({"from": "01-01"}, None, ("peak",)),
        ({}, None, ("peak",)),
        ({"from": {}, "to": "03-01"}, None, ("peak", "from")),
        ({"from": {"week": 3, "holiday": "x"}, "to": "03-01"}, None, ("peak", "from")),
        ({"from": {"nth": 3, "month": 2}, "to": "03-01"}, None, ("peak", "from")),
        ({"from": {"week": 3, "country": "DE"}, "to": "03-01"}, None, ("peak", "from", "country")),
        ({"from": {"week": 3, "shift": "5"}, "to": "03-01"}, None, ("peak", "from", "shift")),
        ({"from": {"week": 3, "shift": "36 hours"}, "to": "03-01"}, None, ("peak", "from", "shift")),
        ({"from": {"week": 3, "shift": "300 days"}, "to": "03-01"}, None, ("peak", "from", "shift")),
        ({"from": {"holiday": "Easter Monday"}, "to": "05-01"}, None, ("peak", "from")),
        ({"from": {"holiday": "Easter Mnday"}, "to": "05-01"}, {"country": "DE"}, ("peak", "from", "holiday")),
        ({"from": {"holiday": "x", "country": "XX"}, "to": "05-01"}, None, ("peak", "from", "country")),
        ({"from": "01-01", "to": "02-01"}, {"country": "DEU"}, ("holidays", "country")),
        ({"from": "01-01", "to": "02-01"}, {"country": "DE", "subdivision": "Bavaria"}, ("holidays", "subdivision")),
        ({"from": "01-01", "to": "02-01"}, {"subdivision": "BY"}, ("holidays", "subdivision")),
        ({"from": "01-01", "to": "02-01"}, {"corrections": [{"holiday": "x"}]}, ("holidays", "corrections", 0)),
        (
            {"from": "01-01", "to": "02-01"},
            {"corrections": [{"holiday": "x", "on": "2026-02-30"}]},
            ("holidays", "corrections", 0, "on"),
        ),
        ({"school_breaks": "berlin", "from": "01-01"}, None, ("peak",)),
        ({"from": "01-01", "to": "02-01", "named": "x"}, None, ("peak", "named")),
    ],
)
def test_problems(peak: dict[str, Any], holidays: dict[str, Any] | None, path: tuple[str | int, ...]) -> None:
    _, problems = read(peak, holidays)
    assert [each.path for each in problems] == [path]
    assert all(each.what and each.why and each.fix for each in problems)


def test_a_slip_of_the_pen_is_told() -> None:
    _, problems = read({"from": {"holiday": "Easter Mnday", "country": "DE"}, "to": "05-01"})
    assert "Easter Monday" in problems[0].fix
