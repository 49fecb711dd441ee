"""Reads ``metrics.yaml`` as data and reports every problem with its place. Pure; it opens no file.

What a kind needs stands in one table: a kind that lacks something, or has what it cannot use, is told at once.
"""

import re
from collections.abc import Mapping

from fieldfare.ground.workspace.model import Path, Problem, parse_duration, parse_share
from fieldfare.know.audiences.parse_tests import parse_where
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.learn.experiments.metrics.files import MetricEntry, MetricsFile
from fieldfare.learn.experiments.metrics.model import Fate, Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.model import Population

_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,62}$")
_MINOR = 100
_NEEDS: Mapping[MetricKind, tuple[str, ...]] = {
    MetricKind.CONVERSION: ("event",),
    MetricKind.REVENUE: ("event", "property"),
    MetricKind.NET_REVENUE: ("event", "property"),
    MetricKind.VISITS: ("event",),
    MetricKind.RETENTION: ("event", "at"),
    MetricKind.CHURN: ("event",),
    MetricKind.COMPLAINT_RATE: ("event",),
    MetricKind.UNSUBSCRIBE_RATE: ("event",),
    MetricKind.COST_TO_RETAIN: ("of",),
    MetricKind.DISCOUNT_DEPENDENCE: ("event", "discount"),
    MetricKind.FIRST_RESPONSE_TIME: ("event", "answer"),
    MetricKind.DELIVERY: (),
    MetricKind.SQL: ("sql",),
}
_WITHOUT_EVENT = frozenset({MetricKind.SQL, MetricKind.COST_TO_RETAIN, MetricKind.DELIVERY})
_ONLY: Mapping[str, frozenset[MetricKind]] = {
    "event": frozenset(MetricKind) - _WITHOUT_EVENT,
    "where": frozenset(MetricKind) - _WITHOUT_EVENT,
    "property": frozenset({MetricKind.REVENUE, MetricKind.NET_REVENUE}),
    "refunds": frozenset({MetricKind.NET_REVENUE}),
    "discount": frozenset({MetricKind.DISCOUNT_DEPENDENCE}),
    "back": frozenset({MetricKind.CHURN}),
    "fate": frozenset({MetricKind.DELIVERY}),
    "answer": frozenset({MetricKind.FIRST_RESPONSE_TIME}),
    "sql": frozenset({MetricKind.SQL}),
    "at": frozenset({MetricKind.RETENTION}),
    "before": frozenset({MetricKind.REVENUE, MetricKind.NET_REVENUE, MetricKind.VISITS, MetricKind.SQL}),
    "cap": frozenset({MetricKind.REVENUE, MetricKind.NET_REVENUE, MetricKind.VISITS, MetricKind.SQL}),
    "winsorise": frozenset({MetricKind.REVENUE, MetricKind.NET_REVENUE, MetricKind.VISITS, MetricKind.SQL}),
    "of": frozenset({MetricKind.COST_TO_RETAIN}),
}
_MONEY = frozenset({MetricKind.REVENUE, MetricKind.NET_REVENUE, MetricKind.COST_TO_RETAIN})
_LOWER = frozenset(
    {
        MetricKind.CHURN,
        MetricKind.COMPLAINT_RATE,
        MetricKind.UNSUBSCRIBE_RATE,
        MetricKind.COST_TO_RETAIN,
        MetricKind.DISCOUNT_DEPENDENCE,
        MetricKind.FIRST_RESPONSE_TIME,
        MetricKind.DELIVERY,
    }
)
_SHAPES = {
    MetricKind.REVENUE: (Shape.MEAN, Fold.SUM),
    MetricKind.NET_REVENUE: (Shape.MEAN, Fold.SUM),
    MetricKind.VISITS: (Shape.MEAN, Fold.COUNT),
    MetricKind.DISCOUNT_DEPENDENCE: (Shape.RATIO, Fold.COUNT),
    MetricKind.FIRST_RESPONSE_TIME: (Shape.RATIO, Fold.SUM),
    MetricKind.DELIVERY: (Shape.RATIO, Fold.COUNT),
    MetricKind.COST_TO_RETAIN: (Shape.DERIVED, Fold.ANY),
}


def parse_metrics(file: MetricsFile) -> tuple[dict[str, Metric] | None, list[Problem]]:
    """Return the metrics by name, or ``None`` and every problem."""
    problems: list[Problem] = []
    found: dict[str, Metric] = {}
    for index, entry in enumerate(file.metrics):
        path: Path = ("metrics", index)
        if not _NAME.match(entry.metric):
            why = "a name has 1 to 63 small letters, digits, `-` and `_`, and begins with a letter"
            fix = "Write, for example, `revenue_60`"
            problems.append(Problem((*path, "metric"), f"`{entry.metric}` cannot name a metric", why, fix))
        if entry.metric in found:
            what = f"the metric `{entry.metric}` stands twice"
            problems.append(Problem((*path, "metric"), what, "a name is one metric", "Rename or remove one of them"))
        found[entry.metric] = _metric(entry, path, problems)
    for index, entry in enumerate(file.metrics):
        _check_of(entry, ("metrics", index, "of"), found, problems)
    return (None if problems else found), problems


