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
from fieldfare.learn.experiments.metrics.fates_in_lake import messages_with
from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.readout import property_holds
from fieldfare.learn.experiments.statistics.model import BASE, BEFORE, VALUE, Sums

_MOST = 10**12
"""Numbers beyond this are taken as zero, before they are made whole, so that products stay exact."""
_EXACT = "decimal(18, 0)"
RESPONSES, SELECTED = "responses", "selected"


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """The lake's tables that metrics are made of, as Ibis tables."""

    assignments: Any
    exposures: Any
    facts: Any
    redirects: Any
    messages: Any
    until: Instant | None = None
    """Who came then or later is no member; ``None``: everybody is."""
    are_clustered: bool = False
    """Whether people are assigned together; else each profile is a unit."""
    units: Any = None
    """``profile_id`` and today's ``unit``: of those who were assigned before their unit was kept; ``None``: nobody."""
    selected: Mapping[str, Any] = {}
    """What the SQL of metrics selects, by metric."""


def members(tables: Tables, experiment: str, *, exposed: bool) -> Any:
    """Return (profile_id, arm, start, crossed, unit, stratum): each person once, merged ones by their first row.

    ``unit`` is the same number for all who were assigned as one, as it was then: whoever has moved since stays in it.
    Where it was not kept then, today's stands in. ``stratum`` is 0 where a coin decided for each.
    ``crossed``: both arms were met, by two profiles that turned out to be one. Only who was assigned counts as exposed,
    and nobody in an arm in which they never were: whom the global holdout or a group kept out met the holdout of those.
    """
    assigned = _before(_first(tables.assignments, tables, experiment), tables.until)
    if not exposed:
        return assigned
    exposures = tables.exposures.mutate(unit=tables.exposures.profile_id, stratum=ibis.null("int64"))
    met = _before(_first(exposures, tables, experiment), tables.until).drop("unit", "stratum")
    known = assigned.select("profile_id", "unit", "stratum", was_crossed=_.crossed, was_in=_.arm)
    columns = ("profile_id", "arm", "start", "crossed", "was_crossed", "was_in", "unit", "stratum")
    both = met.join(known, "profile_id").select(*columns)
    own = both.filter(both.was_crossed | (both.arm == both.was_in))
    return own.mutate(crossed=own.crossed | own.was_crossed).drop("was_crossed", "was_in")


def _before(people: Any, until: Instant | None) -> Any:
    return people if until is None else people.filter(_.start < until)


def _first(rows: Any, tables: Tables, experiment: str) -> Any:
    chosen = rows.filter(_.experiment == experiment).select(
        "profile_id", "arm", "unit", begun=_["at"], stratum=_.stratum.fill_null(0)
    )
    told = united(as_now(chosen, tables.redirects), tables)
    return told.group_by("profile_id").aggregate(
        start=_.begun.min(),
        arm=_.arm.argmin(_.begun),
        crossed=_.arm.nunique() > 1,
        unit=_.unit.argmin(_.begun),
        stratum=_.stratum.argmin(_.begun),
    )


def united(rows: Any, tables: Tables) -> Any:
    """Return the rows with a unit each: the one that was kept, else today's, else the profile alone."""
    if tables.units is None:
        return rows.mutate(unit=ibis.coalesce(rows.unit, rows.profile_id))
    today = tables.units.select(today_id="profile_id", today="unit")
    joined = rows.left_join(today, [("profile_id", "today_id")]).select(*rows.columns, "today")
    return joined.mutate(unit=ibis.coalesce(joined.unit, joined.today, joined.profile_id)).drop("today")


def as_now(rows: Any, redirects: Any) -> Any:
    """Return the rows under the profile that stands now, where theirs was merged away."""
    moved = redirects.select(gone_id="profile_id", into_id="into_id")
    # A selection with an expression right on a join would be taken for a part of the next join.
    joined = rows.left_join(moved, [("profile_id", "gone_id")]).select(*rows.columns, "into_id")
    return joined.mutate(profile_id=ibis.coalesce(joined.into_id, joined.profile_id)).drop("into_id")


