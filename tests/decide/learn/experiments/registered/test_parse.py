"""``experiments/*.yaml`` and ``programme.yaml``: what is read, and each slip told with its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.learn.experiments.registered.files import ExperimentFile, ProgrammeFile
from fieldfare.learn.experiments.registered.model import Guardrail, Looks, Margin, Programme, Registration
from fieldfare.learn.experiments.registered.parse import parse_experiment, parse_programme

PLAN: dict[str, Any] = {"experiment": "win-back", "journey": "win-back", "metric": "came", "smallest_effect": "2 %"}


def parsed(**more: Any) -> tuple[Registration | None, list[str]]:
    found, problems = parse_experiment(msgspec.convert({**PLAN, **more}, ExperimentFile))
    return found, [f"{'.'.join(map(str, each.path))}: {each.what}" for each in problems]


def test_a_whole_plan() -> None:
    found, problems = parsed(
        north_star="kept",
        supporting=["visits", "revenue"],
        guardrails=[
            {"metric": "complaints", "at_most": "0.5 %"},
            {"metric": "churn", "worse_by": "1 %", "pauses": False},
        ],
        looks={"spending": "pocock", "at": ["50 %", "100 %"]},
        units=4_000,
        payoff={"value": 45, "cost": 700, "minimum_return": 1.5},
        start="2026-03-01",
        stop="2026-06-01",
    )
    assert problems == []
    assert found is not None
    assert (found.looks, found.look_at) == (Looks.POCOCK, (0.5, 1.0))
    assert (found.smallest_effect, found.effect_is_lift) == (0.02, False)
    assert found.metrics == ("came", "kept", "visits", "revenue", "complaints", "churn")
    assert [each.pauses for each in found.guardrails] == [True, False]
    assert found.payoff is not None
    assert (found.payoff.value, found.payoff.cost) == (4_500, 70_000)
    assert found.stop is not None
    assert found.start is not None
    assert found.stop - found.start == 92


@pytest.mark.parametrize(
    ("told", "effect", "is_lift"), [("2 %", 0.02, False), (1.5, 1.5, False), ("10 % of control", 0.1, True)]
)
def test_the_smallest_effect_in_three_ways(told: object, effect: float, *, is_lift: bool) -> None:
    found, _ = parsed(smallest_effect=told)
    assert found is not None
    assert (found.smallest_effect, found.effect_is_lift) == (effect, is_lift)


@pytest.mark.parametrize(
    ("told", "margin", "worse_by"),
    [
        ("2 %", Margin.POINTS, 0.02),
        (1.5, Margin.UNIT, 1.5),
        (0, Margin.UNIT, 0),
        ("5 % of control", Margin.OF_CONTROL, 0.05),
    ],
)
def test_a_margin_in_three_ways(told: object, margin: Margin, worse_by: float) -> None:
    found, _ = parsed(guardrails=[{"metric": "churn", "worse_by": told}])
    assert found is not None
    assert found.guardrails == (Guardrail(metric="churn", worse_by=worse_by, margin=margin),)
    of_effect, _ = parsed(smallest_effect=told or 1)
    assert of_effect is not None
    assert of_effect.effect_in_points is (margin is Margin.POINTS)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"smallest_effect": "much"}, "smallest_effect: `smallest_effect: much` is no effect"),
        ({"smallest_effect": -1.0}, "smallest_effect: `smallest_effect: -1.0` is no effect"),
        ({"looks": {"at": ["50 %"]}, "units": 9}, "looks.at: `at: 50 %` is no plan of looks"),
        (
            {"looks": {"at": ["60 %", "50 %", "100 %"]}, "units": 9},
            "looks.at: `at: 60 %, 50 %, 100 %` is no plan of looks",
        ),
        ({"looks": {}}, "looks: planned looks stand without `units`"),
        ({"guardrails": [{"metric": "x"}]}, "guardrails.0: no bound stands"),
        (
            {"guardrails": [{"metric": "x", "at_most": "1 %", "worse_by": 1}]},
            "guardrails.0: both `at_most` and `worse_by` stand",
        ),
        (
            {"guardrails": [{"metric": "x", "worse_by": "much"}]},
            "guardrails.0.worse_by: `worse_by: much` is no margin",
        ),
        ({"guardrails": [{"metric": "x", "worse_by": -1}]}, "guardrails.0.worse_by: `worse_by: -1.0` is no margin"),
        ({"guardrails": [{"metric": "x", "at_most": "0 %"}]}, "guardrails.0.at_most: `at_most: 0 %` bounds nothing"),
        (
            {"guardrails": [{"metric": "x", "at_most": "100 %"}]},
            "guardrails.0.at_most: `at_most: 100 %` bounds nothing",
        ),
        ({"supporting": ["came"]}, "supporting.0: `came` stands as `metric` already"),
        ({"level": "5 %"}, "level: `level: 5 %` cannot be used"),
        ({"blocks": [["a", "b"]]}, "blocks: `blocks` stand with `unit: profile`"),
        ({"unit": "location", "blocks": [["a", "b"]], "looks": "always"}, "looks: `looks` stand with `blocks`"),
        ({"unit": "location", "blocks": [["a"]]}, "blocks.0: the block `a` has no second place"),
        ({"unit": "location", "blocks": [["a", "b"], ["b", "c"]]}, "blocks.1: `b` stands twice in `blocks`"),
        ({"unit": "location", "blocks": [["a", "a"]]}, "blocks.0: `a` stands twice in `blocks`"),
        ({"start": "soon"}, "start: `soon` is no day"),
        ({"start": "2026-03-02", "stop": "2026-03-01"}, "stop: `stop: 2026-03-01` is not after `start: 2026-03-02`"),
    ],
)
def test_a_slip_is_told_with_its_place(more: dict[str, Any], told: str) -> None:
    found, problems = parsed(**more)
    assert found is None
    assert told in problems


def programme(value: dict[str, Any]) -> tuple[Programme | None, list[str]]:
    found, problems = parse_programme(msgspec.convert(value, ProgrammeFile))
    return found, [f"{'.'.join(map(str, each.path))}: {each.what}" for each in problems]


def test_a_programme_with_its_history() -> None:
    found, problems = programme(
        {
            "global_holdout": [
                {"since": "2026-01-01", "share": "5 %"},
                {"since": "2026-07-01", "share": "3 %", "draw": 2},
            ],
            "groups": {"offers": {"win-back": "50 %", "renewal": "50 %"}},
        }
    )
    assert problems == []
    assert found is not None
    assert [(era.share, era.draw) for era in found.eras] == [(0.05, 1), (0.03, 2)]
    assert found.groups == {"offers": {"win-back": 0.5, "renewal": 0.5}}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            {"global_holdout": [{"since": "2026-02-01", "share": "5 %"}, {"since": "2026-01-01", "share": "5 %"}]},
            "global_holdout.1.since: `since: 2026-01-01` is not after the entry before",
        ),
        (
            {"groups": {"a": {"x": "60 %", "y": "60 %"}}},
            "groups.a: the shares of the group `a` are more than everybody",
        ),
        (
            {"groups": {"a": {"x": "50 %"}, "b": {"x": "50 %"}}},
            "groups.b.x: the journey `x` stands in the groups `a` and `b`",
        ),
        ({"groups": {"a": {"x": "half"}}}, "groups.a.x: `half` is no share"),
    ],
)
def test_a_programme_that_cannot_be(value: dict[str, Any], told: str) -> None:
    found, problems = programme(value)
    assert found is None
    assert told in problems
