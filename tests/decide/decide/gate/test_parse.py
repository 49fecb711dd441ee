"""policies.yaml to the policy."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.gate.files import PoliciesFile
from fieldfare.decide.gate.parse import parse_policies
from fieldfare.decide.gate.policy import Policy, QuietHours, Refused, Selector
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.workspace.model import Duration, Problem
from tests.decide.decide.gate.facts import cap
from tests.decide.decide.gate.test_files import GOOD


def read(raw: dict[str, Any]) -> tuple[Policy | None, list[Problem]]:
    return parse_policies(msgspec.convert(raw, PoliciesFile))


def test_a_whole_policy() -> None:
    policy, problems = read(GOOD)
    assert not problems
    assert policy is not None
    weekly = cap(3, "email", Duration(7, "day"), calendar=True)
    in_peak = msgspec.structs.replace(weekly, most=1, phase="peak")
    assert policy == Policy(
        version=policy.version,
        caps=(msgspec.structs.replace(weekly, by_phase={"peak": in_peak}),),
        quiet_hours=(QuietHours(first=21 * 60, end=8 * 60, channels=("email",), spread_us=30 * MINUTE),),
        refused=(Refused(concerns=Selector(purposes=("research",)), phases=("peak",)),),
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
        ({"refuse": [{"channels": ["sms"], "phases": ["high"]}]}, ("refuse", 0, "phases", 0)),
        ({"refuse": [{"phases": ["peak"]}]}, ("refuse", 0)),
        (
            {"caps": [{"most": 1, "per": "1 day", "by_phase": {"january.high": {"most": 2}}}]},
            ("caps", 0, "by_phase", "january.high"),
        ),
        (
            {"quiet_hours": {"from": "21:00", "to": "08:00", "by_phase": {"peak": {"to": "x"}}}},
            ("quiet_hours", "by_phase", "peak", "to"),
        ),
        (
            {"quiet_hours": {"from": "21:00", "to": "08:00", "by_phase": {"peak": {}}}},
            ("quiet_hours", "by_phase", "peak"),
        ),
        ({"channels": {"by_phase": {"off": {"order": ["a", "a"]}}}}, ("channels", "by_phase", "off", "order")),
    ],
)
def test_problems(raw: dict[str, Any], path: tuple[str | int, ...]) -> None:
    policy, problems = read(raw)
    assert policy is None
    assert [each.path for each in problems] == [path]
    assert all(each.what and each.why and each.fix for each in problems)
