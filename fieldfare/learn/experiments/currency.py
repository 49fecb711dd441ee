"""Metrics and plans in the minor units of the workspace's currency; files are read as if it had a hundred. Pure."""

from collections.abc import Mapping

import msgspec

from fieldfare.ground.money import digits_of
from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.registered.model import Margin, Payoff, Registration

_USUAL = 2


def metric_in(metric: Metric, currency: str) -> Metric:
    """Return a metric whose money is in the minor units of the currency."""
    digits = digits_of(currency)
    if not metric.is_money or digits == _USUAL:
        return metric
    cap = None if metric.cap is None else metric.cap * _ratio(digits)
    cost = metric.message_cost * _ratio(digits)
    return msgspec.structs.replace(metric, scale=10**digits, cap=cap, message_cost=cost)


def plan_in(plan: Registration, currency: str, metrics: Mapping[str, Metric]) -> Registration:
    """Return a plan whose payoff, and whose differences of money, are in the minor units of the currency.

    Differences are written in major units; ``metrics`` are those of the currency. A lift has no unit.
    """
    scale = 1 if plan.effect_is_lift else _scale(metrics.get(plan.primary))
    rails = tuple(
        msgspec.structs.replace(each, worse_by=each.worse_by * _scale(metrics.get(each.metric)))
        if each.worse_by is not None and each.margin is not Margin.OF_CONTROL
        else each
        for each in plan.guardrails
    )
    effect = plan.smallest_effect * scale
    return msgspec.structs.replace(
        plan, payoff=_payoff_in(plan.payoff, currency), smallest_effect=effect, guardrails=rails
    )


def _payoff_in(told: Payoff | None, currency: str) -> Payoff | None:
    if told is None or digits_of(currency) == _USUAL:
        return told
    ratio = _ratio(digits_of(currency))
    return msgspec.structs.replace(
        told, value=told.value * ratio, cost=told.cost * ratio, message_cost=told.message_cost * ratio
    )


def _scale(metric: Metric | None) -> int:
    """Return how many units of the metric's sums one unit of the file is."""
    return metric.scale if metric is not None and metric.is_money else 1


def _ratio(digits: int) -> float:
    return 10.0 ** (digits - _USUAL)
