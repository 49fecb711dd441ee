"""Reads of the lake what an experiment's report needs, in few queries. No statistics, no wording.

Flow: members and their numbers for every metric are worked out once and kept by the engine (:meth:`read`); the
quantiles of winsorised metrics, the sums, the course and the segments are asked of what is kept. The engine lets go of
it when the report is done.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
from ibis import _

from fieldfare.flow.experiment_read import Course, Part, Read
from fieldfare.flow.experiment_tables import ExperimentTables, caps_of, rows_of
from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.lake_json import Value
from fieldfare.learn.experiments.metrics.in_lake import (
    as_now,
    course_query,
    curve_query,
    life_query,
    members,
    per_unit,
    read_sums,
    spread_query,
    sums_query,
    values_query,
)
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import Population
from fieldfare.learn.experiments.place import number_of
from fieldfare.learn.experiments.registered.compare import Known
from fieldfare.learn.experiments.registered.findings.model import Ended
from fieldfare.learn.experiments.registered.look import read_until, window_of
from fieldfare.learn.experiments.registered.model import Registration, Trial
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Sums
from fieldfare.learn.experiments.statistics.survival import LifeTable, table_of

T = TypeVar("T")
DUCKDB = "duckdb"
LARGEST = 1_000
"""Units up to which the primary metric's values are read: a permutation test is for small lists."""
MOST_SEGMENTS = 12
"""Values of a trait that are shown: those with the most units."""

LONG_RUN = (30, 60, 90)
"""Days after the start on which it is told who is still there."""


