"""Time to event: who is still there after so many days, when some were watched for less. Pure arithmetic on counts.

A life table holds, for each day since the start, how many had the event and how many left observation without it. The
survival curve is Kaplan and Meier's (1958) with Greenwood's variance; two curves are compared at a horizon, by the mean
time up to it, and by the log-rank test with Peto's estimate of the hazard ratio (Peto and Peto 1972). Withdrawals of a
day count as at risk on that day.
"""

import math
from collections.abc import Mapping

import msgspec
import scipy

from fieldfare.learn.experiments.model import Interval, NotComputable, Why
from fieldfare.learn.experiments.statistics.compare import LEVEL, difference, quantile
from fieldfare.learn.experiments.statistics.estimate import too_few
from fieldfare.learn.experiments.statistics.model import Effect, Estimate

LEAST_EVENTS = 10
"""Events of both arms together that a hazard ratio needs."""


class LifeTable(msgspec.Struct, frozen=True, kw_only=True):
    """Of one arm: how many began, and per day how many had the event and how many were seen no longer."""

    size: int
    events: dict[int, int] = {}
    censored: dict[int, int] = {}

    def days(self) -> list[int]:
        """Return the days with events, in order."""
        return sorted(day for day, count in self.events.items() if count)

    def at_risk(self, day: int) -> int:
        """Return how many were still watched, and without the event, when the day began."""
        gone = sum(count for past, count in self.events.items() if past < day)
        return self.size - gone - sum(count for past, count in self.censored.items() if past < day)


class Hazards(msgspec.Struct, frozen=True, kw_only=True):
    """The log-rank test and the hazard ratio, treated over control: below one, the event comes later when treated."""

    statistic: float
    """Chi-squared, one degree of freedom."""
    p_value: float
    ratio: float
    interval: Interval


def curve(table: LifeTable) -> dict[int, float]:
    """Return the share that is still without the event after each day that has one."""
    found, left = {}, 1.0
    for day in table.days():
        left *= 1 - table.events[day] / table.at_risk(day)
        found[day] = left
    return found


def survival_at(table: LifeTable, horizon: int) -> Estimate | NotComputable:
    """Return the share still without the event after day ``horizon``, with Greenwood's variance."""
    if table.size < 2:  # noqa: PLR2004 - a variance needs two
        return too_few(table.size)
    if table.at_risk(horizon) <= 0:
        return NotComputable(Why.NO_DATA, f"Nobody has been watched for {horizon} days yet. Wait, or ask for fewer.")
    left, spread = 1.0, 0.0
    for day in (each for each in table.days() if each <= horizon):
        risk, events = table.at_risk(day), table.events[day]
        left *= 1 - events / risk
        spread += events / (risk * (risk - events)) if risk > events else 0.0
    return Estimate(left, left * left * spread, float("inf"))


def mean_time(table: LifeTable, horizon: int) -> Estimate | NotComputable:
    """Return the mean number of days without the event up to the horizon (restricted mean), with its variance."""
    if isinstance(survival_at(table, horizon), NotComputable):
        return survival_at(table, horizon)
    steps = {0: 1.0} | {day: left for day, left in curve(table).items() if day < horizon}
    ends = [*list(steps)[1:], horizon]
    areas = [left * (end - day) for (day, left), end in zip(steps.items(), ends, strict=True)]
    variance, ahead = 0.0, sum(areas)
    for day, area in zip(steps, areas, strict=True):
        risk, events = table.at_risk(day), table.events.get(day, 0) if day else 0
        variance += ahead * ahead * events / (risk * (risk - events)) if events and risk > events else 0.0
        ahead -= area
    return Estimate(sum(areas), variance, float("inf"))


def compare_survival(
    treated: LifeTable, control: LifeTable, horizon: int, level: float = LEVEL
) -> Effect | NotComputable:
    """Return the difference of the shares still without the event after the horizon."""
    return difference(survival_at(treated, horizon), survival_at(control, horizon), level)


def hazards(treated: LifeTable, control: LifeTable, level: float = LEVEL) -> Hazards | NotComputable:
    """Return the log-rank test of two arms and their hazard ratio."""
    seen = sum(treated.events.values()) + sum(control.events.values())
    if seen < LEAST_EVENTS:
        text = f"There are {seen} events in both arms together; a hazard ratio needs at least {LEAST_EVENTS}."
        return NotComputable(Why.NO_EVENTS, text)
    surplus = variance = 0.0
    for day in sorted({*treated.days(), *control.days()}):
        mine, others = treated.at_risk(day), control.at_risk(day)
        risk, events = mine + others, treated.events.get(day, 0) + control.events.get(day, 0)
        if risk > 1:
            surplus += treated.events.get(day, 0) - events * mine / risk
            variance += events * mine * others * (risk - events) / (risk * risk * (risk - 1))
    if variance <= 0:
        return NotComputable(Why.NO_VARIATION, "At no time were both arms at risk, so their hazards do not compare.")
    square, half = surplus * surplus / variance, quantile(level, float("inf")) / math.sqrt(variance)
    ratio = surplus / variance
    span = Interval(math.exp(ratio - half), math.exp(ratio + half), "Peto")
    p_value = float(scipy.stats.chi2.sf(square, 1))
    return Hazards(statistic=square, p_value=p_value, ratio=math.exp(ratio), interval=span)


def table_of(size: int, rows: Mapping[int, tuple[int, int]]) -> LifeTable:
    """Return the life table from (events, censored) of each day."""
    return LifeTable(
        size=size,
        events={day: events for day, (events, _) in rows.items() if events},
        censored={day: left for day, (_, left) in rows.items() if left},
    )