def per_unit(chosen: Any, metrics: Sequence[Metric], tables: Tables, journey: str) -> Any:
    """Return one row for each member: profile_id, arm, start, and for each metric its value, base and before.

    Columns are named by the metric's place: ``value_0``, ``base_0``, ``before_0``. Where the first metric is a share of
    events, ``hit_0`` is how long after the start its first event came, inside its window; 0 when none did.
    """
    asked = _event_columns(metrics)
    longest = max((metric.window_us for metric in metrics), default=0)
    before = max((metric.before_us for metric in metrics), default=0)
    result = chosen
    if asked:
        inside = _counting(metrics, _inside(chosen, _heard(metrics, tables.facts), longest, before))
        asked |= _first_hit(metrics[0])
        sums = inside.group_by("profile_id").aggregate(**{name: make(inside) for name, make in asked.items()})
        result = _beside(result, sums, list(asked))
    for index, metric in enumerate(metrics):
        for sums, columns in _apart(chosen, index, metric, tables, journey):
            result = _beside(result, sums, columns)
    return result


def _is_plain(metric: Metric) -> bool:
    """Return whether the metric counts events as they are."""
    apart = {MetricKind.FIRST_RESPONSE_TIME, MetricKind.DELIVERY, MetricKind.SQL}
    return metric.kind not in apart and metric.shape is not Shape.DERIVED


def _inside(chosen: Any, rows: Any, longest: int, before: int) -> Any:
    """Return the rows of members between the earliest covariate and the end of the longest window, with their ``age``.

    The bounds stand as comparisons of the two sides, so that an engine leaves out what no member's time can reach.
    """
    joined = rows.inner_join(chosen.select("profile_id", "start"), "profile_id")
    near = joined.filter(_.occurred_at > _.start - before, _.occurred_at <= _.start + longest)
    return near.mutate(age=near.occurred_at - near.start)


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
        fold = _gone if metric.back else _folded
        found[f"value_{index}"] = lambda rows, metric=metric, fold=fold: fold(rows, metric, *_window(rows, metric))
        if metric.base:
            base = _base_of(metric)
            found[f"base_{index}"] = lambda rows, metric=base: _folded(rows, metric, *_window(rows, metric))
        if metric.uses_cuped:
            found[f"before_{index}"] = lambda rows, metric=metric: _folded(rows, metric, *_past(rows, metric))
    return found


def _base_of(metric: Metric) -> Metric:
    """Return the metric that counts the denominator."""
    return msgspec.structs.replace(metric, rows=metric.base, base=())


def _back_of(metric: Metric) -> Metric:
    """Return the metric that counts who is there again."""
    return msgspec.structs.replace(metric, rows=metric.back, back=())


def _gone(rows: Any, metric: Metric, after: Any, until: Any) -> Any:
    """Return whether somebody went and is not there again: the last that they did inside the window is to go."""
    last = [
        ibis.ifelse(after & until & (rows[_column(each)] > 0), rows.age, 0).max().fill_null(0)
        for each in (metric, _back_of(metric))
    ]
    return (last[0] > last[1]).cast("int64")


def _first_hit(metric: Metric) -> dict[str, Any]:
    """Return when a member first did what the metric counts, where it is a share of events."""
    if not (_is_plain(metric) and metric.is_event_of_people):
        return {}

    def made(rows: Any) -> Any:
        hits = (rows[_column(metric)] > 0) & (rows.age > 0) & (rows.age <= metric.window_us)
        return ibis.ifelse(hits, rows.age, ibis.null("int64")).min()

    return {"hit_0": made}


def _window(rows: Any, metric: Metric) -> tuple[Any, Any]:
    return rows.age > metric.from_us, rows.age <= metric.window_us


def _past(rows: Any, metric: Metric) -> tuple[Any, Any]:
    """Return the time before the start; an event at the very start is the cause of it and belongs to neither."""
    return rows.age > -metric.before_us, rows.age < 0


def _folded(rows: Any, metric: Metric, after: Any, until: Any) -> Any:
    """Return what a unit's events of a stretch of time make."""
    total = ibis.ifelse(after & until, rows[_column(metric)], 0)
    return total.max().cast("int64") if metric.fold is Fold.ANY else total.sum().cast("int64")


def _column(metric: Metric) -> str:
    """Return the name of the column that tells what an event counts for the metric; the same for the same rows."""
    return f"counts_{digest(msgspec.json.encode((metric.rows, metric.scale))).hex()[:16]}"


def _rows_of(metric: Metric) -> tuple[Rows, ...]:
    return (*metric.rows, *metric.base, *metric.back)


def _heard(metrics: Sequence[Metric], facts: Any) -> Any:
    """Return the events that any metric counts."""
    names = sorted({rows.event for metric in metrics if _is_plain(metric) for rows in _rows_of(metric)})
    return facts.filter(_.name.isin(names))


