"""Money of metrics and payoffs is in the minor units of the workspace's currency, whichever it is."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.money import said
from fieldfare.learn.experiments.currency import metric_in, plan_in
from fieldfare.learn.experiments.metrics.files import MetricsFile
from fieldfare.learn.experiments.metrics.parse import parse_metrics
from fieldfare.learn.experiments.registered.files import ExperimentFile
from fieldfare.learn.experiments.registered.model import Registration
from fieldfare.learn.experiments.registered.parse import parse_experiment

METRICS = msgspec.convert(
    {
        "metrics": [
            {"metric": "spend", "kind": "net_revenue", "event": "order", "property": "total"}
            | {"cap": 400, "message_cost": 2},
            {"metric": "visits", "kind": "visits", "event": "visit", "cap": 7},
        ]
    },
    MetricsFile,
)
PLAN = msgspec.convert(
    {"experiment": "e", "journey": "j", "metric": "spend", "smallest_effect": 3.0}
    | {"payoff": {"value": 29, "cost": 500, "message_cost": 2}},
    ExperimentFile,
)


@pytest.mark.parametrize(("currency", "units"), [("EUR", 100), ("JPY", 1), ("KWD", 1_000), ("", 100)])
def test_amounts_are_said_as_they_were_written(currency: str, units: int) -> None:
    found, problems = parse_metrics(METRICS)
    assert found is not None, problems
    spend, visits = (metric_in(found[name], currency) for name in ("spend", "visits"))
    assert (spend.scale, spend.cap, spend.message_cost) == (units, 400 * units, 2 * units)
    assert (visits.scale, visits.cap) == (1, 7)
    assert said(400 * spend.scale, currency).replace(",", "").startswith("400")
    plan, _ = parse_experiment(PLAN)
    assert plan is not None
    payoff = plan_in(plan, currency, {"spend": spend}).payoff
    assert payoff is not None
    assert (payoff.value, payoff.cost, payoff.message_cost) == (29 * units, 500 * units, 2 * units)


@pytest.mark.parametrize(("currency", "units"), [("EUR", 100), ("JPY", 1), ("KWD", 1_000), ("", 100)])
def test_differences_of_money_are_written_in_major_units(currency: str, units: int) -> None:
    """What a guardrail and the smallest effect mean is compared with sums in minor units; people and lifts are none."""
    parsed, problems = parse_metrics(METRICS)
    assert parsed is not None, problems
    metrics = {name: metric_in(each, currency) for name, each in parsed.items()}
    rails: list[dict[str, Any]] = [
        {"metric": "spend", "worse_by": 2.0},
        {"metric": "visits", "worse_by": 0.5},
        {"metric": "spend", "worse_by": "5 % of control"},
        {"metric": "spend", "at_most": "1 %"},
    ]

    def plan(metric: str, effect: object) -> Registration:
        told = {"experiment": "e", "journey": "j", "metric": metric, "smallest_effect": effect, "guardrails": rails}
        found, problems = parse_experiment(msgspec.convert(told, ExperimentFile))
        assert found is not None, problems
        return plan_in(found, currency, metrics)

    assert plan("spend", 3.0).smallest_effect == 3 * units
    assert plan("visits", 3.0).smallest_effect == 3
    assert plan("spend", "10 % of control").smallest_effect == 0.1
    assert [each.worse_by for each in plan("spend", 3.0).guardrails] == [2 * units, 0.5, 0.05, None]
    assert plan("of no file", 3.0).smallest_effect == 3
