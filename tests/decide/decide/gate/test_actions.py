"""What the gate is asked about an action."""

import pytest

from fieldfare.decide.gate.actions import action_facts, consent_to_purpose, tags_of
from fieldfare.decide.gate.policy import ActionKind
from fieldfare.ground.instants import DAY
from fieldfare.ground.workspace.model import Duration
from tests.decide.decide.gate.facts import NOON, sent

KIND = ActionKind(
    name="refund",
    purpose="service",
    minimum_match_confidence=90,
    approve_above=500,
    approvers=("grace",),
    most_amount=2_000,
    most=1,
    per=Duration(30, "day"),
    tags=("money", "refund"),
    valid_us=DAY,
)


@pytest.mark.parametrize(
    ("amount", "ago", "approval", "breaks"),
    [
        (500, (), False, 0),
        (501, (), True, 0),
        (2_001, (), True, 1),
        (1, (30 * DAY,), False, 0),
        (1, (30 * DAY - 1,), False, 1),
        (2_001, (1,), True, 2),
    ],
)
def test_limits_of_a_kind(amount: int, ago: tuple[int, ...], approval: bool, breaks: int) -> None:
    given = sent(*(NOON - each for each in ago), tags=("refund",))
    found = action_facts(KIND, amount, given, NOON)
    assert (found.needs_approval, len(found.breaks)) == (approval, breaks)
    assert (found.minimum_match_confidence, found.approvers) == (90, ("grace",))


def test_others_kinds_do_not_count_and_the_kind_is_a_tag() -> None:
    assert action_facts(KIND, 1, sent(NOON - 1, tags=("slot",)), NOON).breaks == ()
    assert tags_of(KIND) == ("refund", "money")


@pytest.mark.parametrize(
    ("in_force", "expected"),
    [
        ([], "missing"),
        (["missing", "granted"], "granted"),
        (["withdrawn", "granted"], "granted"),
        (["missing", "withdrawn"], "withdrawn"),
        (["denied", "missing"], "denied"),
        (["not_required"], "not_required"),
        (["?"], "missing"),
    ],
)
def test_one_grant_of_the_purpose_is_enough(in_force: list[str], expected: str) -> None:
    assert consent_to_purpose(in_force) == expected
