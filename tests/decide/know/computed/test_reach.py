"""Ranges of computed traits, always and when an event has just happened."""

from math import inf
from typing import Any

import pytest

from fieldfare.ground.instants import DAY
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Aggregate, Did, Window
from fieldfare.know.computed.model import (
    Arithmetic,
    Bands,
    Coalesce,
    Computed,
    DaysSinceEvent,
    DaysSinceTrait,
    Measured,
    Node,
    Quintile,
)
from fieldfare.know.computed.reach import Range, Trigger, can_hold, ranges_of
from fieldfare.know.profiles.model import PropertyTest

LAST = DaysSinceEvent(Did("check_in", aggregate=Aggregate.LAST_DAY))
VISITS = Measured(Did("check_in", window=Window(Duration(84, "day"))))
NODES: dict[str, Node] = {
    "recency": LAST,
    "visits": VISITS,
    "filtered": Measured(Did("check_in", where=(PropertyTest("club", "is", "north"),))),
    "tier": Bands("visits", ((0.0, "none"), (1.0, "some"), (8.0, "many"))),
    "fifth": Quintile("visits"),
    "odd": Bands("fifth", ((0.0, "zero"), (1.0, "low"), (6.0, "beyond"))),
    "rate": Arithmetic("ratio", "visits", 12.0),
    "behind": Arithmetic("difference", 10.0, "visits"),
    "either": Coalesce(("recency", "visits")),
    "told": Coalesce(("recency", "score")),
    "tenure": DaysSinceTrait("member_since"),
    "ring": Coalesce(("ring",)),
    "spent": Measured(Did("check_in", aggregate=Aggregate.SUM, of="spend")),
}
TRAITS = {name: Computed(name, node, None) for name, node in NODES.items()}


def test_what_is_always_so() -> None:
    assert ranges_of(TRAITS) == {
        "recency": Range(-1),
        "visits": Range(0),
        "filtered": Range(0),
        "tier": Range(labels=frozenset({"none", "some", "many"})),
        "fifth": Range(1, 5),
        "odd": Range(labels=frozenset({"low"})),
        "rate": Range(0),
        "behind": Range(-inf, 10),
        "either": Range(-1),
    }


def test_when_an_event_has_just_happened() -> None:
    found = ranges_of(TRAITS, Trigger("check_in", DAY))
    assert (found["recency"], found["visits"], found["filtered"]) == (Range(-1, 2), Range(1), Range(0))
    assert found["tier"] == Range(labels=frozenset({"some", "many"}))
    assert found["behind"] == Range(-inf, 9)
    assert found["rate"] == Range(1 / 12)
    assert ranges_of(TRAITS, Trigger("other", DAY)) == ranges_of(TRAITS)
    assert ranges_of(TRAITS, Trigger("check_in", 90 * DAY))["visits"] == Range(0)


@pytest.mark.parametrize(
    ("operator", "operand", "held", "expected"),
    [
        ("above", 14, Range(-1, 2), False),
        ("above", 2, Range(-1, 2), False),
        ("at_least", 2, Range(-1, 2), True),
        ("below", 0, Range(0), False),
        ("at_most", 0, Range(0), True),
        ("is", 6, Range(1, 5), False),
        ("is", "many", Range(labels=frozenset({"some"})), False),
        ("in", ("many", "some"), Range(labels=frozenset({"some"})), True),
        ("in", ("many",), Range(labels=frozenset({"some"})), False),
        ("is_not", "some", Range(labels=frozenset({"some"})), True),
        ("exists", False, Range(1, 5), True),
    ],
)
def test_tests(operator: str, operand: Any, held: Range, expected: bool) -> None:
    assert can_hold(PropertyTest("x", operator, operand), held) is expected


def test_in_words() -> None:
    ranges = (Range(0, 0), Range(1), Range(-inf, 3), Range(1, 5), Range(labels=frozenset({"b", "a"})))
    assert [str(each) for each in ranges] == ["0", "1 or more", "3 or less", "1 to 5", "one of a, b"]
