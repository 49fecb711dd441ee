"""Audiences in words, and why a profile is in one or not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.explain import Reason, describe, sentence, why
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Audience, Condition
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import FoldPlan
from tests.amounts import examples
from tests.decide.know.audiences.definitions import conditions
from tests.decide.know.worlds import START_AT, TRAITS, make_event


def read(node: dict[str, Any]) -> Condition:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    return condition


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"did": "X"}, "did X, ever"),
        ({"did_not": "X", "within": "1 day"}, "did not X, within the last 1 day"),
        (
            {"did": "X", "count": {"at_least": 2, "below": 5}, "between": "9 and 2 days ago"},
            "did X at least 2 and fewer than 5 times, between 9 days and 2 days ago",
        ),
        (
            {"did": "X", "sum": {"of": "total", "below": 9.5}, "where": {"weekday": {"in": ["sat", "sun"]}}},
            "sum of total over X is less than 9.5 where weekday is one of sat, sun, ever",
        ),
        ({"trait": "plan", "is_not": "gold", "exists": True}, "trait plan is not gold and trait plan has value"),
        ({"trait": "since", "older_than": "2 weeks"}, "trait since is more than 2 weeks ago"),
        (
            {"all": [{"in": "a"}, {"not": {"in_phase": "peak"}}]},
            "all of (is in audience a; not (phase peak holds at the home location))",
        ),
        ({"any": [{"location": ["north", "coast"]}]}, "any of (home location is in north, coast)"),
    ],
)
def test_words(node: dict[str, Any], words: str) -> None:
    assert sentence(read(node)) == words
    assert describe(Audience("a", read(node), "d")) == f"Profiles that satisfy: {words}."


def test_why_gives_each_part_with_its_value() -> None:
    condition = read(
        {
            "all": [
                {"did": "Order Completed", "sum": {"of": "total", "at_least": 5}, "within": "7 days"},
                {"not": {"trait": "plan", "is": "gold"}},
            ]
        }
    )
    document = Document()
    plan = FoldPlan(measures_of([condition]).values(), TRAITS)
    fold(document, None, make_event(payload={"total": 4.5}), plan)
    fold(document, None, make_event("identify", payload={"plan": "basic"}), plan)
    reasons = why(Audience("a", condition, "d"), document, START_AT, Evaluator([], zone="UTC"))
    summed = "sum of total over Order Completed is at least 5, within the last 7 days"
    assert reasons == [
        Reason(sentence(condition), None, truth=False, next_change_at=None, depth=0),
        Reason(summed, 4.5, truth=False, next_change_at=None, depth=1),
        Reason("not (trait plan is gold)", None, truth=True, next_change_at=None, depth=1),
        Reason("trait plan is gold", "basic", truth=False, next_change_at=None, depth=2),
    ]
    fold(document, None, make_event(payload={"total": 1}), plan)
    assert why(Audience("a", condition, "d"), document, START_AT, Evaluator([], zone="UTC"))[0].next_change_at == (
        START_AT + 8 * DAY
    )


@settings(max_examples=examples(100), deadline=None)
@given(conditions(["a"]))
def test_everything_can_be_said(condition: Condition) -> None:
    assert sentence(condition)


@settings(max_examples=examples(100), deadline=None)
@given(conditions(), st.integers(0, 40))
def test_the_first_reason_is_the_truth(condition: Condition, day: int) -> None:
    evaluator = Evaluator([], zone="UTC")
    document = Document()
    plan = FoldPlan(measures_of([condition]).values(), TRAITS)
    fold(document, None, make_event(payload={"total": 4.5}), plan)
    now = START_AT + day * DAY
    reasons = why(Audience("a", condition, "d"), document, now, evaluator)
    assert reasons[0].truth is evaluator.state(condition, document, now)[0]
    assert bool(reasons[0].truth) is evaluator.truth(condition, document, now)
