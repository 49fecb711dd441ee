"""The aggregates of all metrics of an experiment as one Ibis expression over lake tables. Builds; runs nothing itself.

Flow: the members (who was assigned or exposed, merged people as the one they are now, in the arm of their first row);
all events that any metric counts, joined to the members once and only inside the longest window; one row for each unit
with a column for each metric; then one row for each arm with sums and sums of products. So the events are read once
however many metrics there are, and what leaves the lake is a few numbers for each arm. The same expressions run on
DuckDB and on Spark.

Lake tables (times in microseconds UTC): ``assignments`` and ``exposures`` (experiment, profile_id, arm, at), ``facts``
(profile_id, name, local_day, occurred_at, location, properties), ``redirects``, ``message_rows``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis
import msgspec
from ibis import _

from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY, MINUTE, Day, Instant
from fieldfare.know.audiences.lake_json import Value, sure
from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.readout import property_holds
from fieldfare.learn.experiments.statistics.model import BASE, BEFORE, VALUE, Sums

_MOST = 10**12
"""Numbers beyond this are taken as zero, so that products stay exact."""
_EXACT = "decimal(18, 0)"
RESPONSES, SELECTED = "responses", "selected"


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The lake's tables that metrics are made of, as Ibis tables."""

    assignments: Any
    exposures: Any
    facts: Any
    redirects: Any
    messages: Any
    units: Any = None
    """``profile_id`` and ``unit``, where people are assigned together; ``None``: each profile is a unit."""
    selected: Mapping[str, Any] = {}
    """What the SQL of metrics selects, by metric."""


def members(tables: Tables, experiment: str, *, exposed: bool) -> Any:
    """Return (profile_id, arm, start, crossed): each person once, merged ones in the arm of their first row.

    ``crossed``: both arms were met, by two profiles that turned out to be one. Only who was assigned counts as exposed.
    """
    assigned = _first(tables.assignments, tables, experiment)
    if not exposed:
        return assigned
    met = _first(tables.exposures, tables, experiment)
    known = assigned.select("profile_id", was_crossed=_.crossed)
    both = met.join(known, "profile_id").select("profile_id", "arm", "start", "crossed", "was_crossed")
    return both.mutate(crossed=both.crossed | both.was_crossed).drop("was_crossed")


def _first(rows: Any, tables: Tables, experiment: str) -> Any:
    chosen = rows.filter(_.experiment == experiment).select("profile_id", "arm", begun=_["at"])
    told = as_now(chosen, tables)
    return told.group_by("profile_id").aggregate(
        start=_.begun.min(), arm=_.arm.argmin(_.begun), crossed=_.arm.nunique() > 1
    )


def as_now(rows: Any, tables: Tables) -> Any:
    """Return the rows under the profile that stands now, where theirs was merged away."""
    moved = tables.redirects.select(gone_id="profile_id", into_id="into_id")
    # A selection with an expression right on a join would be taken for a part of the next join.
    joined = rows.left_join(moved, [("profile_id", "gone_id")]).select(*rows.columns, "into_id")
    return joined.mutate(profile_id=ibis.coalesce(joined.into_id, joined.profile_id)).drop("into_id")


def per_unit(chosen: Any, metrics: Sequence[Metric], tables: Tables, journey: str) -> Any:
    """Return one row for each member: profile_id, arm, start, and for each metric its value, base and before.

    Columns are named by the metric's place: ``value_0``, ``base_0``, ``before_0``.
    """
    asked = _event_columns(metrics)
    longest = max((metric.window_us for metric in metrics), default=0)
    before = max((metric.before_us for metric in metrics), default=0)
    result = chosen
    if asked:
        inside = _counting(metrics, _inside(chosen, _heard(metrics, tables.facts), longest, before))
        sums = inside.group_by("profile_id").aggregate(**{name: make(inside) for name, make in asked.items()})
        result = _beside(result, sums, list(asked))
    for index, metric in enumerate(metrics):
        for sums, columns in _apart(chosen, index, metric, tables, journey):
            result = _beside(result, sums, columns)
    return result


