"""The aggregates of an experiment as one Ibis expression over lake tables. Builds expressions; runs nothing itself.

Lake tables (times in microseconds UTC): ``assignments`` and ``exposures`` (experiment, profile_id, arm, at), ``events``
(profile_id, name, local_day, occurred_at, location, properties as JSON text). A goal event counts when
``at < occurred_at <= at + window``; a member counts once the whole window lies at or before ``as_of``; those whose
window still runs are counted apart. Members of the arms are kept whether or not a message went out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import ibis
from ibis import _

from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.lake_json import Plain, Value, holds, sure
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.know.profiles.plan import WEEKDAYS
from fieldfare.learn.experiments.model import Arm, ArmTotals, Experiment, Totals

_MOST_MINOR = 10**12
"""Amounts beyond this many minor units are taken as zero, so that squares stay exact."""


def property_holds(events: Any, test: PropertyTest) -> Any:
    """Return the boolean expression of one property test, by the same rules as audiences."""
    if test.property == "weekday":
        # Day 0 was a Thursday; the remainder takes the dividend's sign.
        place = ((events.local_day + 3) % 7 + 7) % 7
        return holds(Plain(place.cases(*enumerate(WEEKDAYS), else_=None)), test)
    if test.property == "location":
        return holds(Plain(events.location), test)
    return holds(Value(events.properties, test.property), test)


def _minor(events: Any, experiment: Experiment) -> Any:
    """Return the event's money in minor units; 0 when there is no number."""
    if experiment.revenue_property is None:
        return ibis.literal(0, "int64")
    minor = Value(events.properties, experiment.revenue_property).number() * 10**experiment.minor_digits
    return ibis.ifelse(sure(minor.abs() <= _MOST_MINOR), (minor + 0.5).floor(), 0)


def per_member(experiment: Experiment, members: Any, events: Any, as_of: Instant) -> Any:
    """Return an Ibis table (profile_id, arm, mature, converted, revenue): one row for each member.

    ``members`` is ``assignments`` or ``exposures``. ``revenue`` is in minor units, rounded event by event.
    """
    window = experiment.window_us
    chosen = members.filter(_.experiment == experiment.name).select(
        "profile_id", "arm", start=_["at"], mature=_["at"] + window <= as_of
    )
    goals = events.filter(
        events.name == experiment.goal_event, *[property_holds(events, test) for test in experiment.goal_where]
    )
    hits = goals.select("profile_id", "occurred_at", minor=_minor(goals, experiment))
    inside = chosen.join(hits, "profile_id").filter(_.occurred_at > _.start, _.occurred_at <= _.start + window)
    sums = inside.group_by("profile_id").aggregate(earned=_.minor.sum())
    return chosen.left_join(sums, "profile_id").select(
        "profile_id",
        "arm",
        "mature",
        converted=_.earned.notnull().cast("int64"),
        revenue=_.earned.fill_null(0).cast("int64"),
    )


def aggregates(experiment: Experiment, members: Any, events: Any, as_of: Instant) -> Any:
    """Return an Ibis table (arm, mature, members, conversions, revenue_sum, revenue_squares): at most four rows."""
    exact = _.revenue.cast("decimal(18, 0)")
    return (
        per_member(experiment, members, events, as_of)
        .group_by("arm", "mature")
        .aggregate(
            members=_.count(),
            conversions=_.converted.sum(),
            revenue_sum=exact.sum(),
            revenue_squares=(exact * exact).sum(),
        )
    )


def totals(rows: Iterable[Mapping[str, Any]]) -> Totals:
    """Return the totals from the executed rows of :func:`aggregates`; an absent arm is an empty one."""
    arms = {arm: ArmTotals() for arm in Arm}
    immature = 0
    for row in rows:
        if not row["mature"]:
            immature += int(row["members"])
            continue
        arms[Arm(row["arm"])] = ArmTotals(
            members=int(row["members"]),
            conversions=int(row["conversions"]),
            revenue_sum=int(row["revenue_sum"]),
            revenue_squares=int(row["revenue_squares"]),
        )
    return Totals(treated=arms[Arm.TREATED], holdout=arms[Arm.HOLDOUT], immature=immature)
