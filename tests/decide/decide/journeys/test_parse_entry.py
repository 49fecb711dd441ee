"""Who enters, as it is written: gates, delays, keys, canaries, and every problem with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.journeys.definition import Dated, Reentry, Rhythm
from fieldfare.decide.journeys.files import EntryEntry
from fieldfare.decide.journeys.parse_entry import read_entry
from fieldfare.ground.instants import HOUR, MINUTE
from fieldfare.ground.workspace.model import Problem


def read(raw: dict[str, Any]) -> tuple[Any, list[tuple[str | int, ...]]]:
    problems: list[Problem] = []
    return read_entry(msgspec.convert(raw, EntryEntry), problems), [each.path for each in problems]


def test_dates_and_schedules_come_again_unless_they_say_otherwise() -> None:
    entry, problems = read({"date": {"trait": "born_on", "before": "7 days", "at": "09:00", "yearly": True}})
    assert (problems, entry.reentry) == ([], Reentry.ALWAYS)
    assert entry.dated == Dated(trait="born_on", days=-7, minute=540, yearly=True)
    entry, _ = read({"date": {"trait": "starts_at", "before": "48 hours"}, "reentry": "never"})
    assert (entry.dated, entry.reentry) == (Dated(trait="starts_at", us=-48 * HOUR), Reentry.NEVER)
    entry, _ = read({"schedule": {"of": "a", "at": "08:30", "weekdays": ["mon", "sun"], "month_days": [1, -1]}})
    assert entry.rhythm == Rhythm(audience="a", minute=510, weekdays=frozenset({0, 6}), month_days=frozenset({1, -1}))


def test_gates_and_delays() -> None:
    raw = {
        "event": "start",
        "key": "booking_id",
        "if": {"trait": "plan", "is": "gold"},
        "settle": {"after": "30 minutes"},
        "confidence": 80,
        "reachable": ["email"],
        "canary": {"locations": ["porto"]},
    }
    entry, problems = read(raw)
    assert (problems, entry.settle_us, entry.key, entry.reachable) == ([], 30 * MINUTE, "booking_id", ("email",))
    assert [gate.reason for gate in entry.gates] == ["condition", "confidence", "canary"]
    assert read({"api": True})[0].by_call
    assert read({"event": "start", "canary": {"share": "5 %"}})[0].canary_share == 0.05


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({}, ("entry",)),
        ({"api": True, "event": "e", "joins": "a"}, ("entry",)),
        ({"joins": "a", "key": "k"}, ("entry", "key")),
        ({"date": {"trait": "t", "before": "1 day", "after": "1 day"}}, ("entry", "date")),
        ({"date": {"trait": "t", "before": "soon"}}, ("entry", "date", "before")),
        ({"date": {"trait": "t", "before": "2 hours", "at": "09:00"}}, ("entry", "date", "at")),
        ({"date": {"trait": "t", "at": "9"}}, ("entry", "date", "at")),
        ({"schedule": {"of": "a", "at": "25:00"}}, ("entry", "schedule", "at")),
        ({"schedule": {"of": "a", "at": "09:00", "month_days": [0]}}, ("entry", "schedule", "month_days")),
        ({"event": "e", "settle": {"after": "0 days"}}, ("entry", "settle", "after")),
        ({"event": "e", "canary": {}}, ("entry", "canary")),
        ({"event": "e", "by_phase": {"high": {"open": False}}}, ("entry", "by_phase", "high")),
        ({"event": "e", "canary": {"share": "100 %"}}, ("entry", "canary", "share")),
    ],
)
def test_problems(raw: dict[str, Any], path: tuple[str | int, ...]) -> None:
    assert read(raw)[1] == [path]
