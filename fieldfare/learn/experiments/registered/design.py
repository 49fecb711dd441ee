"""What an experiment can find, before it starts: units, smallest effect, duration, and what to do when it cannot. Pure.

Base rate and variance are the workspace's own, from the people and the journey as they were; CUPED's reduction is that
of the same history. A plan that cannot answer in its time is told so, with what would help: a larger holdout, a longer
run, a metric pooled over journeys, or a belief in place of a test.
"""

import math
from collections.abc import Callable

import msgspec

from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import Arm, NotComputable, UnitKind, Why
from fieldfare.learn.experiments.registered.model import Looks, Registration, Trial
from fieldfare.learn.experiments.statistics.boundaries import Spending, inflation
from fieldfare.learn.experiments.statistics.corrections import joint_level
from fieldfare.learn.experiments.statistics.cuped import reduction_of
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Sums
from fieldfare.learn.experiments.statistics.power import (
    Aim,
    always_valid_factor,
    days_for,
    events_for,
    size_for,
    size_for_hazard,
    smallest_effect,
    smallest_share,
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
    """The smallest difference that it finds in the planned time; infinite where not even everybody would be enough."""
    finds_lift: float | None


class AsTime(msgspec.Struct, frozen=True, kw_only=True):
    """What a log-rank test needs: it sees *when* the event comes, and also those whose window still runs."""

    hazard_ratio: float
    """Treated over control: above one, the event comes sooner when treated."""
    events: int
    units: int


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
    together: float = 1.0
    """People of one unit, on average."""
    cost_of_clusters: float | None = None
    """How many times the people of a test that assigns each alone: a share's design effect."""
    as_time: AsTime | None = None
    """The same effect as time to the event, for a metric that is an event of single people."""


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
        few = "Let the journey run with a holdout first, or load events."
        if registration.unit is UnitKind.LOCATION:
            few = f"Places are few: match them. `fieldfare experiments match {registration.name}` tells how."
        text = (
            f"There are {history.size} units in the history of `{metric.name}`; at least {FEWEST_PER_ARM} are needed "
        )
        return NotComputable(Why.TOO_SMALL, f"{text}for a base rate and a variance. {few}")
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

    def finds(size: float, whole: Aim) -> float:
        if _is_share_alone(metric, history):
            other = smallest_share(size, base, whole, falls=metric.lower_is_better)
            return math.inf if other is None else abs(other - base)
        return smallest_effect(size, variance, whole)

    def option(share: float) -> Option:
        return _option(
            msgspec.structs.replace(aim, control=share),
            registration,
            (_variance_with(metric, history, base, effect, variance), variance),
            effect,
            (per_day, days, base),
            window,
            finds,
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
        together=history.total(BASE) / history.size if _is_clustered(metric, history) else 1.0,
        cost_of_clusters=_cost_of_clusters(metric, history, base, variance),
        as_time=_as_time(metric, history, base, effect, msgspec.structs.replace(aim, control=comparison.control)),
    )


def _is_share_alone(metric: Metric, history: Sums) -> bool:
    return metric.shape is Shape.SHARE and BASE not in history.sums


def _variance_with(metric: Metric, history: Sums, base: float, effect: float, variance: float) -> float:
    """Return the variance of one treated unit: a share that moves has another one."""
    other = _moved(metric, base, effect)
    return other * (1 - other) if _is_share_alone(metric, history) and 0 < other < 1 else variance


def _moved(metric: Metric, base: float, effect: float) -> float:
    """Return the level with the effect, which goes the good way."""
    return base - effect if metric.lower_is_better else base + effect


def _is_clustered(metric: Metric, history: Sums) -> bool:
    return metric.shape is not Shape.RATIO and BASE in history.sums


def _cost_of_clusters(metric: Metric, history: Sums, base: float, variance: float) -> float | None:
    if not _is_clustered(metric, history) or metric.shape is not Shape.SHARE:
        return None
    return variance * history.total(BASE) / history.size / (base * (1 - base))


def _as_time(metric: Metric, history: Sums, base: float, effect: float, aim: Aim) -> AsTime | None:
    """Return the effect as a hazard ratio; nothing where the metric is no first event of single people."""
    other = _moved(metric, base, effect)
    if not _is_share_alone(metric, history) or metric.from_us or not metric.rows:
        return None
    if not 0 < other < 1:
        return None
    ratio = math.log1p(-other) / math.log1p(-base)
    return AsTime(
        hazard_ratio=ratio,
        events=math.ceil(events_for(ratio, aim)),
        units=math.ceil(size_for_hazard(ratio, base, aim)),
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
    variances: tuple[float, float],
    effect: float,
    flow: tuple[float, float, float],
    window: float,
    finds: Callable[[float, Aim], float],
) -> Option:
    (treated, variance), (per_day, days, base) = variances, flow
    fixed = size_for(effect, treated, variance, aim)
    whole = msgspec.structs.replace(aim, inflation=cost_of_looks(registration, fixed, aim))
    units = math.ceil(size_for(effect, treated, variance, whole))
    found = finds(max(per_day * days, 1e-9), whole)
    return Option(
        holdout=aim.control,
        units=units,
        days=days_for(units, per_day, window),
        finds=found,
        finds_lift=found / base if base > 0 and math.isfinite(found) else None,
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
