"""policies.yaml to the policy."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.gate.files import PoliciesFile
from fieldfare.decide.gate.parse import parse_policies
from fieldfare.decide.gate.policy import PhaseRule, Policy, QuietHours
from fieldfare.ground.workspace.model import Duration, Problem
from tests.decide.decide.gate.facts import cap
from tests.decide.decide.gate.test_files import GOOD


def read(raw: dict[str, Any]) -> tuple[Policy | None, list[Problem]]:
    return parse_policies(msgspec.convert(raw, PoliciesFile))


def test_a_whole_policy() -> None:
    policy, problems = read(GOOD)
    assert not problems
    assert policy is not None
    assert policy == Policy(
        version=policy.version,
        caps=(cap(3, "email", Duration(7, "day"), calendar=True),),
        quiet_hours=(QuietHours(first=21 * 60, end=8 * 60, channels=("email",)),),
        phases=(
            PhaseRule(
                phase="peak",
                refuse_purposes=("research",),
                caps=(cap(1, None, Duration(1, "day")),),
            ),
        ),
        minimum_match_confidence=60,
        holds=("on_hold",),
        exempt=frozenset({"transactional"}),
    )


def test_an_empty_file_has_the_default_holds() -> None:
    policy, _ = read({})
    assert policy is not None
    assert policy.holds == ("on_hold", "marketing_hold")
    assert policy.caps == ()


def test_the_version_follows_the_content() -> None:
    one, two, three = (read(raw)[0] for raw in (GOOD, dict(reversed(GOOD.items())), GOOD | {"holds": []}))
    assert one is not None
    assert two is not None
    assert three is not None
    assert one.version == two.version != three.version


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"caps": [{"most": 3, "per": "7"}]}, ("caps", 0, "per")),
        ({"caps": [{"most": 3, "per": "0 days"}]}, ("caps", 0, "per")),
        ({"caps": [{"most": 3, "per": "12 hours", "calendar": True}]}, ("caps", 0, "per")),
        ({"quiet_hours": {"from": "9pm", "to": "08:00"}}, ("quiet_hours", "from")),
        ({"quiet_hours": {"from": "21:00", "to": "25:00"}}, ("quiet_hours", "to")),
        ({"quiet_hours": {"from": "21:00", "to": "21:00"}}, ("quiet_hours", "to")),
        ({"phases": [{"phase": "high"}]}, ("phases", 0, "phase")),
        ({"phases": [{"phase": "january.high"}]}, ("phases", 0, "phase")),
        ({"phases": [{"phase": "peak", "caps": [{"most": 1, "per": "x"}]}]}, ("phases", 0, "caps", 0, "per")),
    ],
)
def test_problems(raw: dict[str, Any], path: tuple[str | int, ...]) -> None:
    policy, problems = read(raw)
    assert policy is None
    assert [each.path for each in problems] == [path]
    assert all(each.what and each.why and each.fix for each in problems)