def _is_plain(metric: Metric) -> bool:
    """Return whether the metric counts events as they are."""
    return metric.kind not in {MetricKind.FIRST_RESPONSE_TIME, MetricKind.SQL} and metric.shape is not Shape.DERIVED


def _inside(chosen: Any, rows: Any, longest: int, before: int) -> Any:
    """Return the rows of members between the earliest covariate and the end of the longest window."""
    joined = rows.inner_join(chosen.select("profile_id", "start"), "profile_id")
    return joined.filter(_.occurred_at > _.start - before, _.occurred_at <= _.start + longest)


def _beside(result: Any, sums: Any, columns: Sequence[str]) -> Any:
    """Return the members with more columns; nothing found is zero."""
    renamed = sums.select(**{name: sums[name] for name in columns}, found_id=sums.profile_id)
    joined = result.left_join(renamed, [("profile_id", "found_id")]).drop("found_id")
    return joined.mutate(**{name: joined[name].fill_null(0) for name in columns})


def _event_columns(metrics: Sequence[Metric]) -> dict[str, Any]:
    """Return the aggregates of events by column, each made from the joined rows."""
    found: dict[str, Any] = {}
    for index, metric in enumerate(metrics):
        if not _is_plain(metric):
            continue
        found[f"value_{index}"] = lambda rows, metric=metric: _folded(rows, metric, *_window(rows, metric))
        if metric.base:
            base = _base_of(metric)
            found[f"base_{index}"] = lambda rows, metric=base: _folded(rows, metric, *_window(rows, metric))
        if metric.uses_cuped:
            found[f"before_{index}"] = lambda rows, metric=metric: _folded(rows, metric, *_past(rows, metric))
    return found


def _base_of(metric: Metric) -> Metric:
    """Return the metric that counts the denominator."""
    return msgspec.structs.replace(metric, rows=metric.base, base=())


def _window(rows: Any, metric: Metric) -> tuple[Any, Any]:
    return rows.occurred_at > rows.start + metric.from_us, rows.occurred_at <= rows.start + metric.window_us


def _past(rows: Any, metric: Metric) -> tuple[Any, Any]:
    """Return the time before the start; an event at the very start is the cause of it and belongs to neither."""
    return rows.occurred_at > rows.start - metric.before_us, rows.occurred_at < rows.start


def _folded(rows: Any, metric: Metric, after: Any, until: Any) -> Any:
    """Return what a unit's events of a stretch of time make."""
    total = ibis.ifelse(after & until, rows[_column(metric)], 0)
    return total.max().cast("int64") if metric.fold is Fold.ANY else total.sum().cast("int64")


def _column(metric: Metric) -> str:
    """Return the name of the column that tells what an event counts for the metric; the same for the same rows."""
    return f"counts_{digest(msgspec.json.encode((metric.rows, metric.scale))).hex()[:16]}"


def _heard(metrics: Sequence[Metric], facts: Any) -> Any:
    """Return the events that any metric counts."""
    names = sorted({rows.event for metric in metrics if _is_plain(metric) for rows in (*metric.rows, *metric.base)})
    return facts.filter(_.name.isin(names))


def _counting(metrics: Sequence[Metric], inside: Any) -> Any:
    """Return events of members with what each counts: a property is read once for all metrics, and of these alone."""
    asked = [each for metric in metrics for each in (metric, *([_base_of(metric)] if metric.base else []))]
    plain = {_column(metric): metric for metric in asked if _is_plain(metric)}
    counts = {name: _counted(inside, each) for name, each in plain.items()}
    return inside.select("profile_id", "start", "occurred_at", **counts)


def _counted(events: Any, metric: Metric) -> Any:
    """Return what each event counts."""
    total = None
    for each in metric.rows:
        holds = events.name == each.event
        for test in each.where:
            holds &= property_holds(events, test)
        part = ibis.ifelse(holds, _amount(events, metric, each), 0)
        total = part if total is None else total + part
    assert total is not None, "a metric of events names one"
    return total


