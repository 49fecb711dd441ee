"""Plans, metrics and aggregates for the tables of registered experiments."""

from typing import Any

from fieldfare.ground.instants import DAY, Instant
from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.registered.compare import Known
from fieldfare.learn.experiments.registered.look import planned_looks
from fieldfare.learn.experiments.registered.model import Guardrail, Payoff, Reached, Registration
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.sums import sums_of_hits

CAME = Metric(
    name="came", kind=MetricKind.CONVERSION, shape=Shape.SHARE, rows=(Rows(event="visit"),), window_us=60 * DAY
)
KEPT = Metric(name="kept", kind=MetricKind.RETENTION, shape=Shape.SHARE, rows=(Rows(event="visit"),))
LEFT = Metric(
    name="left", kind=MetricKind.CHURN, shape=Shape.SHARE, rows=(Rows(event="cancelled"),), lower_is_better=True
)
SPENT = Metric(
    name="spent",
    kind=MetricKind.REVENUE,
    shape=Shape.MEAN,
    fold=Fold.SUM,
    rows=(Rows(event="order", amount="total"),),
    is_money=True,
    before_us=DAY,
)
COST = Metric(name="cost", kind=MetricKind.COST_TO_RETAIN, shape=Shape.DERIVED, of="came", message_cost=10.0)
METRICS = {each.name: each for each in (CAME, KEPT, LEFT, SPENT, COST)}
AS_OF = 20_000 * DAY

PLAN = Registration(
    name="win-back",
    journey="win-back",
    primary="came",
    smallest_effect=0.02,
    effect_is_lift=False,
    supporting=("kept",),
    guardrails=(Guardrail(metric="left", worse_by=0.02),),
    payoff=Payoff(value=4_500, cost=70_000, minimum_return=1.0, later_periods=1),
    stop=AS_OF // DAY - 100,
)


def reached(plan: Registration, came: int, at: Instant = AS_OF - CAME.window_us) -> tuple[Reached, ...]:
    """Return the planned looks that so many units are enough for, each a day after the one before, the last ``at``."""
    planned = planned_looks(plan)
    counts = [count for count in planned if count <= came]
    days = range(len(counts) - 1, -1, -1)
    return tuple(
        Reached(at=at - day * DAY, units=each, is_last=each == planned[-1])
        for day, each in zip(days, counts, strict=True)
    )


def arms(treated: tuple[int, int], holdout: tuple[int, int]) -> dict[str, Sums]:
    return {"treated": sums_of_hits(*treated), "holdout": sums_of_hits(*holdout)}


def known(**more: Any) -> Known:
    """Return the domain's worked example, 180 of 2,000 against 110 of 2,000, with what a test has otherwise."""
    told: dict[str, Any] = {
        "sums": {
            "came": arms((180, 2_000), (110, 2_000)),
            "kept": arms((100, 2_000), (90, 2_000)),
            "left": arms((60, 2_000), (60, 2_000)),
        },
        "sizes": {"treated": 2_000, "holdout": 2_000},
        "weights": {"treated": 0.5, "holdout": 0.5},
        "messages": {"treated": 2_000},
    }
    return Known(**(told | more))