class ExperimentLake:
    """The lake of one experiment."""

    def __init__(self, lake: Lake, plan: Registration, metrics: Mapping[str, Metric], trial: Trial) -> None:
        """Read what this plan names, of the arms of its trial."""
        opened = ExperimentTables(lake, plan, metrics, trial)
        self._backend, self._plan, self._trial, self._metrics = opened.backend, plan, trial, opened.metrics
        self._tables, self._selected, self._of_today = opened.tables, opened.selected, opened.of_today
        self._reached = opened.reached
        self._in_strata = bool(plan.strata) or trial.in_strata
        self._by = ("arm", "stratum") if self._in_strata else ("arm",)
        self._cohorts = cohorts_of(self._metrics)
        self._kept: dict[str, Any] = {}

    def read(self, now: Instant) -> Read:
        """Return all that a report needs, as of now. A metric whose SQL fails is set aside, and the others are read."""
        return self._reading(self._read, self._metrics, now)

    def primary(self, now: Instant) -> Known:
        """Return what is known of the primary metric alone: few queries."""
        return self._reading(self._primary, self._metrics[:1], now)

    def _reading(self, read: Callable[[Instant], T], metrics: Sequence[Metric], now: Instant) -> T:
        try:
            return read(now)
        except Exception:
            self._let_go()
            if not self._selected.find_failing(metrics, lambda metric: self._alone(metric, now)):
                raise
            return read(now)
        finally:
            self._let_go()

    def _alone(self, metric: Metric, now: Instant) -> None:
        """Work out one metric by itself."""
        chosen = members(self._tables, self._plan.experiment, exposed=metric.population is Population.EXPOSED)
        units = per_unit(chosen, [metric], self._tables, self._plan.source)
        rows_of(sums_query(units, [metric], self._tables, now, {}))

    def _let_go(self) -> None:
        for name in self._kept:
            self._backend.raw_sql(f"DROP TABLE IF EXISTS {name}")
        self._kept.clear()

    def _primary(self, now: Instant) -> Known:
        primary = self._metrics[:1]
        chosen = members(self._tables, self._plan.experiment, exposed=primary[0].population is Population.EXPOSED)
        units = self._keep("units_primary", lambda: per_unit(chosen, primary, self._tables, self._plan.source))
        part = self._part(units, primary, now)
        return Known(
            sums=part.sums,
            strata=part.strata,
            sizes={arm: part.members.get(arm, 0) for arm in self._trial.weights},
            weights=self._trial.weights,
            control=self._trial.control,
            spreads=part.spreads,
            matched=part.matched,
            unread=self._selected.unread,
        )

    def _read(self, now: Instant) -> Read:
        by_population = {
            population: [
                metric for metric in (*self._metrics, *self._cohorts.values()) if metric.population is population
            ]
            for population in Population
        }
        until = self._until(self._metrics[0], now)
        is_all = until is None or until == self._tables.until
        whole, first, everybody, stands_apart = Part(), Part(), Part(), False
        segments: dict[tuple[str, str], dict[str, Sums]] = {}
        course, curves = Course(), dict[str, list[tuple[int, float]]]()
        lives, values = dict[str, LifeTable](), dict[str, list[float]]()
        for population, metrics in by_population.items():
            if not metrics:
                continue
            chosen = self._members(exposed=population is Population.EXPOSED)
            asked = partial(per_unit, chosen, metrics, self._tables, self._plan.source)
            units = self._keep(f"units_{population}", asked)
            seen = units if is_all else units.filter(_.start < until)
            latest = self._part(units, metrics, now)
            part = latest if is_all else self._part(seen, metrics, now)
            whole.add(part)
            for later, names in self._later(metrics, until, now).items():
                then = latest if later is None else self._part(units.filter(_.start < later), metrics, now)
                whole.add(then.only(names))
                stands_apart = True
            everybody.add(latest)
            if metrics[0].name == self._plan.primary:
                first = latest
                course = self._course(units, metrics[0], now, latest.caps)
                curves = self._curves(units, metrics[0], now)
                segments = self._segments(seen, metrics, now, part.caps)
                lives = self._lives(seen, metrics[0], now)
                values = self._values(seen, metrics[0], now, part)
        sums = whole.sums
        return Read(
            sums=sums,
            strata=whole.strata,
            sizes={arm: first.members.get(arm, 0) for arm in self._trial.weights},
            crossed=first.crossed,
            of_today=self._of_today,
            unread=self._selected.unread,
            reached=self._reached,
            everybody=None if is_all and not stands_apart else everybody,
            messages=self._messages(),
            course=course,
            curves=curves,
            funnel=self._funnel(everybody.sums),
            segments=segments,
            spreads=whole.spreads,
            lives=lives,
            values=values,
            matched=whole.matched,
            cohorts={day: (each.name.partition("\0")[0], sums.pop(each.name)) for day, each in self._cohorts.items()},
        )

    def _until(self, metric: Metric, now: Instant) -> Instant | None:
        """Return the instant before which those came whom the look at a metric is over; ``None``: none stands."""
        return read_until(self._reached, window_of(metric, self._metrics[0]), now)

    def _later(self, metrics: list[Metric], until: Instant | None, now: Instant) -> dict[Instant | None, set[str]]:
        """Return the metrics of longer windows that do not stand where the primary one does, by where they stand."""
        found: dict[Instant | None, set[str]] = {}
        for metric in metrics:
            own = self._until(metric, now)
            if own != until and metric.name in {self._plan.north_star, *self._plan.supporting}:
                found.setdefault(own, set()).add(metric.name)
        return found

    def _part(self, units: Any, metrics: list[Metric], now: Instant) -> Part:
        """Return the numbers of metrics over units: of every arm, and of every stratum where people were dealt so."""
        caps = caps_of(units, metrics, now)
        found = Part(sums={each.name: {} for each in metrics if each.shape is not Shape.DERIVED}, caps=caps)
        for row in rows_of(sums_query(units, metrics, self._tables, now, caps, self._by)):
            arm = str(row["arm"])
            found.members[arm] = found.members.get(arm, 0) + int(row["members"])
            found.crossed += int(row["crossed"] or 0)
            for name, arms in read_sums([row], metrics).items():
                if arm in arms:
                    found.sums[name][arm] = found.sums[name].get(arm, Sums()) + arms[arm]
                    if self._in_strata:
                        found.strata.setdefault(name, {}).setdefault(int(row["stratum"]), {})[arm] = arms[arm]
        found.spreads = self._spreads(units, metrics, now)
        found.matched = self._matched(units, metrics, now, caps)
        return found

    def _members(self, *, exposed: bool) -> Any:
        name = f"members_{Population.EXPOSED if exposed else Population.ASSIGNED}"
        return self._keep(name, lambda: members(self._tables, self._plan.experiment, exposed=exposed))

    def _keep(self, name: str, made: Callable[[], Any]) -> Any:
        """Let the engine work out a query once, and keep it for those that follow; another engine works it out anew.

        What is kept is not made again: to build and plan a query costs as much as to ask a small one.

        A table of this connection alone; Ibis' own cache drops it by words that DuckDB does not read. The engine knows
        how many rows a table has, and joins the events to the members and not the members to the events.
        """
        if self._backend.name != DUCKDB:
            return made()
        if name not in self._kept:
            query, self._kept[name] = made(), None  # one that fails may leave its table
            self._kept[name] = self._backend.create_table(name, obj=query, temp=True)
        return self._kept[name]

    def _course(self, units: Any, primary: Metric, now: Instant, caps: Mapping[str, float]) -> Course:
        spreads: dict[tuple[int, str], dict[int, int]] = {}
        if self._is_of_medians(primary):
            for row in rows_of(spread_query(units, 0, primary, now, ("arm", "day"))):
                spreads.setdefault((row["day"], row["arm"]), {})[int(row["minutes"])] = int(row["members"])
        found = Course()
        for row in rows_of(course_query(units, primary, self._tables, now, caps, self._by)):
            day, arm = int(row["day"]), str(row["arm"])
            sums, spread = read_sums([row], [primary])[primary.name][arm], spreads.pop((day, arm), {})
            found.append(Ended(day=day, arm=arm, sums=sums, stratum=row.get("stratum"), spread=spread))
        return sorted(found, key=lambda each: (each.day, each.arm, each.stratum or 0))

    def _segments(
        self, units: Any, metrics: list[Metric], now: Instant, caps: Mapping[str, float]
    ) -> dict[tuple[str, str], dict[str, Sums]]:
        found: dict[tuple[str, str], dict[str, Sums]] = {}
        profiles, primary = self._backend.table("profile_rows"), metrics[:1]
        for trait in () if self._tables.are_clustered else self._plan.segments:
            told = profiles.select(told_id="profile_id", told=Value(profiles.traits, trait).text())
            split = units.left_join(told, [("profile_id", "told_id")]).select(*units.columns, "told")
            split = split.mutate(segment=split.told.fill_null("(none)"))
            rows = rows_of(sums_query(split, primary, self._tables, now, caps, by=("arm", "segment")))
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
        if not primary.is_event_of_people:
            return {}
        counted: dict[str, dict[int, int]] = {}
        sizes: dict[str, int] = {}
        for row in rows_of(curve_query(units, primary, now)):
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

    def _matched(
        self, units: Any, metrics: list[Metric], now: Instant, caps: Mapping[str, float]
    ) -> dict[str, dict[str, list[float | None]]]:
        """Return what each metric is for a person of each block of matched places, by metric and arm."""
        block_of = {number_of(place): index for index, block in enumerate(self._plan.blocks) for place in block}
        held: dict[tuple[str, str, int], Sums] = {}
        for row in rows_of(sums_query(units, metrics, self._tables, now, caps, ("arm", "unit"))) if block_of else ():
            block = block_of.get(row["unit"])
            for metric in metrics if block is not None else ():
                if metric.shape is not Shape.DERIVED:
                    key = (metric.name, str(row["arm"]), int(block or 0))
                    held[key] = held.get(key, Sums()) + read_sums([row], metrics)[metric.name][row["arm"]]
        found: dict[str, dict[str, list[float | None]]] = {}
        for (name, arm, block), sums in held.items():
            means = found.setdefault(name, {}).setdefault(arm, [None] * len(self._plan.blocks))
            means[block] = sums.total(VALUE) / sums.total(BASE) if sums.total(BASE) else None
        return found

    def _spreads(self, units: Any, metrics: list[Metric], now: Instant) -> dict[str, dict[str, dict[int, int]]]:
        """Return how often each response time came, by metric and arm; people together have no first one."""
        found: dict[str, dict[str, dict[int, int]]] = {}
        for index, metric in enumerate(metrics):
            if self._is_of_medians(metric):
                here = found.setdefault(metric.name, {})
                for row in rows_of(spread_query(units, index, metric, now)):
                    here.setdefault(row["arm"], {})[int(row["minutes"])] = int(row["members"])
        return found

    def _is_of_medians(self, metric: Metric) -> bool:
        return metric.kind is MetricKind.FIRST_RESPONSE_TIME and not self._tables.are_clustered

    def _lives(self, units: Any, primary: Metric, now: Instant) -> dict[str, LifeTable]:
        """Return the life table of the primary metric by arm, where it is an event of single people."""
        if not primary.is_event_of_people or primary.from_us or self._tables.are_clustered:
            return {}
        rows: dict[str, dict[int, tuple[int, int]]] = {}
        for row in rows_of(life_query(units, primary, now)):
            days = rows.setdefault(row["arm"], {})
            events, gone = days.get(int(row["day"]), (0, 0))
            seen = int(row["members"])
            days[int(row["day"])] = (events + seen, gone) if row["seen"] else (events, gone + seen)
        return {arm: table_of(sum(map(sum, days.values())), days) for arm, days in rows.items()}

    def _values(self, units: Any, primary: Metric, now: Instant, part: Part) -> dict[str, list[float]]:
        """Return the primary metric of every unit, where the list is small."""
        if primary.shape not in {Shape.SHARE, Shape.MEAN} or self._tables.are_clustered or self._in_strata:
            return {}
        if sum(part.members.values()) > LARGEST:
            return {}
        found: dict[str, list[float]] = {}
        for row in rows_of(values_query(units, now, primary, part.caps)):
            found.setdefault(row["arm"], []).append(float(row["value"]))
        return {arm: sorted(each) for arm, each in found.items()}

    def _funnel(self, sums: Mapping[str, Mapping[str, Sums]]) -> list[tuple[str, dict[str, int]]]:
        """Return assigned, exposed, contacted and converted, by arm."""
        steps = []
        for name, exposed in (("assigned", False), ("exposed", True)):
            rows = rows_of(self._members(exposed=exposed).group_by("arm").aggregate(n=_.count()))
            steps.append((name, {str(row["arm"]): int(row["n"]) for row in rows}))
        chosen = self._members(exposed=False)
        sent = as_now(self._sent().select("profile_id"), self._tables.redirects).distinct()
        reached = chosen.semi_join(sent, "profile_id").group_by("arm").aggregate(n=_.count())
        steps.append(("contacted", {str(row["arm"]): int(row["n"]) for row in rows_of(reached)}))
        primary = self._metrics[0]
        if primary.shape is Shape.SHARE and primary.name not in self._selected.unread:
            told = {arm: int(each.total("value")) for arm, each in sums.get(primary.name, {}).items()}
            steps.append((primary.name, told))
        return steps

    def _sent(self) -> Any:
        return self._tables.messages.filter(_.journey == self._plan.source, _.outcome == "handed_over")

    def _messages(self) -> dict[str, int]:
        """Return how many messages were handed over to the members of each arm, from their start on."""
        chosen = self._members(exposed=False)
        sent = as_now(self._sent().select("profile_id", "granted_at"), self._tables.redirects)
        # The assignment of a broadcast and of a step is kept before its message is judged, that of a holdout too.
        reached = sent.inner_join(chosen, "profile_id").filter(_.granted_at >= _.start)
        rows = rows_of(reached.group_by("arm").aggregate(n=_.count()))
        return {str(row["arm"]): int(row["n"]) for row in rows}


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
