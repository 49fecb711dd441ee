"""The course of a report and its plots from what was read: difference over time, funnel, curves, waterfall. Pure.

Each day is read as the report reads the metric: at the level that the variants share, by medians, inside strata.
Matched places have no course, because the days of their people give another number than the report's.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from fieldfare.ground.instants import date_of
from fieldfare.ground.money import major
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.registered.compare import Known, compare_known
from fieldfare.learn.experiments.registered.findings.model import Ended, Findings, Money, Role
from fieldfare.learn.experiments.registered.findings.plots import (
    Moment,
    cohort_curves,
    funnel,
    lift_over_time,
    waterfall,
)
from fieldfare.learn.experiments.statistics.corrections import joint_level
from fieldfare.learn.experiments.statistics.mismatch import Mismatch
from fieldfare.learn.experiments.statistics.model import Effect, Sums
from fieldfare.learn.experiments.statistics.sequences import always_valid

Funnel = Sequence[tuple[str, Mapping[str, int]]]
Curves = Mapping[str, Sequence[tuple[int, float]]]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """What the units whose window was over by the end of a day say."""

    day: int
    """Counted from the first day on which a window ended, which is 1."""
    on: str
    """The date of it, by UTC."""
    units: dict[str, int]
    value: float
    low: float
    high: float


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A variant's difference from the control, day after day, each with its always-valid interval."""

    variant: str
    level: float
    """At which the interval of each variant holds, so that those of all variants hold together as registered."""
    days: tuple[Day, ...]


def courses(metric: Metric, course: Sequence[Ended], findings: Findings) -> tuple[Course, ...]:
    """Return the course of the primary metric for each variant; none with a broken split or with ``no_course``.

    It is drawn from what is known now, so an event that came late, or a cap on outliers, counts on earlier days too.
    """
    broken = isinstance(findings.split, Mismatch) and not findings.split.passed
    told = () if broken or findings.no_course is not None else findings.metrics
    variants = [each.variant for each in told if each.role is Role.PRIMARY]
    level = joint_level(findings.registration.level, len(variants))
    return tuple(
        Course(variant=variant, level=level, days=tuple(_days(metric, course, level, variant, findings.control)))
        for variant in variants
    )


def _days(metric: Metric, course: Sequence[Ended], level: float, variant: str, control: str) -> Iterator[Day]:
    known = Known(sums={metric.name: {}}, sizes={}, weights={}, control=control)
    days = sorted({each.day for each in course})
    for day in days:
        known = _with(known, metric.name, [each for each in course if each.day == day])
        effect, _ = compare_known(known, metric, variant, level)
        if isinstance(effect, Effect):
            arms = known.sums[metric.name]
            units = {arm: arms[arm].size for arm in (variant, control)}
            span = always_valid(effect, sum(units.values())).interval
            on = date_of(day).isoformat()
            yield Day(day=day - days[0] + 1, on=on, units=units, value=effect.value, low=span.low, high=span.high)


def _with(known: Known, name: str, ended: Sequence[Ended]) -> Known:
    """Return what is known of the metric with those whose windows ended as well."""
    sums = dict(known.sums[name])
    strata = {stratum: dict(arms) for stratum, arms in known.strata.get(name, {}).items()}
    spreads = {arm: dict(counted) for arm, counted in known.spreads.get(name, {}).items()}
    for each in ended:
        sums[each.arm] = sums.get(each.arm, Sums()) + each.sums
        if each.stratum is not None:
            here = strata.setdefault(each.stratum, {})
            here[each.arm] = here.get(each.arm, Sums()) + each.sums
        counted = spreads.setdefault(each.arm, {}) if each.spread else {}
        for minutes, times in each.spread.items():
            counted[minutes] = counted.get(minutes, 0) + times
    more = {"strata": {name: strata} if strata else {}, "spreads": {name: spreads} if spreads else {}}
    return msgspec.structs.replace(known, sums={name: sums}, **more)


def plots(
    metric: Metric,
    steps: Funnel,
    told: Sequence[Course],
    curves: Curves,
    findings: Findings,
    currency: str,
) -> list[tuple[str, str]]:
    """Return captions with their SVG; a broken split leaves the funnel alone, for it may show where it broke."""
    found = [("From assignment to the goal, as a share of each arm.", funnel(steps, findings.control))]
    if isinstance(findings.split, Mismatch) and not findings.split.passed:
        return found
    unit = currency if metric.is_money else "share" if metric.shape is Shape.SHARE else metric.name
    for each in told:
        shown = [Moment(day.day, day.value, day.low, day.high) for day in each.days]
        if metric.is_money:
            shown = [Moment(day, *(major(each, currency) for each in bounds)) for day, *bounds in shown]
        caption = f"{metric.name} of {each.variant} less {findings.control} over time; the band holds at every day."
        found.append((caption, lift_over_time(shown, unit)))
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
        money = findings.money
        parts = [("revenue", major(money.revenue, currency)), ("cost", -major(money.cost, currency))]
        found.append(("What it brought and cost.", waterfall(parts, currency)))
    return found
