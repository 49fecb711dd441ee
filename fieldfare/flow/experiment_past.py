"""What the lake tells of the time before an experiment: levels, how many come each day, places over time."""

from collections.abc import Mapping
from typing import Any

import ibis
from ibis import _

from fieldfare.flow.experiment_tables import ExperimentTables, caps_of, rows_of
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.learn.experiments.metrics.in_lake import members, panel_query, per_unit, read_sums, sums_query
from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.model import Arm
from fieldfare.learn.experiments.registered.model import Places, Registration, Trial
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Sums

RECENT_DAYS = 90
"""Over so many last days it is counted how many units come."""
FEWEST = 30
"""Units of a holdout that are history enough to plan by."""


class ExperimentPast:
    """What was before, for a plan."""

    def __init__(self, lake: Lake, plan: Registration, metrics: Mapping[str, Metric], trial: Trial) -> None:
        """Open it. Raises ``CallerError`` where the SQL of the primary metric cannot be run."""
        self._opened = ExperimentTables(lake, plan, metrics, trial)
        self._plan, self._trial, self._tables = plan, trial, self._opened.tables
        self._metrics = self._opened.metrics
        unread = self._opened.selected.unread
        if plan.primary in unread:
            raise CallerError("metric_sql_failed", unread[plan.primary].detail, field="sql")

    def history(self, now: Instant) -> tuple[Sums, str]:
        """Return the primary metric of the past, and of whom: who was held out before, else everybody, a window ago."""
        primary = self._metrics[:1]
        held = self._sums_of(members(self._tables, self._plan.experiment, exposed=False), primary, now)
        control = self._trial.control
        if held.get(control, Sums()).size >= FEWEST:
            who = "those held out so far" if control == Arm.HOLDOUT else f"those in the arm {control} so far"
            return held[control], who
        found = self._sums_of(self._everybody(now), primary, now)
        return found.get(Arm.HOLDOUT, Sums()), "everybody, over the last window: those who enter may differ"

    def levels(self, now: Instant) -> dict[str, float]:
        """Return by home location what the primary metric was for a person, over the window that ends now."""
        primary = self._metrics[:1]
        units = per_unit(self._everybody(now), primary, self._tables, self._plan.source)
        rows = rows_of(sums_query(units, primary, self._tables, now, caps_of(units, primary, now), ("arm", "unit")))
        sums = {str(row["unit"]): read_sums([row], primary)[primary[0].name][row["arm"]] for row in rows}
        return {name: each.total(VALUE) / each.total(BASE) for name, each in sums.items() if each.total(BASE)}

    def _everybody(self, now: Instant) -> Any:
        """Return all profiles as members who began a window ago."""
        return self._opened.people().mutate(
            start=ibis.literal(now - self._metrics[0].window_us, "int64"),
            arm=ibis.literal(Arm.HOLDOUT.value),
            crossed=ibis.literal(False),  # noqa: FBT003
        )

    def _sums_of(self, chosen: Any, metrics: list[Metric], now: Instant) -> dict[str, Sums]:
        units = per_unit(chosen, metrics, self._tables, self._plan.source)
        caps = caps_of(units, metrics, now)
        return read_sums(rows_of(sums_query(units, metrics, self._tables, now, caps)), metrics)[metrics[0].name]

    def per_day(self, now: Instant) -> float:
        """Return how many units entered each day of late; where nobody did, all profiles spread over the same days."""
        chosen = members(self._tables, self._plan.experiment, exposed=False)
        row = rows_of(
            chosen.filter(_.start > now - RECENT_DAYS * DAY).aggregate(n=_.unit.nunique(), first=_.start.min())
        )[0]
        if row["n"]:
            return float(row["n"]) / max((now - int(row["first"])) / DAY, 1.0)
        people = rows_of(self._opened.people().aggregate(n=_.unit.nunique()))[0]["n"]
        return float(people) / RECENT_DAYS


def panel_rows(lake: Lake, metric: Metric, places: Places, until: Day) -> list[tuple[str, int, float]]:
    """Return what the metric counts at each place in each whole period up to a day."""
    whole = places.since + (until - places.since) // places.period_days * places.period_days
    asked = panel_query(metric, lake.ibis().table("facts"), places.since, whole, places.period_days)
    return [(str(row["place"]), int(row["period"]), float(row["number"])) for row in rows_of(asked)]
