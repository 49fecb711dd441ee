"""One experiment's part of the lake: the tables that its metrics are made of, and who is assigned as one today.

It opens tables and asks a few small things of them; what a report or a plan needs is asked by
:mod:`fieldfare.flow.experiment_lake` and :mod:`fieldfare.flow.experiment_past`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import msgspec
from ibis import _

from fieldfare.flow.metric_sql import Selected
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.learn.experiments.metrics.enrolled_in_lake import reached_query
from fieldfare.learn.experiments.metrics.in_lake import Tables, as_now, caps_query, members
from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.model import Population, UnitKind
from fieldfare.learn.experiments.place import number_of
from fieldfare.learn.experiments.registered.look import counted_until, planned_looks, reached_of, stops_at
from fieldfare.learn.experiments.registered.model import Reached, Registration, Trial


class ExperimentTables:
    """The lake as one experiment sees it."""

    def __init__(self, lake: Lake, plan: Registration, metrics: Mapping[str, Metric], trial: Trial) -> None:
        """Open what this plan names, of the arms of its trial."""
        self.backend, self.plan, self.trial = lake.ibis(), plan, trial
        self.metrics = [metrics[name] for name in plan.metrics]
        self.selected = Selected(lake, self.backend, self.metrics)
        self.of_today = self._without_unit(self.backend.table("assignments"))
        """People whose unit was not kept when they were assigned: it is today's."""
        self.tables = self._held()
        self.reached = self._reached()
        self.tables = msgspec.structs.replace(self.tables, until=counted_until(plan, self.reached))

    def _reached(self) -> tuple[Reached, ...]:
        """Return of the planned looks, the first before the next, when so many units had come."""
        planned = planned_looks(self.plan)
        if not planned:
            return ()
        exposed = self.metrics[0].population is Population.EXPOSED
        until = stops_at(self.plan)
        (row,) = rows_of(reached_query(self.tables, self.plan.experiment, planned, until, exposed=exposed))
        came = [(row[f"at_{index}"], row[f"units_{index}"]) for index in range(len(planned))]
        return reached_of(self.plan, came, row["units"] or 0)

    def _held(self) -> Tables:
        table = self.backend.table
        return Tables(
            assignments=table("assignments"),
            exposures=table("exposures"),
            facts=self._facts(),
            redirects=table("redirects"),
            messages=table("message_rows"),
            are_clustered=self.plan.unit is not UnitKind.PROFILE,
            units=self._units_today() if self.of_today else None,
            selected=self.selected.tables,
        )

    def _without_unit(self, assignments: Any) -> int:
        """Return how many were assigned together with others before it was kept with whom."""
        if self.plan.unit is UnitKind.PROFILE:
            return 0
        asked = assignments.filter(_.experiment == self.plan.experiment, _.unit.isnull()).select("profile_id")
        people = as_now(asked, self.backend.table("redirects"))
        return int(rows_of(people.aggregate(n=_.profile_id.nunique()))[0]["n"])

    def _units_today(self) -> Any:
        """Return (profile_id, unit) as the numbers that are kept of units; addresses are not in the lake."""
        people = self.people()
        if self.plan.unit is not UnitKind.LOCATION:
            return people
        rows = self.backend.table("profile_rows")
        told = rows_of(rows.filter(_.home_location.notnull()).select("home_location").distinct())
        homes = sorted(str(row["home_location"]) for row in told)
        numbers = [(name, ibis.literal(number_of(name), "int64")) for name in homes]
        unit = rows.home_location.cases(*numbers, else_=rows.profile_id) if numbers else rows.profile_id
        return rows.select("profile_id", unit=unit)

    def _facts(self) -> Any:
        """Return the events that count, as the view ``facts`` does.

        While nothing was taken back the ids of events are not read: they are most of what the view reads.
        """
        table = self.backend.table
        if rows_of(table("retractions").aggregate(n=_.count()))[0]["n"]:
            return table("facts")
        columns = ("profile_id", "name", "local_day", "occurred_at", "location", "properties")
        return as_now(table("event_rows").filter(_.profile_id.notnull()).select(*columns), table("redirects"))

    def people(self) -> Any:
        """Return (profile_id, unit): who would be assigned as one today. Who has none is a unit alone.

        Addresses are not in the lake, so there each is alone; who was held out before is told by what was kept.
        """
        rows = self.backend.table("profile_rows")
        match self.plan.unit:
            case UnitKind.HOUSEHOLD:
                return rows.select("profile_id", unit=ibis.coalesce(_.household, _.profile_id))
            case UnitKind.LOCATION:
                alone = ibis.literal("profile ") + rows.profile_id.cast("string")
                return rows.select("profile_id", unit=ibis.coalesce(rows.home_location, alone))
            case UnitKind.PROFILE | UnitKind.ADDRESS:
                return rows.select("profile_id", unit=_.profile_id)


def members_of_holdout(backend: Any, experiment: str, *, exposed: bool) -> Any:
    """Return (experiment, profile_id, arm, at) of a holdout that nobody registered: each person once, by the first row.

    Exposed are those alone who were assigned, as in a registered experiment.
    """
    table = backend.table
    tables = Tables(
        assignments=table("assignments"),
        exposures=table("exposures"),
        facts=None,
        redirects=table("redirects"),
        messages=None,
    )
    people = members(tables, experiment, exposed=exposed)
    return people.select("profile_id", "arm", experiment=ibis.literal(experiment), at=_.start)


def caps_of(units: Any, metrics: Sequence[Metric], now: Instant) -> dict[str, float]:
    """Return beyond which number of the metrics that are winsorised a unit's number counts as this."""
    asked = caps_query(units, metrics, now)
    if asked is None:
        return {}
    return {name: float(value) for row in rows_of(asked) for name, value in row.items() if value is not None}


def rows_of(query: Any) -> list[dict[str, Any]]:
    """Run a query; return its rows."""
    found: list[dict[str, Any]] = query.to_pyarrow().to_pylist()
    return found
