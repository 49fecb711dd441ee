"""Comparisons of traits and properties as data."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fieldfare.ground.workspace.model import Duration, Problem
from fieldfare.know.audiences.model import AllOf, TraitAge, TraitTest
from fieldfare.know.audiences.parse_tests import parse_trait, parse_where
from fieldfare.know.profiles.model import PropertyTest


def trait(node: dict[str, Any]) -> tuple[Any, list[Problem]]:
    problems: list[Problem] = []
    return parse_trait(node, (), problems), problems


def where(node: object) -> tuple[Any, list[Problem]]:
    problems: list[Problem] = []
    return parse_where(node, (), problems), problems


def test_traits() -> None:
    above = PropertyTest("a", "above", 3)
    below = PropertyTest("a", "below", 9)
    assert trait({"trait": "a", "above": 3, "below": 9}) == (TraitTest("a", (above, below)), [])
    assert trait({"trait": "a", "older_than": "30 days"}) == (TraitAge("a", newer=False, span=Duration(30, "day")), [])
    assert trait({"trait": "a", "is": False}) == (TraitTest("a", (PropertyTest("a", "is", operand=False),)), [])
    both = trait({"trait": "a", "exists": True, "newer_than": "2 hours"})[0]
    assert both == AllOf(
        (
            TraitTest("a", (PropertyTest("a", "exists", operand=True),)),
            TraitAge("a", newer=True, span=Duration(2, "hour")),
        )
    )


def test_where() -> None:
    assert where({"a": "x", "b": {"above": 1, "at_most": 2}, "weekday": {"in": ["sat", "sun"]}}) == (
        (
            PropertyTest("a", "is", "x"),
            PropertyTest("b", "above", 1),
            PropertyTest("b", "at_most", 2),
            PropertyTest("weekday", "in", ("sat", "sun")),
        ),
        [],
    )


def test_dates_become_the_texts_that_traits_hold() -> None:
    assert where({"a": date(2026, 3, 1)})[0][0].operand == "2026-03-01"
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert where({"a": at})[0][0].operand == "2026-03-01T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("node", "path", "what", "fix"),
    [
        ({"trait": "a"}, (), "nothing is asked", "is: gold"),
        ({"trait": 3, "is": 1}, ("trait",), "does not hold a name", "trait: plan"),
        ({"trait": "a", "is": None}, ("is",), "holds nothing", "exists: false"),
        ({"trait": "a", "is": ["x"]}, ("is",), "neither text", "in:"),
        ({"trait": "a", "in": "x"}, ("in",), "does not hold a list", "in: [a, b]"),
        ({"trait": "a", "in": ["x", None]}, ("in", 1), "holds nothing", "exists: false"),
        ({"trait": "a", "above": "3"}, ("above",), "does not hold a number", "above: 100"),
        ({"trait": "a", "above": True}, ("above",), "does not hold a number", "above: 100"),
        ({"trait": "a", "contains": 3}, ("contains",), "does not hold a text", "contains: yoga"),
        ({"trait": "a", "exists": "yes"}, ("exists",), "neither true nor false", "exists: true"),
        ({"trait": "a", "older_than": 30}, ("older_than",), "`older_than: 30` has no unit", "30 days"),
    ],
)
def test_problems_of_traits(node: dict[str, Any], path: tuple[str | int, ...], what: str, fix: str) -> None:
    condition, problems = trait(node)
    assert condition is None
    assert [problem.path for problem in problems] == [path]
    assert what in problems[0].what
    assert fix in problems[0].fix


@pytest.mark.parametrize(
    ("node", "path", "what", "fix"),
    [
        ([], (), "does not hold tests", "where:"),
        ({}, (), "does not hold tests", "where:"),
        ({"a": {}}, ("a",), "nothing is asked", "is:"),
        ({"a": {"abov": 1}}, ("a", "abov"), "`abov`", "Did you mean `above`?"),
        ({"a": ["x"]}, ("a",), "neither text", "in:"),
        ({"weekday": "monday"}, ("weekday",), "not a weekday", "weekday: sat"),
        ({"weekday": {"in": ["sat", 7]}}, ("weekday",), "not a weekday", "weekday: sat"),
    ],
)
def test_problems_of_where(node: object, path: tuple[str, ...], what: str, fix: str) -> None:
    problems = where(node)[1]
    assert [problem.path for problem in problems] == [path]
    assert what in problems[0].what
    assert fix in problems[0].fix
