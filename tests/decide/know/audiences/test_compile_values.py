"""Conditions over values: what holds, when it changes, and what a full list leaves open."""

from typing import Any

import pytest

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, Instant
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, value_at
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Aggregate, Audience, Condition
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.values import MOST_VALUES
from tests.decide.know.worlds import START_AT, make_event


def parsed(node: dict[str, Any]) -> Condition:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    return condition


def folded(condition: Condition, events: list[Event]) -> Document:
    plan = FoldPlan(measures_of([condition]).values(), {})
    document = Document()
    for event in events:
        fold(document, None, event, plan)
    return document


def orders(*totals: Any) -> list[Event]:
    """Return one order a day, from the first on."""
    return [make_event(at=START_AT + day * DAY, payload={"total": total}) for day, total in enumerate(totals)]


@pytest.mark.parametrize(
    ("asked", "totals", "truth", "changes_on"),
    [
        ({"min": {"of": "total", "below": 2}}, [3, 1, 5], True, 5),
        ({"min": {"of": "total", "below": 2}}, [1, 3, 5], True, 4),
        ({"min": {"of": "total", "above": 2}}, [1, 3, 5], False, 4),
        ({"min": {"of": "total", "above": 2}}, [], False, None),
        ({"max": {"of": "total", "at_least": 5}}, [5, 3, 1], True, 4),
        ({"max": {"of": "total", "at_most": 4}}, [5, 3, "x"], False, 4),
        ({"first": {"of": "total", "is": "a"}}, ["a", "b"], True, 4),
        ({"last": {"of": "total", "is": "a"}}, ["b", "a"], True, 5),
        ({"last": {"of": "total", "exists": False}}, ["b", "a"], False, 5),
        ({"distinct": {"of": "total", "at_least": 2}}, ["a", "b", "a"], True, 5),
        ({"distinct": {"of": "total", "exactly": 1}}, ["a", "b"], False, 4),
        ({"most_frequent": {"of": "total", "is": "a"}}, ["a", "b", "a"], True, 6),
        ({"most_frequent": {"of": "total", "in": [1, "b"]}}, ["a", "b", "a", "b"], False, 4),
    ],
)
def test_truths_and_their_next_change(
    asked: dict[str, Any], totals: list[Any], truth: bool, changes_on: int | None
) -> None:
    condition = parsed({"did": "Order Completed", "within": "3 days", **asked})
    document = folded(condition, orders(*totals))
    now: Instant = START_AT + 3 * DAY
    evaluator = Evaluator([], zone="UTC")
    expected = None if changes_on is None else START_AT + changes_on * DAY
    assert evaluator.state(condition, document, now) == (truth, expected)
    if expected is not None:
        assert evaluator.state(condition, document, expected - 1)[0] is truth
        assert evaluator.state(condition, document, expected)[0] is not truth


def test_nobody_joins_or_leaves_by_what_a_full_list_cannot_tell() -> None:
    condition = parsed({"did": "Order Completed", "most_frequent": {"of": "total", "is": "v000"}})
    evaluator = Evaluator([Audience("a", condition, "a")], zone="UTC")
    few = [make_event(payload={"total": "v000"})]
    many = [make_event(payload={"total": f"v{number:03}"}) for number in range(MOST_VALUES + 5)]
    member = folded(condition, few)
    assert [edge.joined for edge in evaluator.evaluate(member, START_AT)] == [True]
    plan = FoldPlan(measures_of([condition]).values(), {})
    for event in many:
        fold(member, None, event, plan)
    assert evaluator.evaluate(member, START_AT) == []
    assert "a" in member.memberships
    stranger = folded(condition, many)
    assert evaluator.evaluate(stranger, START_AT) == []
    assert not stranger.memberships
    assert evaluator.state(condition, stranger, START_AT) == (None, None)
    assert not evaluator.truth(condition, stranger, START_AT)
    assert not evaluator.truth(
        parsed({"not": {"did": "Order Completed", "most_frequent": condition_of()}}), stranger, 0
    )


def condition_of() -> dict[str, Any]:
    return {"of": "total", "is": "v000"}


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        ({"all": ["open", "yes"]}, None),
        ({"all": ["open", "no"]}, False),
        ({"all": ["no", "open"]}, False),
        ({"any": ["open", "yes"]}, True),
        ({"any": ["open", "no"]}, None),
        ({"not": "open"}, None),
    ],
)
def test_one_part_may_decide_where_another_is_open(whole: dict[str, Any], expected: bool | None) -> None:
    parts = {
        "open": {"did": "Order Completed", "most_frequent": condition_of()},
        "yes": {"did": "Order Completed"},
        "no": {"did_not": "Order Completed"},
    }
    filled = {
        key: parts[value] if isinstance(value, str) else [parts[each] for each in value] for key, value in whole.items()
    }
    condition = parsed(filled)
    many = [make_event(payload={"total": f"v{number:03}"}) for number in range(MOST_VALUES + 5)]
    assert Evaluator([], zone="UTC").state(condition, folded(condition, many), START_AT)[0] is expected


def test_a_full_list_still_answers_every_bound_that_can_be_written() -> None:
    many = [make_event(payload={"total": number}) for number in range(MOST_VALUES + 5)]
    for bound, truth in (({"at_least": MOST_VALUES}, True), ({"exactly": MOST_VALUES}, False), ({"above": 99}, True)):
        condition = parsed({"did": "Order Completed", "distinct": {"of": "total", **bound}})
        assert Evaluator([], zone="UTC").truth(condition, folded(condition, many), START_AT) is truth
    _, problems = parse_condition({"did": "X", "distinct": {"of": "total", "at_least": MOST_VALUES + 1}}, ())
    assert problems


def test_values_as_they_are_shown() -> None:
    assert value_at(Aggregate.DISTINCT, [1, {"a": 1}]) is NOT_COMPUTABLE
    assert value_at(Aggregate.MIN, [5_000, 20_000]) == 0.5
    assert value_at(Aggregate.LAST, []) is None
    assert value_at(Aggregate.MOST_FREQUENT, [0, {'"a': 2, "10000": 2}]) == "a"
