"""``metrics.yaml``: every kind with what it needs, and each slip told with its place."""

from collections.abc import Mapping

import msgspec
import pytest

from fieldfare.ground.instants import DAY
from fieldfare.learn.experiments.metrics.files import MetricsFile
from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Shape
from fieldfare.learn.experiments.metrics.parse import parse_metrics
from fieldfare.learn.experiments.model import Population


def parsed(*entries: Mapping[str, object]) -> tuple[dict[str, Metric] | None, list[str]]:
    file = msgspec.convert({"metrics": list(entries)}, MetricsFile)
    found, problems = parse_metrics(file)
    return found, [f"{'.'.join(map(str, each.path))}: {each.what}" for each in problems]


CAME = {"metric": "came", "kind": "conversion", "event": "visit"}


@pytest.mark.parametrize(
    ("entry", "shape", "fold"),
    [
        (CAME, Shape.SHARE, Fold.ANY),
        ({"kind": "revenue", "event": "order", "property": "total", "before": "60 days"}, Shape.MEAN, Fold.SUM),
        ({"kind": "net_revenue", "event": "order", "property": "total", "refunds": "refund"}, Shape.MEAN, Fold.SUM),
        ({"kind": "visits", "event": "visit", "winsorise": "99 %"}, Shape.MEAN, Fold.COUNT),
        ({"kind": "retention", "event": "visit", "at": "90 days"}, Shape.SHARE, Fold.ANY),
        ({"kind": "churn", "event": "cancelled"}, Shape.SHARE, Fold.ANY),
        ({"kind": "churn", "event": "cancelled", "back": "joined"}, Shape.SHARE, Fold.ANY),
        ({"kind": "delivery"}, Shape.RATIO, Fold.COUNT),
        ({"kind": "delivery", "fate": "bounced"}, Shape.RATIO, Fold.COUNT),
        ({"kind": "complaint_rate", "event": "complaint"}, Shape.SHARE, Fold.ANY),
        ({"kind": "unsubscribe_rate", "event": "unsubscribed"}, Shape.SHARE, Fold.ANY),
        ({"kind": "discount_dependence", "event": "order", "discount": "discount"}, Shape.RATIO, Fold.COUNT),
        ({"kind": "first_response_time", "event": "asked", "answer": "answered"}, Shape.RATIO, Fold.SUM),
        ({"kind": "sql", "sql": "SELECT 1", "fold": "any"}, Shape.SHARE, Fold.ANY),
        ({"kind": "sql", "sql": "SELECT 1", "cap": 5}, Shape.MEAN, Fold.SUM),
    ],
)
def test_every_kind_has_its_shape(entry: dict[str, object], shape: Shape, fold: Fold) -> None:
    found, problems = parsed(entry | {"metric": "m"})
    assert problems == []
    assert found is not None
    assert (found["m"].shape, found["m"].fold) == (shape, fold)


def test_money_is_kept_in_minor_units_and_lower_is_better_where_it_is() -> None:
    cost = {"metric": "cost", "kind": "cost_to_retain", "of": "came", "message_cost": 0.05}
    revenue = {
        "metric": "money",
        "kind": "revenue",
        "event": "order",
        "property": "total",
        "cap": 400,
        "per": "contacted",
    }
    found, problems = parsed(CAME, cost, revenue)
    assert problems == []
    assert found is not None
    assert (found["cost"].message_cost, found["cost"].shape, found["cost"].lower_is_better) == (
        5.0,
        Shape.DERIVED,
        True,
    )
    assert (found["money"].cap, found["money"].scale) == (40_000, 100)
    assert found["money"].population is Population.EXPOSED
    assert found["came"].kind is MetricKind.CONVERSION


def test_retention_looks_at_the_window_that_ends_at_its_day() -> None:
    found, _ = parsed({"metric": "kept", "kind": "retention", "event": "visit", "at": "90 days", "window": "30 days"})
    assert found is not None
    assert (found["kept"].from_us, found["kept"].window_us) == (60 * DAY, 90 * DAY)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"metric": "No", "kind": "visits", "event": "x"}, "metrics.0.metric: `No` cannot name a metric"),
        ({"metric": "m", "kind": "visits"}, "metrics.0: the metric `m` has no `event`"),
        ({"metric": "m", "kind": "revenue", "event": "x"}, "metrics.0: the metric `m` has no `property`"),
        ({**CAME, "property": "total"}, "metrics.0.property: `property` stands in a metric of the kind `conversion`"),
        ({**CAME, "winsorise": "99 %"}, "metrics.0.winsorise: `winsorise` stands in a metric of the kind `conversion`"),
        ({**CAME, "window": "30"}, "metrics.0.window: `30` is no length of time"),
        ({**CAME, "window": "0 days"}, "metrics.0.window: `0 days` is no window"),
        (
            {"metric": "m", "kind": "visits", "event": "x", "winsorise": "30 %"},
            "metrics.0.winsorise: `winsorise: 30 %` is no quantile",
        ),
        ({"metric": "m", "kind": "visits", "event": "x", "cap": -1}, "metrics.0.cap: `cap: -1` is no bound"),
        (
            {"metric": "m", "kind": "visits", "event": "x", "cap": 1, "winsorise": "99 %"},
            "metrics.0.cap: `cap` and `winsorise` stand together",
        ),
        (
            {"metric": "m", "kind": "retention", "event": "x", "at": "9 days"},
            "metrics.0.at: `at: 9 days` is shorter than `window: 30 days`",
        ),
        (
            {"metric": "m", "kind": "cost_to_retain", "of": "nobody"},
            "metrics.0.of: `nobody` is no metric of shares of this file",
        ),
    ],
)
def test_a_slip_is_told_with_its_place(entry: dict[str, object], told: str) -> None:
    found, problems = parsed(entry)
    assert found is None
    assert told in problems


def test_a_name_stands_once() -> None:
    found, problems = parsed(CAME, CAME)
    assert found is None
    assert problems == ["metrics.1.metric: the metric `came` stands twice"]


def test_of_messages_fewer_lost_and_more_delivered_is_better() -> None:
    kinds: list[dict[str, object]] = [{}, {"fate": "delivered"}, {"fate": "failed"}]
    entries = [{"metric": f"m{index}", "kind": "delivery", **told} for index, told in enumerate(kinds)]
    found, problems = parsed(*entries)
    assert found is not None, problems
    assert [metric.lower_is_better for metric in found.values()] == [True, False, True]
    _, problems = parsed({"metric": "m", "kind": "delivery", "event": "order"}, {**CAME, "fate": "lost", "back": "b"})
    assert len(problems) == 3