def _amount(events: Any, metric: Metric, each: Rows) -> Any:
    if each.amount is None:
        return ibis.literal(each.sign, "int64")
    number = (Value(events.properties, each.amount).number() * metric.scale + 0.5).floor()
    return ibis.ifelse(sure(number.abs() <= _MOST), number.cast("int64") * each.sign, 0)


def _apart(chosen: Any, index: int, metric: Metric, tables: Tables, journey: str) -> list[tuple[Any, list[str]]]:
    """Return what a metric needs beside plain events: answers, selected rows, messages."""
    found: list[tuple[Any, list[str]]] = []
    if metric.kind is MetricKind.FIRST_RESPONSE_TIME:
        rows = _inside(chosen, _responses(metric, tables), metric.window_us, 0)
        names = {
            f"value_{index}": rows.amount.sum().cast("int64"),
            f"base_{index}": rows.count(),
            f"first_{index}": rows.amount.argmin(rows.occurred_at) + 1,  # zero: nothing was answered
        }
        found.append((rows.group_by("profile_id").aggregate(**names), list(names)))
    if metric.kind is MetricKind.SQL:
        rows = _inside(chosen, tables.selected[metric.name], metric.window_us, metric.before_us)
        names = {f"value_{index}": _picked(rows, metric, *_window(rows, metric))}
        if metric.uses_cuped:
            names[f"before_{index}"] = _picked(rows, metric, *_past(rows, metric))
        found.append((rows.group_by("profile_id").aggregate(**names), list(names)))
    if metric.message_cost:
        handed = tables.messages.filter(_.journey == journey, _.outcome == "handed_over")
        sent = as_now(handed.select("profile_id", occurred_at="granted_at"), tables)
        rows = _inside(chosen, sent, metric.window_us, 1)
        found.append(
            (rows.group_by("profile_id").aggregate(**{f"messages_{index}": rows.count()}), [f"messages_{index}"])
        )
    return found


def _picked(rows: Any, metric: Metric, after: Any, until: Any) -> Any:
    holds = after & until
    if metric.fold is Fold.SUM:
        number = rows["value"].cast("float64").round()
        return ibis.ifelse(holds & sure(number.abs() <= _MOST), number.cast("int64"), 0).sum().cast("int64")
    hit = ibis.ifelse(holds, 1, 0)
    return (hit.max() if metric.fold is Fold.ANY else hit.sum()).cast("int64")


