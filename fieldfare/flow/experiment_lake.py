"""Reads of the lake what an experiment's report needs, in few queries. No statistics, no wording.

Flow: members and their numbers for every metric are worked out once and kept by the engine (:meth:`read`); the
quantiles of winsorised metrics, the sums, the course and the segments are asked of what is kept. The engine lets go of
it when the report is done.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import msgspec
from ibis import _

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.lake_json import Value
from fieldfare.learn.experiments.metrics.in_lake import (
    Tables,
    as_now,
    caps_query,
    course_query,
    curve_query,
    life_query,
    members,
    panel_query,
    per_unit,
    read_sums,
    spread_query,
    sums_query,
    values_query,
)
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import Arm, Population, UnitKind
from fieldfare.learn.experiments.registered.model import Places, Registration, Trial
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.survival import LifeTable, table_of

RECENT_DAYS = 90
"""Over so many last days it is counted how many units come."""
DUCKDB = "duckdb"
FEWEST = 30
"""Units of a holdout that are history enough to plan by."""
LARGEST = 1_000
"""Units up to which the primary metric's values are read: a permutation test is for small lists."""
MOST_SEGMENTS = 12
"""Values of a trait that are shown: those with the most units."""

LONG_RUN = (30, 60, 90)
"""Days after the start on which it is told who is still there."""

Course = list[tuple[int, str, Sums]]
"""Day since 1970 on which windows ended, arm, sums of the units whose windows ended then."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read."""

    sums: dict[str, dict[str, Sums]]
    sizes: dict[str, int]
    crossed: int
    messages: dict[str, int]
    course: Course
    curves: dict[str, list[tuple[int, float]]]
    funnel: list[tuple[str, dict[str, int]]]
    segments: dict[tuple[str, str], dict[str, Sums]]
    spreads: dict[str, dict[str, dict[int, int]]]
    lives: dict[str, LifeTable]
    values: dict[str, list[float]]
    cohorts: dict[int, tuple[str, dict[str, Sums]]]