def _counting(metrics: Sequence[Metric], inside: Any) -> Any:
    """Return events of members with what each counts: a property is read once for all metrics, and of these alone."""
    asked = list(metrics)
    asked += [_base_of(metric) for metric in metrics if metric.base]
    asked += [_back_of(metric) for metric in metrics if metric.back]
    plain = {_column(metric): metric for metric in asked if _is_plain(metric)}
    counts = {name: _counted(inside, each) for name, each in plain.items()}
    return inside.select("profile_id", "age", **counts)


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
    number = Value(events.properties, each.amount).number() * metric.scale
    return ibis.ifelse(sure(number.abs() <= _MOST), (number + 0.5).floor() * each.sign, 0)


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
    if metric.kind is MetricKind.DELIVERY:
        fates = messages_with(metric.fate, tables.messages, tables.facts, journey)
        rows = _inside(chosen, as_now(fates, tables.redirects), metric.window_us, 1)
        names = {f"value_{index}": rows.hit.sum().cast("int64"), f"base_{index}": rows.count()}
        found.append((rows.group_by("profile_id").aggregate(**names), list(names)))
    if metric.kind is MetricKind.SQL:
        rows = _inside(chosen, tables.selected[metric.name], metric.window_us, metric.before_us)
        names = {f"value_{index}": _picked(rows, metric, *_window(rows, metric))}
        if metric.uses_cuped:
            names[f"before_{index}"] = _picked(rows, metric, *_past(rows, metric))
        found.append((rows.group_by("profile_id").aggregate(**names), list(names)))
    if metric.message_cost:
        handed = tables.messages.filter(_.journey == journey, _.outcome == "handed_over")
        sent = as_now(handed.select("profile_id", occurred_at="granted_at"), tables.redirects)
        rows = _inside(chosen, sent, metric.window_us, 1)
        found.append(
            (rows.group_by("profile_id").aggregate(**{f"messages_{index}": rows.count()}), [f"messages_{index}"])
        )
    return found


def _picked(rows: Any, metric: Metric, after: Any, until: Any) -> Any:
    holds = after & until
    if metric.fold is Fold.SUM:
        number = rows["value"].cast("float64")
        return ibis.ifelse(holds & sure(number.abs() <= _MOST), number.round(), 0).sum().cast("int64")
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
    """Return one row for each arm: how many, how many crossed, and for each metric its sums over mature units.

    Of people who are assigned as one, those count whose windows are over.
    """
    return _summed(_as_units(_counted_now(units, metrics, as_of, caps), tables, by), metrics, tables, by)


