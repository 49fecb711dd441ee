"""What an experiment can find, before it starts: units, smallest effect, duration, and what to do when it cannot. Pure.

Base rate and variance are the workspace's own, from the people and the journey as they were; CUPED's reduction is that
of the same history. A plan that cannot answer in its time is told so, with what would help: a larger holdout, a longer
run, a metric pooled over journeys, or a belief in place of a test.
"""

import math

import msgspec

from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import Arm, NotComputable, Why
from fieldfare.learn.experiments.registered.model import Looks, Registration, Trial
from fieldfare.learn.experiments.statistics.boundaries import Spending, inflation
from fieldfare.learn.experiments.statistics.corrections import joint_level
from fieldfare.learn.experiments.statistics.cuped import reduction_of
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Sums
from fieldfare.learn.experiments.statistics.power import (
    Aim,
    always_valid_factor,
    days_for,
    size_for,
    smallest_effect,
    unit_variance_of_ratio,
)

SHARES = (0.10, 0.15, 0.20, 0.25, 0.30, 0.50)
"""Shares of the holdout that are shown beside each other."""
FEWEST_PER_ARM = 30


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One share of the holdout: what it needs, and what it finds in the planned time."""

    holdout: float
    """The control's share of the comparison."""
    units: int
    """Both arms together, to find the smallest effect that matters."""
    days: float
    """Until they are there and their windows are over."""
    finds: float
    """The smallest difference that it finds in the planned time."""
    finds_lift: float | None


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """A plan against the workspace's own history."""

    metric: str
    base: float
    """Mean of the metric, without treatment as far as history goes."""
    variance: float
    """Of one unit."""
    reduction: float
    effect: float
    """The smallest difference that matters."""
    per_day: float
    """Units that come each day."""
    days: float
    """Planned days of assignment."""
    window_days: float
    inflation: float
    """What the registered looks cost."""
    questions: int
    """Variants that are compared with the control; each is planned at its part of the error."""
    control: str
    """Name of the arm that they are compared with."""
    chosen: Option
    options: tuple[Option, ...]
    answers: bool
    """Whether the chosen share finds the smallest effect in the planned time."""
    advice: tuple[str, ...]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison that is planned for: the smallest variant with the control."""

    control: float
    """The control's share of the two."""
    name: str = Arm.HOLDOUT.value
    part: float = 1.0
    """Their share of all units."""
    questions: int = 1
    """How many variants are compared with the control; each is planned at its part of the error."""


def compared(trial: Trial, holdout: float | None) -> Compared:
    """Return what is planned for; ``holdout``: try this share of the control in place of the trial's."""
    control = trial.weights[trial.control]
    least = min(trial.weights[variant] for variant in trial.variants)
    share = holdout if holdout is not None else control / (control + least)
    return Compared(control=share, name=trial.control, part=control + least, questions=len(trial.variants))


def design(
    registration: Registration, metric: Metric, history: Sums, comparison: Compared, per_day: float, days: float
) -> Design | NotComputable:
    """Return what the plan can find; ``history`` has one row for each unit of the past, ``days`` are of assignment.

    ``per_day`` counts the units of all arms.
    """
    per_day *= comparison.part
    if history.size < FEWEST_PER_ARM:
        text = (
            f"There are {history.size} units in the history of `{metric.name}`; at least {FEWEST_PER_ARM} are needed "
            "for a base rate and a variance. Let the journey run with a holdout first, or load events."
        )
        return NotComputable(Why.TOO_SMALL, text)
    base, variance = moments(metric, history)
    if variance <= 0:
        return NotComputable(
            Why.NO_VARIATION, f"`{metric.name}` was the same for every unit, so nothing can be planned."
        )
    effect = registration.smallest_effect * (base if registration.effect_is_lift else 1.0)
    if effect <= 0:
        return NotComputable(Why.ZERO_BASE, f"`{metric.name}` was zero for everybody, so a lift of it is no plan.")
    reduction = reduction_of(history) if metric.uses_cuped and BASE not in history.sums else 0.0
    aim = Aim(
        level=joint_level(registration.level, comparison.questions), power=registration.power, reduction=reduction
    )
    window = metric.window_us / 86_400_000_000

    def option(share: float) -> Option:
        return _option(
            msgspec.structs.replace(aim, control=share), registration, variance, effect, (per_day, days, base), window
        )

    chosen = option(comparison.control)
    enough = chosen.finds <= effect * (1 + 1e-9)
    options = tuple(option(share) for share in SHARES)
    return Design(
        metric=metric.name,
        base=base,
        variance=variance,
        reduction=reduction,
        effect=effect,
        per_day=per_day,
        days=days,
        window_days=window,
        inflation=cost_of_looks(registration, chosen.units, aim),
        questions=comparison.questions,
        control=comparison.name,
        chosen=chosen,
        options=options,
        answers=enough,
        advice=() if enough else _advice(chosen, options, effect, days, per_day),
    )


def moments(metric: Metric, history: Sums) -> tuple[float, float]:
    """Return the metric's level and the variance of one unit."""
    if metric.shape is Shape.RATIO or BASE in history.sums:
        if not history.total(BASE):
            return 0.0, 0.0
        return history.total(VALUE) / history.total(BASE), unit_variance_of_ratio(history)
    mean = history.mean(VALUE)
    return mean, mean * (1 - mean) if metric.shape is Shape.SHARE else history.covariance(VALUE, VALUE)


def cost_of_looks(registration: Registration, units: float, aim: Aim) -> float:
    """Return how many times the units of a fixed test the registered looks need."""
    match registration.looks:
        case Looks.FIXED:
            return 1.0
        case Looks.ALWAYS:
            return always_valid_factor(max(units, 2), aim)
        case Looks.OBRIEN_FLEMING:
            kind = Spending.LAN_DEMETS_OBRIEN_FLEMING
        case Looks.POCOCK:
            kind = Spending.LAN_DEMETS_POCOCK
    return inflation(kind, registration.look_at, registration.level, registration.power)


def _option(
    aim: Aim,
    registration: Registration,
    variance: float,
    effect: float,
    flow: tuple[float, float, float],
    window: float,
) -> Option:
    per_day, days, base = flow
    fixed = size_for(effect, variance, variance, aim)
    whole = msgspec.structs.replace(aim, inflation=cost_of_looks(registration, fixed, aim))
    units = math.ceil(size_for(effect, variance, variance, whole))
    found = smallest_effect(max(per_day * days, 1e-9), variance, whole)
    return Option(
        holdout=aim.control,
        units=units,
        days=days_for(units, per_day, window),
        finds=found,
        finds_lift=found / base if base > 0 else None,
    )


def _advice(chosen: Option, options: tuple[Option, ...], effect: float, days: float, per_day: float) -> tuple[str, ...]:
    """Return what would help, the cheapest first."""
    found = []
    larger = next((each for each in options if each.holdout > chosen.holdout and each.finds <= effect), None)
    if larger is not None:
        found.append(f"A holdout of {larger.holdout:.0%} finds it in the planned {days:g} days.")
    if math.isfinite(chosen.days):
        found.append(f"With {chosen.holdout:.0%} it takes {chosen.units:,} units: {chosen.days:,.0f} days in all.")
    if per_day * days < chosen.units / 2:
        found.append(
            "Pool it: one experiment over several journeys or locations with the same metric, or run several in a row."
        )
    found.append("Decide by a belief (expected loss) and by revenue for each contacted, and claim no lift.")
    return tuple(found)
