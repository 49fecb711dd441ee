"""Steps by path: what follows what, and every problem with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.journeys.definition import Branch, Leave, Send, Wait, WaitFor, WaitUntil
from fieldfare.decide.journeys.files import StepEntry
from fieldfare.decide.journeys.parse_steps import MOST_STEPS, StepTable
from fieldfare.ground.instants import DAY, HOUR
from tests.decide.decide.journeys.walks import WIN_BACK

GOLD = {"trait": "plan", "is": "gold"}


def read(*steps: dict[str, Any]) -> StepTable:
    table = StepTable("marketing", 50)
    table.read(msgspec.convert(list(steps), list[StepEntry]), ("steps",), "", "")
    return table


def test_paths_and_what_follows() -> None:
    table = read(*WIN_BACK["steps"])
    assert table.problems == []
    assert table.after == {
        "0": "1",
        "1": "2",
        "2": "3",
        "2.then.0": "2.then.1",
        "2.then.1": "3",
        "2.else.0": "3",
        "3": "4",
        "4": "",
    }
    assert set(table.steps) == set(table.after)
    assert table.steps["0"] == Wait(2 * DAY)
    assert table.steps["2.then.0"] == WaitUntil(9 * 60)
    assert table.steps["2.else.0"] == Leave("no interest")
    assert isinstance(table.steps["3"], WaitFor)
    branch = table.steps["2"]
    assert isinstance(branch, Branch)
    assert (branch.then, branch.otherwise) == ("2.then.0", "2.else.0")


def test_sends_inherit_and_override() -> None:
    table = read(*WIN_BACK["steps"])
    assert table.steps["1"] == Send("email", "miss-you", "marketing", 50, 2 * DAY)
    assert table.steps["2.then.1"] == Send("sms", "offer", "marketing", 80, 2 * DAY)
    assert table.steps["4"] == Send("email", "last-call", "service", 50, 6 * HOUR)


def test_a_side_without_steps_leads_on() -> None:
    table = read({"branch": {"when": GOLD, "then": [{"exit": "gold"}]}}, {"exit": "end"})
    branch = table.steps["0"]
    assert isinstance(branch, Branch)
    assert branch.otherwise == "1"
    last = read({"branch": {"when": GOLD, "then": [{"exit": "gold"}]}}).steps["0"]
    assert isinstance(last, Branch)
    assert last.otherwise == ""


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ({}, ("steps", 0)),
        ({"wait": "1 day", "exit": "x"}, ("steps", 0)),
        ({"wait": "0 days"}, ("steps", 0, "wait")),
        ({"wait": "tomorrow"}, ("steps", 0, "wait")),
        ({"wait": {}}, ("steps", 0, "wait")),
        ({"wait": {"until": "9"}}, ("steps", 0, "wait", "until")),
        ({"wait": {"until": "09:00", "timeout": "1 day"}}, ("steps", 0, "wait", "timeout")),
        ({"wait": {"until": "09:00", "where": {"a": 1}}}, ("steps", 0, "wait", "where")),
        ({"wait": {"event": "e"}}, ("steps", 0, "wait")),
        ({"wait": {"event": "e", "timeout": "7"}}, ("steps", 0, "wait", "timeout")),
        (
            {"wait": {"event": "e", "timeout": "7 days", "where": {"a": {"near": 1}}}},
            ("steps", 0, "wait", "where", "a", "near"),
        ),
        ({"branch": {"when": GOLD}}, ("steps", 0, "branch")),
        ({"branch": {"when": {"did": ""}, "then": [{"exit": "x"}]}}, ("steps", 0, "branch", "when", "did")),
        ({"branch": {"when": GOLD, "else": [{"wait": "x"}]}}, ("steps", 0, "branch", "else", 0, "wait")),
        ({"send": {"channel": "email", "template": "t", "expires": "2"}}, ("steps", 0, "send", "expires")),
    ],
)
def test_problems(step: dict[str, Any], path: tuple[str | int, ...]) -> None:
    assert [each.path for each in read(step).problems] == [path]


def test_depth_and_number_are_bounded() -> None:
    deep: dict[str, Any] = {"exit": "x"}
    for _ in range(30):
        deep = {"branch": {"when": GOLD, "then": [deep]}}
    assert any("too deep" in each.what for each in read(deep).problems)
    many = read(*[{"exit": "x"}] * (MOST_STEPS + 1))
    assert any("more than" in each.what for each in many.problems)


def test_a_name_of_an_experiment_or_variant_stands_once() -> None:
    fine = {"name": "subject", "variants": [{"variant": "a"}, {"variant": "b"}]}
    twice = {"name": "subject", "variants": [{"variant": "a"}, {"variant": "a"}]}
    kept = {"name": "other", "variants": [{"variant": "a"}, {"variant": "holdout"}]}
    assert [each.what for each in read(*({"experiment": each} for each in (fine, twice, kept))).problems] == [
        "the experiment `subject` stands twice in the journey",
        "`a` cannot name a variant here",
        "`holdout` cannot name a variant here",
    ]
