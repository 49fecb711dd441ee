"""What of a form is an answer, and which events it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.surveys.answer import events_of, group_of, options_of, read_answer
from fieldfare.act.surveys.model import Answered, Wrong
from fieldfare.testing.delivery import START
from tests.decide.act.surveys.asked import CLAIM, survey

CHOICES = {"kind": "choice", "choices": {"price": "Too expensive", "time": "No time"}}


@pytest.mark.parametrize(
    ("asked", "form", "found"),
    [
        ({}, {"answer": "0"}, Answered(value=0)),
        ({}, {"answer": "10"}, Answered(value=10)),
        ({}, {"answer": "11"}, Wrong.MISSING),
        ({}, {"answer": "-1"}, Wrong.MISSING),
        ({}, {"answer": "9.5"}, Wrong.MISSING),
        ({}, {}, Wrong.MISSING),
        ({}, {"answer": "9", "comment": "not asked for"}, Answered(value=9)),
        ({"comment": True}, {"answer": "9", "comment": " good "}, Answered(value=9, comment="good")),
        ({"comment": True}, {"answer": "9", "comment": "x" * 2_001}, Wrong.TOO_LONG),
        ({"kind": "rating"}, {"answer": "0"}, Wrong.MISSING),
        ({"kind": "rating"}, {"answer": "5"}, Answered(value=5)),
        ({"kind": "yes_no"}, {"answer": "no"}, Answered(value=False)),
        (CHOICES, {"answer": "price"}, Answered(value="price")),
        (CHOICES, {"answer": "other"}, Wrong.MISSING),
        ({"kind": "words"}, {"answer": "9", "comment": " "}, Wrong.MISSING),
        ({"kind": "words"}, {"comment": "more yoga"}, Answered(value=None, comment="more yoga")),
    ],
)
def test_forms(asked: dict[str, Any], form: dict[str, str], found: Answered | Wrong) -> None:
    assert read_answer(survey(**asked), form) == found


@given(st.dictionaries(st.sampled_from(["answer", "comment", "form"]), st.text(max_size=50)))
def test_whatever_is_posted_is_an_answer_that_was_offered_or_none(form: dict[str, str]) -> None:
    for asked in (survey(comment=True), survey(**CHOICES), survey(kind="yes_no")):
        found = read_answer(asked, form)
        assert isinstance(found, Wrong) or form["answer"] in options_of(asked)


def test_an_answer_sets_its_trait_and_is_one_event_a_message() -> None:
    asked = survey(trait="nps", comment=True)
    trait, answer = events_of(asked, CLAIM, Answered(value=9, comment="good"), START)
    assert (trait["type"], trait["traits"]) == ("identify", {"nps": 9})
    assert (answer["event"], answer["properties"]) == (
        "Survey Answered",
        {
            "survey": "month",
            "kind": "nps",
            "proposal_id": "prp_1",
            "channel": "email",
            "score": 9,
            "group": "promoter",
            "comment": "good",
        },
    )
    again = events_of(asked, CLAIM, Answered(value=2), START + 1)
    assert [each["messageId"] for each in again] == [trait["messageId"], answer["messageId"]]
    assert (
        trait["context"] == answer["context"] == {"fieldfare": {"profile_id": 7, "hop": 1, "address_hash": "61" * 16}}
    )


def test_other_kinds() -> None:
    (answer,) = events_of(survey(**CHOICES), CLAIM, Answered(value="time"), START)
    assert answer["properties"]["answer"] == "time"
    (words,) = events_of(survey(kind="words"), CLAIM, Answered(value=None, comment="more"), START)
    assert "answer" not in words["properties"]
    assert [group_of(score) for score in (0, 6, 7, 8, 9, 10)] == [
        "detractor",
        "detractor",
        "passive",
        "passive",
        "promoter",
        "promoter",
    ]
