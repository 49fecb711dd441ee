"""Measures: numbers, rates, averages and baselines; what has no value; and when the truth changes."""

from typing import Any

import pytest

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, Instant, day_start, local_day, parse_iso
from fieldfare.know.audiences.compile_measure import amounts_of, told
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.model import MeasureTest
from tests.decide.know.audiences.definitions import PHASES
from tests.decide.know.audiences.test_compile_values import folded, parsed
from tests.decide.know.worlds import START_AT, make_event

VISITS = {"event": "check_in"}
SPEND = {"event": "order", "sum": "total"}
OPENS = {"rate": ["opened", "sent"]}
NOW = START_AT + 100 * DAY + 12 * HOUR


def ago(**days: list[int]) -> list[Event]:
    """Return events by name, each so many days before now."""
    return [
        make_event(name, at=NOW - back * DAY, payload={"total": 2.5}) for name, backs in days.items() for back in backs
    ]


def state(node: dict[str, Any], made: list[Event], now: Instant = NOW) -> tuple[bool | None, Instant | None]:
    condition = parsed(node)
    return Evaluator([], zone="UTC", phases=PHASES).state(condition, folded(condition, made), now)


def on(back: int) -> Instant:
    """Return the start of the day so many days before today."""
    return START_AT + (100 - back) * DAY


HALF = {"compared_to": {"between": "60 and 31 days ago"}, "down_by": "50 %"}


@pytest.mark.parametrize(
    ("node", "made", "truth", "change"),
    [
        ({"measure": VISITS, "over": "6 days", "above": 1}, ago(check_in=[0, 6]), True, on(-1)),
        ({"measure": VISITS, "over": "6 days", "above": 2}, ago(check_in=[0, 6]), False, None),
        ({"measure": VISITS, "at_least": 2}, ago(check_in=[0, 90]), True, None),
        ({"measure": VISITS, "over": "36 hours", "at_least": 1}, ago(check_in=[1]), True, NOW + 12 * HOUR),
        ({"measure": VISITS, "between": "9 and 2 days ago", "at_least": 1}, ago(check_in=[0]), False, on(-2)),
        ({"measure": SPEND, "over": "30 days", "above": 4.9999}, ago(order=[0, 3]), True, on(-28)),
        ({"measure": SPEND, "over": "30 days", "at_most": 5}, ago(order=[0, 3]), True, None),
        # 2 in 14 days are 1 in 7
        ({"measure": VISITS, "over": "13 days", "per": "7 days", "at_least": 1}, ago(check_in=[0, 9]), True, on(-5)),
        ({"measure": VISITS, "over": "13 days", "per": "7 days", "above": 1}, ago(check_in=[0, 9]), False, None),
        # a rate of a third is not 0.333333
        ({"measure": OPENS, "over": "30 days", "above": 0.333333}, ago(opened=[1], sent=[1, 2, 3]), True, on(-30)),
        ({"measure": OPENS, "over": "30 days", "above": "33.34 %"}, ago(opened=[1], sent=[1, 2, 3]), False, on(-28)),
        ({"measure": OPENS, "over": "30 days", "below": 0.5}, ago(opened=[1]), False, None),  # no rate without sends
        # half of the half, to the event
        ({"measure": VISITS, "over": "30 days", **HALF}, ago(check_in=[1, 2, 40, 41, 42, 43]), True, on(-18)),
        ({"measure": VISITS, "over": "30 days", **HALF}, ago(check_in=[1, 2, 3, 40, 41, 42, 43, 44]), False, on(-28)),
        ({"measure": VISITS, "over": "30 days", **HALF}, ago(check_in=[]), False, None),  # no baseline, no fall
        ({"measure": VISITS, "over": "30 days", **HALF}, ago(check_in=[1]), False, on(-61 + 31)),
        ({"measure": OPENS, "over": "30 days", **HALF}, ago(opened=[1, 40], sent=[1, 2, 40]), True, on(-29)),
        ({"measure": OPENS, "over": "30 days", **HALF}, ago(opened=[40], sent=[40]), False, None),  # no rate now
    ],
)
def test_truths_and_changes(node: dict[str, Any], made: list[Event], truth: bool, change: Instant | None) -> None:
    found, until = state(node, made)
    assert found is truth
    if node.get("compared_to") is None:
        assert until == change
    if until is not None:
        assert until > NOW
        assert state(node, made, until - 1)[0] is truth


def test_a_week_against_the_own_habit() -> None:
    node = {
        "measure": VISITS,
        "over": "6 days",
        "compared_to": {"between": "96 and 7 days ago", "per": "7 days"},
        "below": "50 %",
    }
    habit = list(range(8, 92, 4))  # 21 visits of 90 days: 1.633 a week, half of it 0.8167
    assert state(node, ago(check_in=habit))[0] is True
    assert state(node, ago(check_in=[1, *habit]))[0] is False
    condition = parsed(node)
    assert isinstance(condition, MeasureTest)
    amounts = amounts_of(condition, folded(condition, ago(check_in=[1, *habit])), NOW, on(0) // DAY, PHASES)
    assert amounts == [1, round(21 * 7 / 90, 6)]
    assert told(amounts) == "1, baseline 1.633333"


def test_one_day_more_or_less_is_another_share() -> None:
    """The edge of the baseline: a visit 31 days back is in it, one 30 days back is not."""
    node = {"measure": VISITS, "over": "29 days", "compared_to": {"between": "60 and 31 days ago"}, "up_by": "100 %"}
    assert state(node, ago(check_in=[1, 2, 31]))[0] is True
    assert state(node, ago(check_in=[1, 2, 30]))[0] is False
    assert state(node, ago(check_in=[1, 2, 60]))[0] is True
    assert state(node, ago(check_in=[1, 2, 61]))[0] is False


@pytest.mark.parametrize(
    ("zone", "noon"),
    [("Europe/Berlin", "2026-03-28T12:00:00+01:00"), ("America/Santiago", "2026-04-04T12:00:00-03:00")],
)
def test_days_are_calendar_days_where_clocks_change(zone: str, noon: str) -> None:
    at = parse_iso(noon)
    condition = parsed({"measure": VISITS, "over": "1 day", "at_least": 1})
    document = folded(condition, [make_event("check_in", at=at, zone=zone)])
    change = day_start(local_day(at, zone) + 2, zone)
    assert (change - at) % DAY != 12 * HOUR
    assert Evaluator([], zone=zone).state(condition, document, at) == (True, change)


def test_rolling_windows_end_at_their_very_age() -> None:
    node = {"measure": VISITS, "over": "24 hours", "at_least": 1}
    made = ago(check_in=[0])
    assert state(node, made, NOW + DAY - 1)[0] is True
    assert state(node, made, NOW + DAY)[0] is False


def test_a_season_against_the_one_before() -> None:
    node = {
        "measure": VISITS,
        "during": "last peak",
        "compared_to": {"during": {"phase": "peak", "before_last": 1}},
        "down_by": "50 %",
    }
    at = START_AT + 40 * DAY
    one = [make_event("check_in", at=START_AT + day * DAY, location="north") for day in (12, 13, 31)]
    assert state(node, one, at)[0] is True
    assert state(node, one[1:], at)[0] is False
    assert state(node, one[2:], at)[0] is False  # nothing to compare with


@pytest.mark.parametrize(
    ("amounts", "text"),
    [([2.5], 2.5), ([None], None), ([0.25, 0.5], "0.25, baseline 0.5"), ([None, 1.0], "none, baseline 1")],
)
def test_what_is_told(amounts: list[float | None], text: object) -> None:
    assert told(amounts) == text
