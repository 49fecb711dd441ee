"""What is asked of people, in words."""

from typing import Any

import pytest

from fieldfare.know.audiences.explain import sentence
from fieldfare.know.audiences.explain_people import household_words, person_words
from fieldfare.know.audiences.model import HasIdentifier, Household
from fieldfare.know.audiences.parse import parse_condition


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"identifier": "phone", "exists": False}, "has no identifier of the kind phone"),
        (
            {"match_confidence": {"at_least": 80, "below": 100}},
            "match confidence is at least 80 % and less than 100 %",
        ),
        ({"consent": "news", "channel": "sms"}, "consent to news by sms is in force"),
        ({"consent": "news", "channel": "sms", "is": "withdrawn"}, "consent to news by sms was withdrawn"),
        ({"consent": "news", "channel": "sms", "is": "none"}, "nothing is known of consent to news by sms"),
        ({"household": {"any_member": {"did": "X"}}}, "somebody in the household satisfies (did X, ever)"),
        ({"household": {"others": {"did": "X"}}}, "somebody else in the household satisfies (did X, ever)"),
        ({"household": {"all_members": {"did": "X"}}}, "everybody in the household satisfies (did X, ever)"),
        ({"household": {"members": {"above": 2}}}, "the household has more than 2 members"),
        (
            {"household": {"members": {"at_least": 2}, "who": {"did": "X"}}},
            "at least 2 members of the household satisfy (did X, ever)",
        ),
        ({"trait": "d", "before": "2026-01-31"}, "trait d is before 2026-01-31"),
        ({"trait": "d", "within_next": "7 days"}, "trait d is at most 7 days ahead"),
        (
            {"trait": "d", "ahead": {"at_least": "1 day", "at_most": "7 days"}},
            "trait d is at least 1 day and at most 7 days ahead",
        ),
        ({"trait": "d", "anniversary": "today"}, "trait d has its anniversary today"),
        (
            {"trait": "d", "anniversary": {"within_next": "7 days"}},
            "trait d has its anniversary within the next 7 days",
        ),
        ({"trait": "t", "size": {"at_least": 2}}, "trait t has at least 2 items"),
        ({"trait": "t", "contains_any": ["a", "b"]}, "trait t contains one of a, b"),
    ],
)
def test_words(node: dict[str, Any], words: str) -> None:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    assert sentence(condition) == words


def test_parts_by_themselves() -> None:
    assert person_words(HasIdentifier("email")) == "has an identifier of the kind email"
    assert household_words(Household(every=True), "", "x") == "everybody in the household satisfies (x)"
