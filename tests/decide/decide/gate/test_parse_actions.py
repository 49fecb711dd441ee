"""actions.yaml to kinds."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.gate.action_files import ActionsFile
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
    ],
)
def test_problems(entry: dict[str, Any], key: str) -> None:
    kinds, problems = read(**entry)
    assert kinds is None
    assert [each.path[-1] for each in problems] == [key]
    assert all(each.what and each.why and each.fix for each in problems)