def _metric(entry: MetricEntry, path: Path, problems: list[Problem]) -> Metric:
    kind = MetricKind(entry.kind)
    _check_keys(entry, kind, path, problems)
    shape, fold = _SHAPES.get(kind, (Shape.SHARE, Fold.ANY))
    if kind is MetricKind.SQL:
        fold = Fold(entry.fold)
        shape = Shape.SHARE if fold is Fold.ANY else Shape.MEAN
    window_us = _span(entry.window, (*path, "window"), problems)
    ends_us = _span(entry.at, (*path, "at"), problems) if entry.at is not None else window_us
    if ends_us < window_us:
        what, why = (
            f"`at: {entry.at}` is shorter than `window: {entry.window}`",
            "the window would begin before the start",
        )
        problems.append(Problem((*path, "at"), what, why, "Write a shorter `window` or a later `at`"))
    share = _quantile(entry, path, problems)
    rows = _rows(entry, kind, path, problems)
    return Metric(
        name=entry.metric,
        kind=kind,
        shape=shape,
        fold=fold,
        rows=rows if entry.discount is None else tuple(_discounted(each, entry.discount) for each in rows),
        base=rows if entry.discount is not None else (),
        back=() if entry.back is None else (Rows(event=entry.back),),
        fate=Fate(entry.fate or "lost"),
        answer=entry.answer,
        sql=entry.sql,
        window_us=ends_us,
        from_us=max(ends_us - window_us, 0),
        before_us=_span(entry.before, (*path, "before"), problems) if entry.before is not None else 0,
        scale=_MINOR if kind in _MONEY else 1,
        cap=None if entry.cap is None else entry.cap * (_MINOR if kind in _MONEY else 1),
        winsorise=share,
        lower_is_better=_lower_is_better(entry, kind),
        population=Population.EXPOSED if entry.per == "contacted" else Population.ASSIGNED,
        is_money=kind in _MONEY,
        message_cost=entry.message_cost * _MINOR,
        of=entry.of,
        description=entry.description,
    )


def _lower_is_better(entry: MetricEntry, kind: MetricKind) -> bool:
    if entry.better is not None:
        return entry.better == "lower"
    return kind in _LOWER and entry.fate != "delivered"


def _rows(entry: MetricEntry, kind: MetricKind, path: Path, problems: list[Problem]) -> tuple[Rows, ...]:
    if entry.event is None:
        return ()
    where = parse_where(entry.where, (*path, "where"), problems) if entry.where is not None else ()
    amount = entry.property if kind in _MONEY else None
    rows = [Rows(event=entry.event, where=where, amount=amount)]
    if entry.refunds is not None:
        rows.append(Rows(event=entry.refunds, amount=amount, sign=-1))
    return tuple(rows)


def _discounted(rows: Rows, discount: str) -> Rows:
    return Rows(event=rows.event, where=(*rows.where, PropertyTest(discount, "above", 0)))


def _check_keys(entry: MetricEntry, kind: MetricKind, path: Path, problems: list[Problem]) -> None:
    for key in _NEEDS[kind]:
        if not getattr(entry, key):
            what, why = f"the metric `{entry.metric}` has no `{key}`", f"a metric of the kind `{kind}` needs one"
            problems.append(Problem(path, what, why, f"Write `{key}:`"))
    for key, kinds in _ONLY.items():
        if getattr(entry, key) is not None and kind not in kinds:
            what, why = f"`{key}` stands in a metric of the kind `{kind}`", "that kind does not use it"
            problems.append(Problem((*path, key), what, why, "Remove it, or choose another kind"))
    if entry.cap is not None and entry.winsorise is not None:
        what, why = "`cap` and `winsorise` stand together", "outliers are treated in one way"
        problems.append(Problem((*path, "cap"), what, why, "Keep one of them"))
    if entry.cap is not None and entry.cap <= 0:
        problems.append(
            Problem((*path, "cap"), f"`cap: {entry.cap:g}` is no bound", "it must be above zero", "Raise it")
        )


def _quantile(entry: MetricEntry, path: Path, problems: list[Problem]) -> float | None:
    if entry.winsorise is None:
        return None
    share = parse_share(entry.winsorise)
    if isinstance(share, str) or not 0.5 <= share < 1:  # noqa: PLR2004 - the upper half
        what, why = f"`winsorise: {entry.winsorise}` is no quantile", "it lies from 50 % up to below 100 %"
        problems.append(Problem((*path, "winsorise"), what, why, "Write for example `99 %`"))
        return None
    return share


def _check_of(entry: MetricEntry, path: Path, found: Mapping[str, Metric], problems: list[Problem]) -> None:
    if entry.of is None or MetricKind(entry.kind) is not MetricKind.COST_TO_RETAIN:
        return
    named = found.get(entry.of)
    if named is None or named.shape is not Shape.SHARE:
        shares = ", ".join(f"`{name}`" for name, each in found.items() if each.shape is Shape.SHARE) or "none yet"
        what = f"`{entry.of}` is no metric of shares of this file"
        problems.append(Problem(path, what, "its additional people are paid for", f"Name one of them: {shares}"))


def _span(text: str, path: Path, problems: list[Problem]) -> int:
    duration = parse_duration(text)
    if isinstance(duration, str):
        problems.append(Problem(path, f"`{text}` is no length of time", "a window needs one", duration))
        return 0
    if duration.us == 0:
        problems.append(Problem(path, f"`{text}` is no window", "nothing happens in no time", "Write `30 days`"))
    return duration.us
