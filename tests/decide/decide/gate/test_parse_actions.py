"""actions.yaml to kinds."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.gate.action_files import ActionsFile
from fieldfare.decide.gate.actions import action_facts
from fieldfare.decide.gate.parse_actions import parse_actions
from fieldfare.decide.gate.policy import ActionKind
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.workspace.model import Problem


def read(**entry: Any) -> tuple[dict[str, ActionKind] | None, list[Problem]]:
    return parse_actions(msgspec.convert({"actions": {"refund": {"purpose": "service"} | entry}}, ActionsFile))


@pytest.mark.parametrize(
    ("entry", "always", "above"),
    [
        ({}, False, None),
        ({"reversible": False}, True, None),
        ({"reversible": False, "approval": "never"}, False, None),
        ({"reversible": False, "approve_above": 500}, False, 500),
        ({"approval": "always"}, True, None),
    ],
)
def test_who_approves(entry: dict[str, Any], always: bool, above: int | None) -> None:
    kinds, problems = read(**entry)
    assert problems == []
    assert kinds is not None
    kind = kinds["refund"]
    assert (kind.always_approved, kind.approve_above, kind.valid_us) == (always, above, 5 * MINUTE)


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"approval": "never", "approve_above": 1}, "approval"),
        ({"per_person": {"most": 1, "per": "30"}}, "per"),
        ({"valid_for": "soon"}, "valid_for"),
        ({"valid_for": "0 minutes"}, "valid_for"),
        ({"by_phase": {"high": {"most_amount": 1}}}, "high"),
        ({"by_phase": {"peak": {"per_person": {"most": 1}}}}, "per_person"),
        ({"approval": "never", "by_phase": {"peak": {"approve_above": 1}}}, "approval"),
    ],
)
def test_problems(entry: dict[str, Any], key: str) -> None:
    kinds, problems = read(**entry)
    assert kinds is None
    assert [each.path[-1] for each in problems] == [key]
    assert all(each.what and each.why and each.fix for each in problems)


def test_what_a_phase_changes() -> None:
    kinds, _ = read(
        most_amount=900,
        per_person={"most": 3, "per": "30 days"},
        by_phase={"peak": {"most_amount": 100, "per_person": {"most": 1}}},
    )
    assert kinds is not None
    kind = kinds["refund"]
    peak = kind.by_phase["peak"]
    assert (kind.most_amount, kind.most, peak.most_amount, peak.most, peak.per) == (900, 3, 100, 1, kind.per)
    assert action_facts(peak, 200, (), 0).breaks == ("the amount 200 is above 100 in peak",)
    assert action_facts(kind, 200, (), 0).breaks == ()
