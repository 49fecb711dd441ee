"""Conditions about events as data: counts, sums, windows."""

from typing import Any

import pytest

from fieldfare.ground.workspace.model import Duration, Problem
from fieldfare.know.audiences.model import Aggregate, Bound, Did, Window
from fieldfare.know.audiences.parse_did import parse_did
from fieldfare.know.profiles.model import PropertyTest


def read(node: dict[str, Any]) -> tuple[Any, list[Problem]]:
    problems: list[Problem] = []
    return parse_did(node, (), problems), problems


@pytest.mark.parametrize(
    ("node", "condition"),
    [
        ({"did": "X", "count": {"at_least": 3}}, Did("X", bounds=(Bound("at_least", 3),))),
        (
            {"did": "X", "count": {"at_least": 2, "below": 5}},
            Did("X", bounds=(Bound("at_least", 2), Bound("below", 5))),
        ),
        (
            {"did": "X", "sum": {"of": "total", "above": 99.5}},
            Did("X", (), Aggregate.SUM, "total", (Bound("above", 995_000),)),
        ),
        ({"did": "X", "where": {"a": 1}}, Did("X", (PropertyTest("a", "is", 1),))),
        ({"did": "X", "within": "2 weeks"}, Did("X", window=Window(Duration(2, "week")))),
        ({"did": "X", "within": "36 hours"}, Did("X", window=Window(Duration(36, "hour")))),
        ({"did": "X", "within": "0 days"}, Did("X", window=Window(Duration(0, "day")))),
        (
            {"did": "X", "between": "120 and 30 days ago"},
            Did("X", window=Window(Duration(120, "day"), Duration(30, "day"))),
        ),
        (
            {"did": "X", "between": "10 days and 4 weeks ago"},
            Did("X", window=Window(Duration(4, "week"), Duration(10, "day"))),
        ),
        (
            {"did": "X", "between": "6 and 2 hours ago"},
            Did("X", window=Window(Duration(6, "hour"), Duration(2, "hour"))),
        ),
    ],
)
def test_conditions(node: dict[str, Any], condition: object) -> None:
    assert read(node) == (condition, [])


@pytest.mark.parametrize(
    ("node", "path", "what", "fix"),
    [
        ({"did": " "}, ("did",), "does not hold an event", "did: Order Completed"),
        ({"did": "X", "count": 3}, ("count",), "`count: 3`", "{at_least: 3}"),
        ({"did": "X", "count": {}}, ("count",), "no comparison", "at_least"),
        ({"did": "X", "count": {"atleast": 3}}, ("count", "atleast"), "`atleast`", "Did you mean `at_least`?"),
        ({"did": "X", "count": {"at_least": -1}}, ("count", "at_least"), "not hold a count", "at_least: 3"),
        ({"did": "X", "count": {"at_least": True}}, ("count", "at_least"), "not hold a count", "at_least: 3"),
        ({"did": "X", "count": {"above": 1}, "sum": {"of": "a", "above": 1}}, (), "`count` and `sum`", "under `all:`"),
        ({"did": "X", "sum": 3}, ("sum",), "no comparison", "of: revenue"),
        ({"did": "X", "sum": {"above": 3}}, ("sum",), "of which property", "of: revenue"),
        ({"did": "X", "sum": {"of": "a"}}, ("sum",), "no comparison", "of: revenue"),
        ({"did": "X", "sum": {"of": "a", "exactly": 3}}, ("sum", "exactly"), "not a comparison", "above"),
        ({"did": "X", "sum": {"of": "a", "above": "3"}}, ("sum", "above"), "not hold a number", "above: 100"),
        ({"did": "X", "sum": {"of": "a", "above": 1e12}}, ("sum", "above"), "not hold a number", "above: 100"),
        ({"did": "X", "within": 30}, ("within",), "`within: 30` has no unit", "`30 days`"),
        ({"did": "X", "within": "soon"}, ("within",), "not a span", "`30 days`"),
        ({"did": "X", "within": "40000 days"}, ("within",), "longer than a hundred years", "Leave the window out"),
        ({"did": "X", "within": "0 hours"}, ("within",), "is empty", "longer"),
        ({"did": "X", "within": "1 day", "between": "2 and 1 days ago"}, (), "at once", "Keep one"),
        ({"did": "X", "between": "120 to 30 days"}, ("between",), "not a stretch", "120 and 30 days ago"),
        ({"did": "X", "between": "1 day and 3 hours ago"}, ("between",), "mixes", "same kind"),
        ({"did": "X", "between": "3 and 3 hours ago"}, ("between",), "is empty", "longer"),
    ],
)
def test_problems(node: dict[str, Any], path: tuple[str, ...], what: str, fix: str) -> None:
    condition, problems = read(node)
    assert condition is None
    assert [problem.path for problem in problems] == [path]
    assert what in problems[0].what
    assert fix in problems[0].fix
