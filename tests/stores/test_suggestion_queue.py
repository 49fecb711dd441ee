"""The review queue as far as suggestions go: asked once, withdrawn when nobody stands by them, kept when answered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.assembly.installation import open_answers
from fieldfare.flow.identity_answers import ActRequest, IdentityAnswers
from fieldfare.flow.suggestion_queue import SqlSuggestions
from fieldfare.ground.instants import HOUR, MINUTE
from fieldfare.know.identity.match.model import Suggestion
from fieldfare.know.identity.match.suggest import suggestion_id
from fieldfare.know.identity.model import SHIPPED
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import Whole, opened


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        made.play([call for n in range(4) for call in joins(f"m-{n}", NOON + n * MINUTE)], NOON + HOUR)
        yield made


def queue(whole: Whole) -> SqlSuggestions:
    return SqlSuggestions(whole.stores.state, SHIPPED)


def identity(whole: Whole) -> IdentityAnswers:
    return open_answers(whole.installation, whole.lake, alone=True).identity


def alike(whole: Whole, one: str, other: str, confidence: int = 80) -> Suggestion:
    a, b = sorted(whole.profile_id(f"user_id:{each}") for each in (one, other))
    told = {"agrees": ["surname"]}
    return Suggestion(id=suggestion_id(a, b), a=a, b=b, confidence=confidence, explanation=told, model="abc")


def test_a_question_is_asked_once_and_takes_the_new_confidence(whole: Whole) -> None:
    assert queue(whole).put([alike(whole, "m-0", "m-1")], NOON) == 1
    assert queue(whole).put([alike(whole, "m-0", "m-1", 95)], NOON + HOUR) == 0
    (asked,) = identity(whole).holds()["holds"]
    assert (asked["reason"], asked["confidence"]) == ("suggested", 95)
    assert asked["explanation"]["agrees"] == ["surname"]


def test_what_nobody_stands_by_is_withdrawn(whole: Whole) -> None:
    queue(whole).put([alike(whole, "m-0", "m-1"), alike(whole, "m-2", "m-3")], NOON)
    queue(whole).put([alike(whole, "m-2", "m-3")], NOON)
    assert len(identity(whole).holds()["holds"]) == 1


def test_answers_stay_and_are_left_out(whole: Whole) -> None:
    queue(whole).put([alike(whole, "m-0", "m-1"), alike(whole, "m-2", "m-3")], NOON)
    for asked, answer in zip(identity(whole).holds()["holds"], ("never", "dismissed"), strict=True):
        identity(whole).review(asked["hold"], answer, "ann", "asked them")
    pairs = {tuple(sorted(whole.profile_id(f"user_id:m-{n}") for n in two)) for two in ((0, 1), (2, 3))}
    assert queue(whole).decided() == pairs
    assert queue(whole).put([alike(whole, "m-0", "m-1")], NOON) == 0
    assert identity(whole).holds()["holds"] == []
    assert len(identity(whole).holds(status=None)["holds"]) == 2


def test_an_answer_joins_the_two(whole: Whole) -> None:
    queue(whole).put([alike(whole, "m-0", "m-1")], NOON)
    (asked,) = identity(whole).holds()["holds"]
    identity(whole).review(asked["hold"], "same", "ann", "seen the passport")
    assert whole.profile_id("user_id:m-0") == whole.profile_id("user_id:m-1")


def test_who_lives_together_is_not_asked(whole: Whole) -> None:
    said = ActRequest(kind="household", a="user_id:m-0", b="user_id:m-1", actor="ann", reason="one address")
    identity(whole).act(said)
    assert queue(whole).decided() == {tuple(sorted(whole.profile_id(f"user_id:m-{n}") for n in (0, 1)))}
