"""Households as documents hold them: who is counted, three answers, hidden rules, and what may not be nested."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.audiences.household import (
    counted,
    holds_count,
    household_run,
    keep_rule,
    kept_truth,
    members_who,
    nested,
    rule_of,
    rules_in,
    stages_ask,
)
from fieldfare.know.audiences.model import Audience, Bound, Condition, Household
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.profiles.model import Document


def read(node: dict[str, Any]) -> Condition:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    return condition


TRAINED = read({"did": "Checked In"})
RULE = rule_of(TRAINED)
TWO = Bound("at_least", 2)


@pytest.mark.parametrize(
    ("node", "answers", "truth"),
    [
        (Household(TRAINED, (Bound("at_least", 1),)), [False, True], True),
        (Household(TRAINED, (Bound("at_least", 1),)), [False, None], None),
        (Household(TRAINED, (TWO,)), [True, None, True], True),
        (Household(TRAINED, (TWO,)), [True, False], False),
        (Household(TRAINED, (Bound("exactly", 1),)), [True, None], None),
        (Household(TRAINED, (Bound("exactly", 3),)), [True, None], False),
        (Household(TRAINED, (Bound("at_least", 1), Bound("below", 2))), [True, True], False),
        (Household(TRAINED, every=True), [True, True], True),
        (Household(TRAINED, every=True), [True, None], None),
        (Household(TRAINED, every=True), [False, None], False),
        (Household(TRAINED, every=True), [], True),
    ],
)
def test_counting(node: Household, answers: list[bool | None], truth: bool | None) -> None:
    assert counted(node, answers) is truth


_bounds = st.builds(Bound, st.sampled_from(["at_least", "at_most", "above", "below", "exactly"]), st.integers(0, 4))


@given(st.lists(_bounds, min_size=1, max_size=2), st.lists(st.sampled_from([True, False, None]), max_size=5))
def test_what_is_told_holds_whatever_the_open_ones_are(bounds: list[Bound], answers: list[bool | None]) -> None:
    truth = counted(Household(TRAINED, tuple(bounds)), answers)
    least = answers.count(True)
    each_way = {
        all(holds_count(bound, number) for bound in bounds) for number in range(least, least + answers.count(None) + 1)
    }
    assert truth is None or each_way == {truth}


def test_a_document_tells_of_all() -> None:
    document = Document(kin={2: {RULE: True}, 3: {RULE: False}})
    node = Household(TRAINED, (TWO,))
    assert household_run(node, lambda _document: True)(document) is True
    assert household_run(node, lambda _document: False)(document) is False
    assert household_run(Household(TRAINED, (TWO,), others=True), lambda _document: True)(document) is False
    assert household_run(Household(None, (Bound("exactly", 3),)), lambda _document: True)(document) is True
    assert members_who(node, document, own=None) == "1 of 3"
    document.kin[4] = {}
    assert household_run(node, lambda _document: False)(document) is None, "somebody who has not told yet"
    document.household_known = False
    assert household_run(node, lambda _document: True)(document) is None
    assert members_who(node, document, own=True) == "not computable"


def test_a_rule_is_kept_with_its_three_answers() -> None:
    document = Document(rules=["stage:here:enter"])
    assert kept_truth(document, RULE) is False
    for truth in (True, None, False, None, True):
        assert keep_rule(document.rules, RULE, truth)
        assert not keep_rule(document.rules, RULE, truth), "it turned already"
        assert kept_truth(document, RULE) is truth
        assert document.rules == sorted(document.rules)
    assert "stage:here:enter" in document.rules


def test_the_same_condition_is_one_rule() -> None:
    conditions = [
        read({"household": {"any_member": {"did": "Checked In"}}}),
        read({"not": {"household": {"all_members": {"did": "Checked In"}}}}),
        read({"household": {"members": {"at_least": 2}}}),
    ]
    assert rules_in(conditions) == {RULE: TRAINED}


def test_what_may_not_stand_inside() -> None:
    audiences = [
        Audience("home", read({"household": {"members": {"at_least": 2}}}), ""),
        Audience("through", read({"all": [{"in": "home"}, {"did": "X"}]}), ""),
        Audience("staged", read({"stage": "here"}), ""),
        Audience("plain", read({"in": "unknown"}), ""),
        Audience("one", read({"in": "two"}), ""),
        Audience("two", read({"in": "one"}), ""),
    ]
    assert nested(audiences, [read({"did": "X"})]) == {"home", "through"}
    assert not stages_ask(audiences, [read({"did": "X"})])
    assert nested(audiences, [read({"in": "through"})]) == {"home", "through", "staged"}