class ExperimentLake:
    """The lake of one experiment."""

    def __init__(self, lake: Lake, plan: Registration, metrics: Mapping[str, Metric], trial: Trial) -> None:
        """Read what this plan names, of the arms of its trial."""
        self._backend, self._plan, self._trial = lake.ibis(), plan, trial
        self._metrics = [metrics[name] for name in plan.metrics]
        self._cohorts = cohorts_of(self._metrics)
        self._tables = self._held()
        self._tables_kept: dict[str, Any] = {}

    def _held(self) -> Tables:
        table = self._backend.table
        selected = {}
        for metric in self._metrics:
            if metric.sql is not None:
                selected[metric.name] = self._selected(metric)
        return Tables(
            assignments=table("assignments"),
            exposures=table("exposures"),
            facts=table("facts"),
            redirects=table("redirects"),
            messages=table("message_rows"),
            units=self._units(),
            selected=selected,
        )

    def _selected(self, metric: Metric) -> Any:
        try:
            found = self._backend.sql(metric.sql)
        except Exception as error:
            text = f"The SQL of the metric `{metric.name}` cannot be run: {str(error).splitlines()[0]}"
            raise CallerError("metric_sql_failed", text, field="sql") from error
        missing = {"profile_id", "occurred_at", "value"} - set(found.columns)
        if missing:
            text = (
                f"The SQL of the metric `{metric.name}` selects no {', '.join(sorted(missing))}. "
                "It selects `profile_id`, `occurred_at` (microseconds since 1970) and `value`."
            )
            raise CallerError("metric_sql_failed", text, field="sql")
        return found.select("profile_id", "occurred_at", "value")

    def _units(self) -> Any:
        """Return (profile_id, unit) where people are assigned together; who has none is a unit alone."""
        rows = self._backend.table("profile_rows")
        match self._plan.unit:
            case UnitKind.HOUSEHOLD:
                alone = _.profile_id.cast("string")
                return rows.select("profile_id", unit=ibis.coalesce(_.household.cast("string"), alone))
            case UnitKind.LOCATION:
                alone = ibis.literal("profile ") + _.profile_id.cast("string")
                return rows.select("profile_id", unit=ibis.coalesce(_.home_location, alone))
            case UnitKind.PROFILE | UnitKind.ADDRESS:
                return None

    def read(self, now: Instant) -> Read:
        """Return all that a report needs, as of now."""
        try:
            return self._read(now)
        finally:
            for name in self._tables_kept:
                self._backend.raw_sql(f"DROP TABLE {name}")
            self._tables_kept.clear()

    def _read(self, now: Instant) -> Read:
        by_population = {
            population: [
                metric for metric in (*self._metrics, *self._cohorts.values()) if metric.population is population
            ]
            for population in Population
        }
        sums: dict[str, dict[str, Sums]] = {}
        arms: dict[str, dict[str, Any]] = {}
        segments: dict[tuple[str, str], dict[str, Sums]] = {}
        course, curves = Course(), dict[str, list[tuple[int, float]]]()
        spreads: dict[str, dict[str, dict[int, int]]] = {}
        lives, values = dict[str, LifeTable](), dict[str, list[float]]()
        for population, metrics in by_population.items():
            if not metrics:
                continue
            chosen = self._members(exposed=population is Population.EXPOSED)
            units = self._keep(f"units_{population}", per_unit(chosen, metrics, self._tables, self._plan.source))
            caps = self._caps(units, metrics, now)
            rows = _rows(sums_query(units, metrics, self._tables, now, caps))
            sums |= read_sums(rows, metrics)
            spreads |= self._spreads(units, metrics, now)
            if metrics[0].name == self._plan.primary:
                arms = {row["arm"]: row for row in rows}
                course = self._course(units, metrics[0], now, caps)
                segments = self._segments(units, metrics, now, caps)
                curves = self._curves(units, metrics[0], now)
                lives = self._lives(units, metrics[0], now)
                values = self._values(units, metrics[0], now, caps, rows)
        return Read(
            sums=sums,
            sizes={arm: int(arms[arm]["members"]) if arm in arms else 0 for arm in self._trial.weights},
            crossed=sum(int(row["crossed"] or 0) for row in arms.values()),
            messages=self._messages(),
            course=course,
            curves=curves,
            funnel=self._funnel(sums),
            segments=segments,
            spreads=spreads,
            lives=lives,
            values=values,
            cohorts={day: (each.name.partition("\0")[0], sums.pop(each.name)) for day, each in self._cohorts.items()},
        )

    def _members(self, *, exposed: bool) -> Any:
        name = f"members_{Population.EXPOSED if exposed else Population.ASSIGNED}"
        return self._keep(name, members(self._tables, self._plan.experiment, exposed=exposed))

    def _keep(self, name: str, query: Any) -> Any:
        """Let the engine work out a query once, and keep it for those that follow; another engine works it out anew.

        A table of this connection alone; Ibis' own cache drops it by words that DuckDB does not read. The engine knows
        how many rows a table has, and joins the events to the members and not the members to the events.
        """
        if self._backend.name != DUCKDB:
            return query
        if name not in self._tables_kept:
            self._tables_kept[name] = self._backend.create_table(name, obj=query, temp=True)
        return self._tables_kept[name]

    def _caps(self, units: Any, metrics: list[Metric], now: Instant) -> dict[str, float]:
        asked = caps_query(units, metrics, self._tables, now)
        if asked is None:
            return {}
        return {name: float(value) for row in _rows(asked) for name, value in row.items() if value is not None}

    def _course(self, units: Any, primary: Metric, now: Instant, caps: Mapping[str, float]) -> Course:
        found = Course()
        for row in _rows(course_query(units, primary, self._tables, now, caps)):
            found.append((int(row["day"]), str(row["arm"]), read_sums([row], [primary])[primary.name][row["arm"]]))
        return sorted(found, key=lambda each: each[:2])

    def _segments(
        self, units: Any, metrics: list[Metric], now: Instant, caps: Mapping[str, float]
    ) -> dict[tuple[str, str], dict[str, Sums]]:
        found: dict[tuple[str, str], dict[str, Sums]] = {}
        profiles, primary = self._backend.table("profile_rows"), metrics[:1]
        for trait in self._plan.segments if self._tables.units is None else ():
            told = profiles.select(told_id="profile_id", told=Value(profiles.traits, trait).text())
            split = units.left_join(told, [("profile_id", "told_id")]).select(*units.columns, "told")
            split = split.mutate(segment=split.told.fill_null("(none)"))
            rows = _rows(sums_query(split, primary, self._tables, now, caps, by=("arm", "segment")))
            sizes: dict[str, int] = {}
            for row in rows:
                sizes[row["segment"]] = sizes.get(row["segment"], 0) + int(row["members"])
            shown = set(sorted(sizes, key=lambda value: -sizes[value])[:MOST_SEGMENTS])
            for row in rows:
                if row["segment"] in shown:
                    arms = read_sums([row], primary)[primary[0].name]
                    found.setdefault((trait, row["segment"]), {}).update(arms)
        return found

    def _curves(self, units: Any, primary: Metric, now: Instant) -> dict[str, list[tuple[int, float]]]:
        """Return for each arm the share that did what the primary metric counts, by days since the start."""
        if primary.shape is not Shape.SHARE or not primary.rows:
            return {}
        counted: dict[str, dict[int, int]] = {}
        sizes: dict[str, int] = {}
        for row in _rows(curve_query(units, primary, self._tables, now)):
            sizes[row["arm"]] = sizes.get(row["arm"], 0) + int(row["members"])
            if row["day"] is not None:
                counted.setdefault(row["arm"], {})[int(row["day"])] = int(row["members"])
        found = {}
        for arm, days in sorted(counted.items()):
            total, curve = 0, [(0, 0.0)]
            for day in range(primary.window_us // DAY + 1):
                total += days.get(day, 0)
                curve.append((day + 1, total / sizes[arm]))
            found[arm] = curve
        return found

    def _spreads(self, units: Any, metrics: list[Metric], now: Instant) -> dict[str, dict[str, dict[int, int]]]:
        """Return how often each response time came, by metric and arm; people together have no first one."""
        found: dict[str, dict[str, dict[int, int]]] = {}
        for index, metric in enumerate(metrics):
            if metric.kind is MetricKind.FIRST_RESPONSE_TIME and self._tables.units is None:
                here = found.setdefault(metric.name, {})
                for row in _rows(spread_query(units, index, metric, now)):
                    here.setdefault(row["arm"], {})[int(row["minutes"])] = int(row["members"])
        return found

    def _lives(self, units: Any, primary: Metric, now: Instant) -> dict[str, LifeTable]:
        """Return the life table of the primary metric by arm, where it is an event of single people."""
        if primary.shape is not Shape.SHARE or not primary.rows or primary.from_us or self._tables.units is not None:
            return {}
        rows: dict[str, dict[int, tuple[int, int]]] = {}
        for row in _rows(life_query(units, primary, self._tables, now)):
            days = rows.setdefault(row["arm"], {})
            events, gone = days.get(int(row["day"]), (0, 0))
            seen = int(row["members"])
            days[int(row["day"])] = (events + seen, gone) if row["seen"] else (events, gone + seen)
        return {arm: table_of(sum(map(sum, days.values())), days) for arm, days in rows.items()}

    def _values(
        self, units: Any, primary: Metric, now: Instant, caps: Mapping[str, float], rows: list[dict[str, Any]]
    ) -> dict[str, list[float]]:
        """Return the primary metric of every unit, where the list is small."""
        if primary.shape not in {Shape.SHARE, Shape.MEAN} or self._tables.units is not None:
            return {}
        if sum(int(row["members"]) for row in rows) > LARGEST:
            return {}
        found: dict[str, list[float]] = {}
        for row in _rows(values_query(units, now, primary, caps)):
            found.setdefault(row["arm"], []).append(float(row["value"]))
        return {arm: sorted(each) for arm, each in found.items()}

    def _funnel(self, sums: Mapping[str, Mapping[str, Sums]]) -> list[tuple[str, dict[str, int]]]:
        """Return assigned, exposed, contacted and converted, by arm."""
        steps = []
        for name, exposed in (("assigned", False), ("exposed", True)):
            rows = _rows(self._members(exposed=exposed).group_by("arm").aggregate(n=_.count()))
            steps.append((name, {str(row["arm"]): int(row["n"]) for row in rows}))
        chosen = self._members(exposed=False)
        sent = as_now(self._sent().select("profile_id"), self._tables).distinct()
        reached = chosen.semi_join(sent, "profile_id").group_by("arm").aggregate(n=_.count())
        steps.append(("contacted", {str(row["arm"]): int(row["n"]) for row in _rows(reached)}))
        primary = self._metrics[0]
        if primary.shape is Shape.SHARE:
            told = {arm: int(each.total("value")) for arm, each in sums.get(primary.name, {}).items()}
            steps.append((primary.name, told))
        return steps

    def _sent(self) -> Any:
        return self._tables.messages.filter(_.journey == self._plan.source, _.outcome == "handed_over")

    def _messages(self) -> dict[str, int]:
        """Return how many messages were handed over to the members of each arm, from their start on."""
        chosen = self._members(exposed=False)
        sent = as_now(self._sent().select("profile_id", "granted_at"), self._tables)
        # The assignment of a broadcast and of a step is kept before its message is judged, that of a holdout too.
        reached = sent.inner_join(chosen, "profile_id").filter(_.granted_at >= _.start)
        rows = _rows(reached.group_by("arm").aggregate(n=_.count()))
        return {str(row["arm"]): int(row["n"]) for row in rows}

    def history(self, now: Instant) -> tuple[Sums, str]:
        """Return the primary metric of the past, and of whom: who was held out before, else everybody, a window ago."""
        primary = self._metrics[:1]
        held = self._sums_of(members(self._tables, self._plan.experiment, exposed=False), primary, now)
        control = self._trial.control
        if held.get(control, Sums()).size >= FEWEST:
            who = "those held out so far" if control == Arm.HOLDOUT else f"those in the arm {control} so far"
            return held[control], who
        people = self._backend.table("profile_rows").select("profile_id")
        begun = now - primary[0].window_us
        everybody = people.mutate(
            start=ibis.literal(begun, "int64"),
            arm=ibis.literal(Arm.HOLDOUT.value),
            crossed=ibis.literal(False),  # noqa: FBT003
        )
        found = self._sums_of(everybody, primary, now)
        return found.get(Arm.HOLDOUT, Sums()), "everybody, over the last window: those who enter may differ"

    def _sums_of(self, chosen: Any, metrics: list[Metric], now: Instant) -> dict[str, Sums]:
        units = per_unit(chosen, metrics, self._tables, self._plan.source)
        caps = self._caps(units, metrics, now)
        return read_sums(_rows(sums_query(units, metrics, self._tables, now, caps)), metrics)[metrics[0].name]

    def per_day(self, now: Instant) -> float:
        """Return how many units entered each day of late; where nobody did, all profiles spread over the same days."""
        chosen = members(self._tables, self._plan.experiment, exposed=False)
        row = _rows(chosen.filter(_.start > now - RECENT_DAYS * DAY).aggregate(n=_.count(), first=_.start.min()))[0]
        if row["n"]:
            return float(row["n"]) / max((now - int(row["first"])) / DAY, 1.0)
        people = _rows(self._backend.table("profile_rows").aggregate(n=_.count()))[0]["n"]
        return float(people) / RECENT_DAYS


def panel_rows(lake: Lake, metric: Metric, places: Places, until: Day) -> list[tuple[str, int, float]]:
    """Return what the metric counts at each place in each whole period up to a day."""
    whole = places.since + (until - places.since) // places.period_days * places.period_days
    asked = panel_query(metric, lake.ibis().table("facts"), places.since, whole, places.period_days)
    return [(str(row["place"]), int(row["period"]), float(row["number"])) for row in _rows(asked)]


def cohorts_of(metrics: Sequence[Metric]) -> dict[int, Metric]:
    """Return for each day of the long run the first metric of retention, as of that day; nothing without one."""
    kept = next((each for each in metrics if each.kind is MetricKind.RETENTION), None)
    if kept is None:
        return {}
    span = kept.window_us - kept.from_us
    return {
        day: msgspec.structs.replace(
            kept, name=f"{kept.name}\0{day}", window_us=day * DAY, from_us=max(day * DAY - span, 0)
        )
        for day in LONG_RUN
    }


def _rows(query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = query.to_pyarrow().to_pylist()
    return found
