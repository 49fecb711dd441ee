"""lifecycle.yaml and outcomes.yaml as data: what they say, and every problem with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Did
from fieldfare.know.lifecycle.files import LifecycleFile, OutcomesFile
from fieldfare.know.lifecycle.model import Lifecycle, Outcome, Stage, Target
from fieldfare.know.lifecycle.parse import parse_lifecycle, parse_outcomes
from fieldfare.know.lifecycle.shipped import shipped_stages

VISITS = {"did": "check_in"}


def lifecycle(*stages: dict[str, Any], **more: Any) -> LifecycleFile:
    return msgspec.convert({"stages": stages, **more}, LifecycleFile)


def outcomes(**change: Any) -> OutcomesFile:
    good = {"outcome": "habit", "stage": "active", "kpi": "visits", "target": {"at_least": 4}}
    return msgspec.convert({"outcomes": [{**good, **change}]}, OutcomesFile)


def test_stages_in_their_order() -> None:
    back = {"stage": "back", "enter": VISITS, "exit": VISITS, "after": ["gone"]}
    found, problems = parse_lifecycle(lifecycle(back, {"stage": "gone", "enter": VISITS}))
    assert problems == []
    did = Did("check_in")
    assert found == Lifecycle((Stage("back", did, did, ("gone",)), Stage("gone", did)))
    assert found is not None
    assert found.stages(shipped_stages()) == found.own


def test_the_shipped_stages_are_those_of_the_domain() -> None:
    names = {stage.name for stage in shipped_stages()}
    assert names == {"prospect", "trial", "new_joiner", "active", "vip", "at_risk", "lapsed", "reactivated"}


def test_own_stages_take_the_place_of_shipped_ones() -> None:
    found, _ = parse_lifecycle(
        lifecycle({"stage": "vip", "enter": VISITS}, {"stage": "staff", "enter": VISITS}, shipped=True)
    )
    assert found is not None
    stages = found.stages(shipped_stages())
    assert [stage.name for stage in stages] == ["staff", *(stage.name for stage in shipped_stages())]
    assert next(stage for stage in stages if stage.name == "vip").enter == Did("check_in")


@pytest.mark.parametrize(
    ("stages", "path"),
    [
        ([{"stage": "New", "enter": VISITS}], ("stages", 0, "stage")),
        ([{"stage": "a", "enter": VISITS}, {"stage": "a", "enter": VISITS}], ("stages", 1, "stage")),
        ([{"stage": "a", "enter": {}}], ("stages", 0, "enter")),
        ([{"stage": "a", "enter": VISITS, "exit": {"in": 3}}], ("stages", 0, "exit", "in")),
        ([{"stage": "a", "enter": {"not": {"stage": "b"}}}], ("stages", 0, "enter")),
    ],
)
def test_what_cannot_be_a_stage(stages: list[dict[str, Any]], path: tuple[str | int, ...]) -> None:
    found, problems = parse_lifecycle(lifecycle(*stages))
    assert found is None
    assert [problem.path for problem in problems] == [path]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, Outcome("habit", "active", "visits", Target("at_least", 4.0, is_share=False))),
        (
            {"target": {"at_most": "5 %"}, "within": "30 days", "owner": "us", "description": "few"},
            Outcome(
                "habit", "active", "visits", Target("at_most", 0.05, is_share=True), Duration(30, "day"), "us", "few"
            ),
        ),
    ],
)
def test_an_outcome(change: dict[str, Any], outcome: Outcome) -> None:
    assert parse_outcomes(outcomes(**change)) == ((outcome,), [])


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"outcome": "A b"}, ("outcomes", 0, "outcome")),
        ({"kpi": ""}, ("outcomes", 0, "kpi")),
        ({"within": "30"}, ("outcomes", 0, "within")),
        ({"target": {}}, ("outcomes", 0, "target")),
        ({"target": {"at_least": 1, "at_most": 2}}, ("outcomes", 0, "target")),
        ({"target": {"at_least": "many"}}, ("outcomes", 0, "target", "at_least")),
    ],
)
def test_what_cannot_be_an_outcome(change: dict[str, Any], path: tuple[str | int, ...]) -> None:
    found, problems = parse_outcomes(outcomes(**change))
    assert found is None
    assert [problem.path for problem in problems] == [path]


def test_an_outcome_stands_once() -> None:
    file = outcomes()
    file.outcomes.append(file.outcomes[0])
    assert [problem.path for problem in parse_outcomes(file)[1]] == [("outcomes", 1, "outcome")]