def course_query(
    units: Any,
    metric: Metric,
    tables: Tables,
    as_of: Instant,
    caps: Mapping[str, float],
    by: Sequence[str] = ("arm",),
) -> Any:
    """Return one row for each arm and day on which windows ended, with the sums of the units whose windows ended then.

    Of people who are assigned as one, those count whose windows are over, on the day of the last of them.
    ``metric`` is the first of those that the units were made for.
    """
    counted = _counted_now(units, [metric], as_of, caps)
    ended = _as_units(counted.filter(counted.start + metric.window_us <= as_of), tables, by)
    dated = ended.mutate(day=((ended.start + metric.window_us) // DAY).cast("int64"))
    return _summed(dated, [metric], tables, (*by, "day"))


def curve_query(units: Any, metric: Metric, as_of: Instant) -> Any:
    """Return (arm, day, members): on which day after the start people first did what the metric counts; null: never.

    ``metric`` is the first of those that the units were made for, and a share of events.
    """
    mature = units.filter(units.start + metric.window_us <= as_of)
    told = mature.select("arm", day=ibis.ifelse(mature.hit_0 > 0, mature.hit_0 // DAY, ibis.null("int64")))
    return told.group_by("arm", "day").aggregate(members=_.count())


def _counted_now(units: Any, metrics: Sequence[Metric], as_of: Instant, caps: Mapping[str, float]) -> Any:
    """Return the members with each metric's numbers as they count: outliers capped, zero while the window runs."""
    made: dict[str, Any] = {}
    for index, metric in enumerate(metrics):
        if metric.shape is Shape.DERIVED:
            continue
        mature = units.start + metric.window_us <= as_of
        made[f"mature_{index}"] = mature.cast("int64")
        for name, column in _columns(units, index, metric, caps).items():
            made[f"{name}_{index}"] = ibis.ifelse(mature, column, 0)
    return units.mutate(**made)


def _summed(rows: Any, metrics: Sequence[Metric], tables: Tables, by: Sequence[str]) -> Any:
    wanted: dict[str, Any] = {"members": rows.count(), "crossed": rows.crossed.cast("int64").sum()}
    for index, metric in enumerate(metrics):
        if metric.shape is Shape.DERIVED:
            continue
        columns = {name: rows[f"{name}_{index}"] for name in _names(metric)}
        if tables.are_clustered:
            columns.setdefault(BASE, rows[f"mature_{index}"])
        exact = {name: column.cast(_EXACT) for name, column in columns.items()}
        wanted[f"size_{index}"] = (rows[f"mature_{index}"] > 0).cast("int64").sum()
        for name, column in exact.items():
            wanted[f"{name}_{index}"] = column.sum()
        for one, other in _pairs(exact):
            wanted[f"{one}_{other}_{index}"] = (exact[one] * exact[other]).sum()
    return rows.group_by(*by).aggregate(**wanted)


def spread_query(units: Any, index: int, metric: Metric, as_of: Instant, by: Sequence[str] = ("arm",)) -> Any:
    """Return (arm, minutes, members): how many members of each arm had their first answer after so many minutes.

    ``by`` may also name ``day``, on which windows ended.
    """
    first = units[f"first_{index}"]
    answered = units.filter(units.start + metric.window_us <= as_of, first > 0)
    day = ((answered.start + metric.window_us) // DAY).cast("int64")
    told = answered.select("arm", day=day, minutes=answered[f"first_{index}"] - 1)
    return told.group_by(*by, "minutes").aggregate(members=_.count())


def life_query(units: Any, metric: Metric, as_of: Instant) -> Any:
    """Return (arm, day, seen, members): after how many days people first did what the metric counts.

    Who did not is ``seen`` false, on the day on which their window or the data end. Here everybody counts, also those
    whose window still runs. ``metric`` is the first of those that the units were made for, and a share of events.
    """
    begun = units.filter(units.start < as_of)
    told = begun.select(
        "arm",
        seen=(begun.hit_0 > 0) & (begun.start + begun.hit_0 <= as_of),
        hit=begun.hit_0 // DAY,
        watched=(ibis.least(begun.start + metric.window_us, ibis.literal(as_of, "int64")) - begun.start) // DAY,
    )
    dated = told.select("arm", "seen", day=ibis.ifelse(told.seen, told.hit, told.watched).cast("int64"))
    return dated.group_by("arm", "day", "seen").aggregate(members=_.count())


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


def caps_query(units: Any, metrics: Sequence[Metric], as_of: Instant) -> Any | None:
    """Return one row with the quantile of every metric that is winsorised, of all members; ``None`` when none is."""
    wanted = {}
    for index, metric in enumerate(metrics):
        if metric.winsorise is not None:
            mature = units.start + metric.window_us <= as_of
            value = ibis.ifelse(mature, _value(units, index, metric), ibis.null("int64")).cast("float64")
            wanted[metric.name] = value.quantile(metric.winsorise)
    return units.aggregate(**wanted) if wanted else None


def _as_units(rows: Any, tables: Tables, by: Sequence[str]) -> Any:
    """Return one row for each unit of assignment: each member, or people together with the sums of their numbers.

    People of one unit who are in two arms, because it changed between them, are two units: nobody counts in an arm in
    which they were not.
    """
    if not tables.are_clustered:
        return rows
    names = [name for name in rows.columns if name.rpartition("_")[2].isdigit()]
    return rows.group_by(*dict.fromkeys(("unit", *by))).aggregate(
        start=_.start.max(),
        crossed=_.crossed.any(),
        **{name: rows[name].sum().cast("int64") for name in names},
    )


def _value(rows: Any, index: int, metric: Metric) -> Any:
    value = rows[f"value_{index}"]
    if metric.kind is MetricKind.NET_REVENUE and metric.message_cost:
        return value - (rows[f"messages_{index}"] * metric.message_cost).round().cast("int64")
    return value


def _names(metric: Metric) -> list[str]:
    """Return the columns that a metric has for each member."""
    base = [BASE] if metric.shape is Shape.RATIO else []
    return [VALUE, *base, *([BEFORE] if metric.uses_cuped else [])]


def _columns(rows: Any, index: int, metric: Metric, caps: Mapping[str, float]) -> dict[str, Any]:
    cap = caps.get(metric.name, metric.cap)

    def capped(column: Any) -> Any:
        return column if cap is None else ibis.ifelse(column > cap, round(cap), column).cast("int64")

    made = {name: rows[f"{name}_{index}"] for name in _names(metric)} | {VALUE: _value(rows, index, metric)}
    return {name: column if name == BASE else capped(column) for name, column in made.items()}


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
