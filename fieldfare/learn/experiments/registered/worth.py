"""The primary effect of a registered experiment in money, and what must be true for it to pay. Pure."""

from fieldfare.learn.experiments.model import Interval
from fieldfare.learn.experiments.registered.findings.model import Money
from fieldfare.learn.experiments.registered.model import Payoff
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.money import attrition, must_be_true, payback, per_person, roi

KEPT = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the additional people who stay, in the table of later attrition."""


def money_of(payoff: Payoff, variant: str, effect: Effect, shown: Interval, members: int, messages: float) -> Money:
    """Return the worth of an effect for ``members`` of a variant; ``shown`` is the interval that may be read now."""
    cost = payoff.cost + payoff.message_cost * messages
    additional = effect.value * members
    each = members * payoff.value
    revenue = effect.value * each
    return Money(
        variant=variant,
        additional=additional,
        additional_interval=Interval(shown.low * members, shown.high * members, shown.method),
        revenue=revenue,
        cost=cost,
        net=revenue - cost,
        net_interval=Interval(shown.low * each - cost, shown.high * each - cost, shown.method),
        roi=roi(revenue, cost),
        roi_low=roi(shown.low * each, cost),
        cost_per_additional=per_person(cost, additional),
        payback=payback(revenue, cost, 1 + payoff.later_periods),
        payback_low=payback(shown.low * each, cost, 1 + payoff.later_periods),
        must_be_true=must_be_true(shown, payoff.value, members, cost, max(payoff.later_periods, 1)),
        attrition=attrition(additional, payoff.value, cost, KEPT, payoff.later_periods) if payoff.later_periods else (),
    )