def _responses(metric: Metric, tables: Tables) -> Any:
    """Return (profile_id, occurred_at, amount): each event that waits for an answer, with the minutes until it came."""
    asks, answers = metric.rows[0].event, metric.answer
    heard = tables.facts.filter(_.name.isin([asks, answers])).select("profile_id", "name", "occurred_at")
    order = ibis.window(group_by="profile_id", order_by=["occurred_at", "name"])
    told = heard.mutate(next_name=_.name.lead().over(order), next_at=_.occurred_at.lead().over(order))
    answered = told.filter(_.name == asks, _.next_name == answers)
    return answered.select("profile_id", "occurred_at", amount=((_.next_at - _.occurred_at) // MINUTE).cast("int64"))


def sums_query(
    units: Any,
    metrics: Sequence[Metric],
    tables: Tables,
    as_of: Instant,
    caps: Mapping[str, float],
    by: Sequence[str] = ("arm",),
) -> Any:
    """Return one row for each arm: how many, how many crossed, and for each metric its sums over mature units."""
    return _summed(_as_units(units, tables), metrics, tables, as_of, caps, by)


def course_query(units: Any, metric: Metric, tables: Tables, as_of: Instant, caps: Mapping[str, float]) -> Any:
    """Return one row for each arm and day on which windows ended, with the sums of the units whose windows ended then.

    ``metric`` is the first of those that the units were made for.
    """
    rows = _as_units(units, tables)
    ended = rows.filter(rows.start + metric.window_us <= as_of)
    dated = ended.mutate(day=((ended.start + metric.window_us) // DAY).cast("int64"))
    return _summed(dated, [metric], tables, as_of, caps, ("arm", "day"))


def curve_query(units: Any, metric: Metric, tables: Tables, as_of: Instant) -> Any:
    """Return (arm, day, members): on which day after the start people first did what the metric counts; null: never."""
    mature = units.filter(units.start + metric.window_us <= as_of).select("profile_id", "arm", "start")
    near = _inside(mature.select("profile_id", "start"), _heard([metric], tables.facts), metric.window_us, 0)
    inside = _counting([metric], near)
    hits = ibis.ifelse(inside[_column(metric)] > 0, (inside.occurred_at - inside.start) // DAY, ibis.null("int64"))
    first = inside.group_by("profile_id").aggregate(day=hits.min().cast("int64"))
    named = first.select(found_id="profile_id", day="day")
    joined = mature.left_join(named, [("profile_id", "found_id")]).select("arm", "day")
    return joined.group_by("arm", "day").aggregate(members=_.count())


def _summed(
    rows: Any,
    metrics: Sequence[Metric],
    tables: Tables,
    as_of: Instant,
    caps: Mapping[str, float],
    by: Sequence[str],
) -> Any:
    wanted: dict[str, Any] = {"members": rows.count(), "crossed": rows.crossed.cast("int64").sum()}
    for index, metric in enumerate(metrics):
        if metric.shape is Shape.DERIVED:
            continue
        mature = rows.start + metric.window_us <= as_of
        columns = {name: _exact(column, mature) for name, column in _columns(rows, index, metric, tables, caps).items()}
        wanted[f"size_{index}"] = mature.cast("int64").sum()
        for name, column in columns.items():
            wanted[f"{name}_{index}"] = column.sum()
        for one, other in _pairs(columns):
            wanted[f"{one}_{other}_{index}"] = (columns[one] * columns[other]).sum()
    return rows.group_by(*by).aggregate(**wanted)


def spread_query(units: Any, index: int, metric: Metric, as_of: Instant) -> Any:
    """Return (arm, minutes, members): how many members of each arm had their first answer after so many minutes."""
    first = units[f"first_{index}"]
    answered = units.filter(units.start + metric.window_us <= as_of, first > 0)
    told = answered.select("arm", minutes=answered[f"first_{index}"] - 1)
    return told.group_by("arm", "minutes").aggregate(members=_.count())


def life_query(units: Any, metric: Metric, tables: Tables, as_of: Instant) -> Any:
    """Return (arm, day, seen, members): after how many days people first did what the metric counts.

    Who did not is ``seen`` false, on the day on which their window or the data end. Here everybody counts, also those
    whose window still runs.
    """
    begun = units.filter(units.start < as_of).select("profile_id", "arm", "start")
    near = _inside(begun.select("profile_id", "start"), _heard([metric], tables.facts), metric.window_us, 0)
    inside = _counting([metric], near)
    counts = (inside[_column(metric)] > 0) & (inside.occurred_at > inside.start) & (inside.occurred_at <= as_of)
    hits = ibis.ifelse(counts, (inside.occurred_at - inside.start) // DAY, ibis.null("int64"))
    first = inside.group_by("profile_id").aggregate(hit=hits.min().cast("int64"))
    named = first.select(found_id="profile_id", hit="hit")
    joined = begun.left_join(named, [("profile_id", "found_id")]).select("arm", "start", "hit")
    watched = ibis.least(joined.start + metric.window_us, ibis.literal(as_of, "int64")) - joined.start
    told = joined.mutate(seen=joined.hit.notnull(), day=ibis.coalesce(joined.hit, watched // DAY).cast("int64"))
    return told.group_by("arm", "day", "seen").aggregate(members=_.count())


def panel_query(metric: Metric, facts: Any, since: Day, until: Day, period_days: int) -> Any:
    """Return (place, period, number): what the metric counts at each place in each period of whole local days.

    A metric of shares counts the people who did it; the others add up.
    """
    heard = _heard([metric], facts).filter(_.location.notnull(), _.local_day >= since, _.local_day < until)
    counts = heard.select("profile_id", "local_day", place="location", counts=_counted(heard, metric))
    told = counts.filter(_.counts != 0).mutate(period=((_.local_day - since) // period_days).cast("int64"))
    number = _.profile_id.nunique() if metric.fold is Fold.ANY else _.counts.sum().cast("int64")
    return told.group_by("place", "period").aggregate(number=number)


def values_query(units: Any, as_of: Instant, metric: Metric, caps: Mapping[str, float]) -> Any:
    """Return (arm, value): the number of every mature unit for the first metric; for lists that are small."""
    cap = caps.get(metric.name, metric.cap)
    value = units.value_0 if cap is None else ibis.ifelse(units.value_0 > cap, round(cap), units.value_0)
    told = units.mutate(number=value.cast("float64")).filter(_.start + metric.window_us <= as_of)
    return told.select("arm", value="number")


def caps_query(units: Any, metrics: Sequence[Metric], tables: Tables, as_of: Instant) -> Any | None:
    """Return one row with the quantile of every metric that is winsorised, ``None`` when none is."""
    rows = _as_units(units, tables)
    wanted = {}
    for index, metric in enumerate(metrics):
        if metric.winsorise is not None:
            mature = rows.start + metric.window_us <= as_of
            value = ibis.ifelse(mature, rows[f"value_{index}"], ibis.null("int64")).cast("float64")
            wanted[metric.name] = value.quantile(metric.winsorise)
    return rows.aggregate(**wanted) if wanted else None


def _as_units(units: Any, tables: Tables) -> Any:
    """Return one row for each unit of assignment: each member, or people together with how many they are."""
    if tables.units is None:
        return units.mutate(people=ibis.literal(1, "int64"))
    joined = units.join(tables.units, "profile_id")
    names = [name for name in units.columns if name.rpartition("_")[2].isdigit()]
    return joined.group_by("unit").aggregate(
        arm=_.arm.argmin(_.start),
        start=_.start.max(),
        crossed=(_.arm.nunique() > 1) | _.crossed.any(),
        people=_.count(),
        **{name: joined[name].sum().cast("int64") for name in names},
    )


def _columns(rows: Any, index: int, metric: Metric, tables: Tables, caps: Mapping[str, float]) -> dict[str, Any]:
    value = rows[f"value_{index}"]
    if metric.kind is MetricKind.NET_REVENUE and metric.message_cost:
        value = value - (rows[f"messages_{index}"] * metric.message_cost).round().cast("int64")
    cap = caps.get(metric.name, metric.cap)
    found = {VALUE: value if cap is None else ibis.ifelse(value > cap, round(cap), value).cast("int64")}
    if metric.shape is Shape.RATIO:
        found[BASE] = rows[f"base_{index}"]
    elif tables.units is not None:
        found[BASE] = rows.people
    if metric.uses_cuped:
        before = rows[f"before_{index}"]
        found[BEFORE] = before if cap is None else ibis.ifelse(before > cap, round(cap), before).cast("int64")
    return found


def _exact(column: Any, mature: Any) -> Any:
    return ibis.ifelse(mature, column, 0).cast(_EXACT)


def _pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    ordered = sorted(names)
    return [(one, other) for place, one in enumerate(ordered) for other in ordered[place:]]


def read_sums(rows: Iterable[Mapping[str, Any]], metrics: Sequence[Metric]) -> dict[str, dict[str, Sums]]:
    """Return the sums of every arm by metric, from the executed rows of :func:`sums_query`."""
    found: dict[str, dict[str, Sums]] = {metric.name: {} for metric in metrics}
    for row in rows:
        for index, metric in enumerate(metrics):
            if metric.shape is Shape.DERIVED:
                continue
            names = [name for name in (VALUE, BASE, BEFORE) if f"{name}_{index}" in row]
            found[metric.name][row["arm"]] = Sums(
                size=int(row[f"size_{index}"]),
                sums={name: int(row[f"{name}_{index}"] or 0) for name in names},
                products={pair: int(row[f"{pair[0]}_{pair[1]}_{index}"] or 0) for pair in _pairs(names)},
            )
    return found
