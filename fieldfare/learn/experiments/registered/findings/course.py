"""The plots of a report from what was read: funnel, difference over time, curves, waterfall. Pure."""

from collections.abc import Mapping, Sequence

from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.registered.compare import compare_arms
from fieldfare.learn.experiments.registered.findings.model import Findings, Money, Role
from fieldfare.learn.experiments.registered.findings.plots import (
    Moment,
    cohort_curves,
    funnel,
    lift_over_time,
    waterfall,
)
from fieldfare.learn.experiments.statistics.mismatch import Mismatch
from fieldfare.learn.experiments.statistics.model import Effect, Sums
from fieldfare.learn.experiments.statistics.sequences import always_valid

Funnel = Sequence[tuple[str, Mapping[str, int]]]
Curves = Mapping[str, Sequence[tuple[int, float]]]


def moments(
    metric: Metric, course: Sequence[tuple[int, str, Sums]], level: float, variant: str, control: str
) -> list[Moment]:
    """Return a variant's difference after each day with its always-valid interval; days count from the first."""
    arms: dict[str, Sums] = {}
    found: list[Moment] = []
    days = sorted({day for day, _, _ in course})
    for day in days:
        for _, arm, sums in (each for each in course if each[0] == day):
            arms[arm] = arms.get(arm, Sums()) + sums
        effect, _ = compare_arms(metric, arms, variant, level, control)
        if isinstance(effect, Effect):
            span = always_valid(effect, arms[variant].size + arms[control].size).interval
            found.append(Moment(day - days[0] + 1, effect.value, span.low, span.high))
    return found


def plots(
    metric: Metric,
    steps: Funnel,
    course: Sequence[tuple[int, str, Sums]],
    curves: Curves,
    findings: Findings,
    currency: str,
) -> list[tuple[str, str]]:
    """Return captions with their SVG; a broken split leaves the funnel alone, for it may show where it broke."""
    found = [("From assignment to the goal, as a share of each arm.", funnel(steps, findings.control))]
    if isinstance(findings.split, Mismatch) and not findings.split.passed:
        return found
    unit = currency if metric.is_money else "share" if metric.shape is Shape.SHARE else metric.name
    for each in (each for each in findings.metrics if each.role is Role.PRIMARY):
        shown = moments(metric, course, findings.registration.level, each.variant, findings.control)
        if metric.is_money:
            shown = [Moment(day, value / 100, low / 100, high / 100) for day, value, low, high in shown]
        told = f"{metric.name} of {each.variant} less {findings.control} over time; the band holds at every day."
        found.append((told, lift_over_time(shown, unit)))
    if curves:
        found.append(
            ("Share of each arm by days since the start.", cohort_curves(curves, metric.name, findings.control))
        )
    kept: dict[str, list[tuple[int, float]]] = {}
    for cohort in findings.cohorts:
        if isinstance(cohort.effect, Effect):
            kept.setdefault(cohort.variant, []).append((cohort.day, cohort.effect.treated))
            if cohort.variant == findings.metrics[0].variant:
                kept.setdefault(findings.control, []).append((cohort.day, cohort.effect.control))
    if kept:
        svg = cohort_curves(kept, findings.cohorts[0].metric, findings.control)
        found.append(("The long run: the share of each arm that was still there after so many days.", svg))
    if isinstance(findings.money, Money):
        parts = [("revenue", findings.money.revenue / 100), ("cost", -findings.money.cost / 100)]
        found.append(("What it brought and cost.", waterfall(parts, currency)))
    return found
