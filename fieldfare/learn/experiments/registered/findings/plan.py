"""A design as plain lines of text: what can be found, in what time, and what would help. Pure."""

import math
from collections.abc import Callable

from fieldfare.ground.money import said
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.registered.design import Design, Option
from fieldfare.learn.experiments.registered.model import Looks, Registration


def design_lines(plan: Registration, metric: Metric, found: Design, history: str, currency: str) -> list[str]:
    """Return the design as lines of text."""

    def told(value: float) -> str:
        if metric.shape is Shape.SHARE:
            return f"{value * 100:.2f} points"
        return said(value, currency) if metric.is_money else f"{value:,.4g}"

    level = f"{found.base:.2%}" if metric.shape is Shape.SHARE else told(found.base)
    lines = [
        f"Experiment {plan.name}: {metric.name} of {history}",
        f"  level {level}, {found.per_day:,.1f} units a day, {found.days:g} days; windows: {found.window_days:g} days",
        f"  smallest effect that matters: {told(found.effect)}; level {plan.level:.0%}, power {plan.power:.0%}",
    ]
    if found.reduction:
        lines.append(f"  CUPED would take {found.reduction:.1%} of the variance, by this history")
    if found.together > 1:
        told_of = "" if found.cost_of_clusters is None else f", and {found.cost_of_clusters:.2f} times the people"
        lines.append(f"  a unit is {found.together:.2f} people who meet the same{told_of}; units are counted below")
    if plan.looks is not Looks.FIXED:
        lines.append(f"  the registered looks need {found.inflation:.2f} times the units of one look")
    if found.questions > 1:
        told_of = f"  {found.questions} variants are compared with the control; the figures are for each comparison"
        lines.append(told_of)
    lines += ["", "  holdout    units needed    days    finds in the planned days"]
    lines += [_option(each, told) for each in found.options]
    chosen, time = found.chosen, found.as_time
    if time is not None:
        needs = f"{time.events:,} events among {time.units:,} units"
        lines += ["", f"  as time to the event (log-rank, read once): hazard ratio {time.hazard_ratio:.3g}, {needs}"]
    verdict = "can" if found.answers else "CANNOT"
    lines += ["", f"With a {found.control} of {chosen.holdout:.0%} it {verdict} find {told(found.effect)} in its time."]
    return lines + [f"  - {each}" for each in found.advice]


def _option(option: Option, told: Callable[[float], str]) -> str:
    days = f"{option.days:,.0f}" if math.isfinite(option.days) else "never"
    if math.isinf(option.finds):
        return f"  {option.holdout:>7.0%} {option.units:>15,} {days:>7}    nothing, not even everybody or nobody"
    lift = "" if option.finds_lift is None else f" ({option.finds_lift:+.1%})"
    return f"  {option.holdout:>7.0%} {option.units:>15,} {days:>7}    {told(option.finds)}{lift}"
