"""Sequences as they are written, and what is wrong with the others."""

from typing import Any

import pytest

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Bound, During, EventSequence, Following, Window
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.parse_sequence import MOST_THEN
from fieldfare.know.profiles.model import PropertyTest

ONCE = (Bound("at_least", 1),)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"did": "a", "then": {"did": "b"}}, EventSequence("a", (), (Following("b"),), ONCE)),
        (
            {
                "did": "a",
                "where": {"x": 1},
                "then": {"did": "b", "where": {"y": 2}, "within": "2 days"},
                "within": "9 days",
            },
            EventSequence(
                "a",
                (PropertyTest("x", "is", 1),),
                (Following("b", (PropertyTest("y", "is", 2),), Duration(2, "day")),),
                ONCE,
                Window(Duration(9, "day")),
            ),
        ),
        (
            {
                "did": "a",
                "without": {"did": "b", "within": "30 minutes"},
                "count": {"at_least": 3},
                "during": "last peak",
            },
            EventSequence(
                "a",
                (),
                (Following("b", (), Duration(30, "minute")),),
                (Bound("at_least", 3),),
                None,
                During("peak", 1),
                is_absent=True,
            ),
        ),
        (
            {"did": "a", "then": {"did": "b", "then": {"did": "c", "within": "1 hour"}}},
            EventSequence("a", (), (Following("b"), Following("c", (), Duration(1, "hour"))), ONCE),
        ),
    ],
)
def test_what_may_be_written(node: dict[str, Any], expected: EventSequence) -> None:
    assert parse_condition(node, ()) == (expected, [])


def chain(length: int) -> dict[str, Any]:
    return {"did": "e", **({"then": chain(length - 1)} if length else {})}


@pytest.mark.parametrize(
    ("node", "path", "what"),
    [
        ({"did": "a", "then": "b"}, ("then",), "`then` does not hold an event"),
        ({"did": "a", "then": {"within": "1 day"}}, ("then", "did"), "`did` does not hold an event"),
        ({"did": 3, "then": {"did": "b"}}, ("did",), "`did` does not hold an event"),
        ({"did": "a", "then": {"did": "b", "withn": "1 day"}}, ("then", "withn"), "`withn` does not go into `then`"),
        ({"did": "a", "then": {"did": "b", "within": "3"}}, ("then", "within"), "`within: 3` has no unit"),
        ({"did": "a", "then": {"did": "b", "within": "0 hours"}}, ("then", "within"), "`within: 0 hours` is empty"),
        ({"did": "a", "without": {"did": "b"}}, ("without",), "`without` has no `within`"),
        (
            {"did": "a", "without": {"did": "b", "within": "1 day", "then": {"did": "c"}}},
            ("without", "then"),
            "`then` does not go into `without`",
        ),
        (
            {"did": "a", "then": {"did": "b"}, "without": {"did": "b", "within": "1 day"}},
            (),
            "the condition says `then` and `without` at once",
        ),
        ({"did": "a", "then": {"did": "b"}, "max": {"of": "x", "above": 1}}, ("max",), "`max` does not go with `then`"),
        ({"did": "a", "then": {"did": "b"}, "count": 3}, ("count",), "`count: 3` does not say how to compare"),
        ({"did": "a", "then": {"did": "b"}, "within": "3 dyas"}, ("within",), "`within: 3 dyas` is not a span of time"),
        ({"did_not": "a", "then": {"did": "b"}}, ("then",), "`then` does not go with `did_not`"),
        (chain(MOST_THEN + 1), ("then",) * (MOST_THEN + 1), "the sequence is too long"),
    ],
)
def test_what_is_wrong(node: dict[str, Any], path: tuple[str, ...], what: str) -> None:
    condition, problems = parse_condition(node, ())
    assert condition is None
    assert [(problem.path, problem.what) for problem in problems] == [(path, what)]
    assert problems[0].fix


def test_the_longest_chain_may_be_written() -> None:
    condition, problems = parse_condition(chain(MOST_THEN), ())
    assert problems == []
    assert isinstance(condition, EventSequence)
    assert len(condition.then) == MOST_THEN
