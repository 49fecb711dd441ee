"""The aggregates of all metrics equal a plain loop in Python: random people, merges, windows, caps, households."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb
import ibis
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.learn.experiments.metrics.in_lake import (
    Tables,
    caps_query,
    life_query,
    members,
    per_unit,
    read_sums,
    spread_query,
    sums_query,
    values_query,
)
from fieldfare.learn.experiments.metrics.model import Fate, Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.sums import sums_of

AS_OF = 100 * DAY
NAME = "journey.win-back"
ORDER = Rows(event="order", amount="revenue")
METRICS = (
    Metric(name="came", kind=MetricKind.CONVERSION, shape=Shape.SHARE, rows=(Rows(event="visit"),), window_us=20 * DAY),
    Metric(
        name="shop_visits",
        kind=MetricKind.VISITS,
        shape=Shape.MEAN,
        fold=Fold.COUNT,
        rows=(Rows(event="visit", where=(PropertyTest("kind", "is", "shop"),)),),
        window_us=30 * DAY,
        before_us=25 * DAY,
    ),
    Metric(
        name="revenue",
        kind=MetricKind.REVENUE,
        shape=Shape.MEAN,
        fold=Fold.SUM,
        rows=(ORDER,),
        window_us=30 * DAY,
        before_us=40 * DAY,
        scale=100,
        winsorise=0.9,
        is_money=True,
    ),
    Metric(
        name="net",
        kind=MetricKind.NET_REVENUE,
        shape=Shape.MEAN,
        fold=Fold.SUM,
        rows=(ORDER, Rows(event="refund", amount="revenue", sign=-1)),
        window_us=10 * DAY,
        scale=100,
        message_cost=7.0,
        is_money=True,
    ),
    Metric(
        name="kept",
        kind=MetricKind.RETENTION,
        shape=Shape.SHARE,
        rows=(Rows(event="visit"),),
        from_us=25 * DAY,
        window_us=40 * DAY,
    ),
    Metric(
        name="response",
        kind=MetricKind.FIRST_RESPONSE_TIME,
        shape=Shape.RATIO,
        fold=Fold.SUM,
        rows=(Rows(event="asked"),),
        answer="answered",
        window_us=30 * DAY,
    ),
    Metric(
        name="discounted",
        kind=MetricKind.DISCOUNT_DEPENDENCE,
        shape=Shape.RATIO,
        fold=Fold.COUNT,
        rows=(Rows(event="order", where=(PropertyTest("revenue", "above", 30),)),),
        base=(Rows(event="order"),),
        window_us=30 * DAY,
    ),
    Metric(name="own", kind=MetricKind.SQL, shape=Shape.MEAN, fold=Fold.SUM, sql="-", window_us=30 * DAY, cap=12),
    Metric(name="own_any", kind=MetricKind.SQL, shape=Shape.SHARE, fold=Fold.ANY, sql="-", window_us=30 * DAY),
    Metric(
        name="own_count",
        kind=MetricKind.SQL,
        shape=Shape.MEAN,
        fold=Fold.COUNT,
        sql="-",
        window_us=30 * DAY,
        before_us=20 * DAY,
    ),
    Metric(
        name="net_churn",
        kind=MetricKind.CHURN,
        shape=Shape.SHARE,
        rows=(Rows(event="refund"),),
        back=(Rows(event="order"),),
        window_us=30 * DAY,
        lower_is_better=True,
    ),
    Metric(
        name="lost",
        kind=MetricKind.DELIVERY,
        shape=Shape.RATIO,
        fold=Fold.COUNT,
        fate=Fate.LOST,
        window_us=5 * DAY,
        lower_is_better=True,
    ),
    Metric(name="cost", kind=MetricKind.COST_TO_RETAIN, shape=Shape.DERIVED, of="came"),
)


class Happened(NamedTuple):
    profile_id: int
    name: str
    occurred_at: int
    properties: Mapping[str, Any]


class World(NamedTuple):
    assigned: list[tuple[int, str, int]]
    exposed: list[tuple[int, str, int]]
    events: list[Happened]
    merged: dict[int, int]
    sent: list[tuple[int, int]]
    selected: list[tuple[int, int, float]]


def world(seed: int, people: int = 60) -> World:
    rng = np.random.default_rng(seed)
    merged = {90 + i: int(rng.integers(people)) for i in range(6)}
    ids = [*range(people), *merged]
    assigned = [(i, "holdout" if rng.random() < 0.4 else "treated", int(rng.integers(30, 95)) * DAY) for i in ids]
    exposed = [(i, arm, at + DAY) for i, arm, at in assigned if rng.random() < 0.6] + [(777, "treated", DAY)]
    events = []
    for _ in range(1_500):
        who, name = int(rng.integers(people)), str(rng.choice(["visit", "order", "refund", "asked", "answered"]))
        at = int(rng.integers(0, 100 * 24 * 60)) * MINUTE
        kind = str(rng.choice(["shop", "web"]))
        events.append(Happened(who, name, at, {"kind": kind, "revenue": float(rng.integers(1, 90)) / 2}))
    sent = [(i, at + 2 * DAY) for i, arm, at in assigned if arm == "treated"]
    selected = [(int(rng.integers(people)), int(rng.integers(0, 100)) * DAY + 5, 3.0) for _ in range(200)]
    for number, (who, at) in enumerate(sent):
        named = str(rng.choice(["Message Delivered", "Message Bounced", "Message Failed", "Message Opened"]))
        told = {"journey": "win-back", "proposal_id": f"p-{number}", "suppress": True, "kind": "", "revenue": 0.0}
        events.append(Happened(who, named, at + MINUTE, told))
    return World(assigned, exposed, events, merged, sent, selected)


def arrow_of(
    told: World, households: dict[int, int] | None = None, strata: dict[int, int] | None = None
) -> dict[str, pa.Table]:
    """Return the lake's tables by name, for any engine."""
    made: dict[str, pa.Table] = {}

    def put(name: str, rows: list[dict[str, Any]], schema: list[tuple[str, pa.DataType]]) -> None:
        made[name] = pa.Table.from_pylist(rows, pa.schema(schema))

    fact = [("experiment", pa.string()), ("profile_id", pa.int64()), ("arm", pa.string()), ("at", pa.int64())]
    for name, facts in (("assignments", told.assigned), ("exposures", told.exposed)):
        rows: list[dict[str, Any]] = []
        for i, arm, at in facts:
            row = {"experiment": NAME, "profile_id": i, "arm": arm, "at": at}
            more = {"unit": (households or {}).get(i), "stratum": (strata or {}).get(i)}
            rows.append(row | more if name == "assignments" else row)
        more_columns = [("unit", pa.int64()), ("stratum", pa.int64())]
        put(name, rows, [*fact, *more_columns] if name == "assignments" else fact)
    put(
        "facts",
        [{**each._asdict(), "properties": json.dumps(each.properties), "local_day": 0} for each in told.events],
        [
            ("profile_id", pa.int64()),
            ("name", pa.string()),
            ("local_day", pa.int32()),
            ("occurred_at", pa.int64()),
            ("location", pa.string()),
            ("properties", pa.string()),
        ],
    )
    pairs = [("profile_id", pa.int64()), ("into_id", pa.int64())]
    put("redirects", [{"profile_id": gone, "into_id": into} for gone, into in told.merged.items()], pairs)
    put(
        "messages",
        [
            {"proposal_id": f"p-{number}", "profile_id": i, "granted_at": at}
            | {"journey": "win-back", "outcome": "handed_over"}
            for number, (i, at) in enumerate(told.sent)
        ],
        [
            ("proposal_id", pa.string()),
            ("profile_id", pa.int64()),
            ("journey", pa.string()),
            ("outcome", pa.string()),
            ("granted_at", pa.int64()),
        ],
    )
    put(
        "own",
        [{"profile_id": i, "occurred_at": at, "value": value} for i, at, value in told.selected],
        [("profile_id", pa.int64()), ("occurred_at", pa.int64()), ("value", pa.float64())],
    )
    return made


def tables(connection: Any, told: World, households: dict[int, int] | None = None) -> Tables:
    for name, rows in arrow_of(told, households).items():
        connection.register(name, rows)
    return tables_in(ibis.duckdb.from_connection(connection), are_clustered=households is not None)


def tables_in(lake: Any, *, are_clustered: bool = False) -> Tables:
    return Tables(
        assignments=lake.table("assignments"),
        exposures=lake.table("exposures"),
        facts=lake.table("facts"),
        redirects=lake.table("redirects"),
        messages=lake.table("messages"),
        are_clustered=are_clustered,
        selected=dict.fromkeys(("own", "own_any", "own_count"), lake.table("own")),
    )


def run(told: World, *, exposed: bool = False, households: dict[int, int] | None = None) -> dict[str, dict[str, Sums]]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        held = tables(connection, told, households)
        units = per_unit(members(held, NAME, exposed=exposed), METRICS, held, "win-back")
        asked = caps_query(units, METRICS, AS_OF)
        assert asked is not None
        (caps,) = asked.to_pyarrow().to_pylist()
        rows = sums_query(units, METRICS, held, AS_OF, caps).to_pyarrow().to_pylist()
        return read_sums(rows, METRICS)


def by_hand(told: World, *, exposed: bool) -> dict[str, dict[str, Sums]]:
    """Walk through every person, event by event."""

    def first(rows: list[tuple[int, str, int]]) -> dict[int, tuple[int, str]]:
        found: dict[int, tuple[int, str]] = {}
        for who, arm, at in rows:
            person = told.merged.get(who, who)
            found[person] = min(found.get(person, (at, arm)), (at, arm))
        return found

    starts = first(told.assigned)
    if exposed:
        starts = {who: row for who, row in first(told.exposed).items() if who in starts}
    columns: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    cap = None
    for metric in METRICS:
        if metric.shape is Shape.DERIVED:
            continue
        rows = {who: value_of(told, metric, who, start) for who, (start, _) in starts.items()}
        mature = {who: row for who, row in rows.items() if starts[who][0] + metric.window_us <= AS_OF}
        cap = metric.cap
        if metric.winsorise is not None:
            cap = float(np.quantile([row["value"] for row in mature.values()], metric.winsorise))
        for who, row in mature.items():
            for name, value in row.items():
                capped = value if cap is None or name == "base" else min(value, round(cap)) if value > cap else value
                columns[metric.name, starts[who][1]][name].append(capped)
    found: dict[str, dict[str, Sums]] = {}
    for (name, arm), lists in columns.items():
        found.setdefault(name, {})[arm] = sums_of(lists)
    return found


def value_of(told: World, metric: Metric, who: int, start: int) -> dict[str, int]:
    def within(at: int) -> bool:
        return start + metric.from_us < at <= start + metric.window_us

    def past(at: int) -> bool:
        return start - metric.before_us < at < start

    mine = [each for each in told.events if each.profile_id == who]
    if metric.kind is MetricKind.SQL:
        rows = [(at, round(value)) for i, at, value in told.selected if i == who]
        values = [value for at, value in rows if within(at)]
        if metric.fold is Fold.COUNT:
            return {"value": len(values), "before": sum(past(at) for at, _ in rows)}
        return {"value": int(bool(values)) if metric.fold is Fold.ANY else sum(values)}
    if metric.kind is MetricKind.FIRST_RESPONSE_TIME:
        heard = sorted((e.occurred_at, e.name) for e in mine if e.name in {"asked", "answered"})
        gaps = [
            (after - at) // MINUTE
            for (at, name), (after, following) in pairwise(heard)
            if name == "asked" and following == "answered" and within(at)
        ]
        return {"value": sum(gaps), "base": len(gaps)}
    if metric.kind is MetricKind.DELIVERY:
        ids = {who, *(gone for gone, into in told.merged.items() if into == who)}
        ours = [f"p-{n}" for n, (i, at) in enumerate(told.sent) if i in ids and start <= at <= start + metric.window_us]
        lost = [
            e
            for e in told.events
            if e.properties.get("proposal_id") in ours and e.name in {"Message Bounced", "Message Failed"}
        ]
        return {"value": len(lost), "base": len(ours)}
    if metric.back:
        last = {
            each.name: each.occurred_at
            for each in sorted(mine, key=lambda e: e.occurred_at)
            if within(each.occurred_at)
        }
        return {"value": int(last.get("refund", 0) > last.get("order", 0))}
    found = {"value": folded(metric, [each for each in mine if within(each.occurred_at)])}
    if metric.base:
        whole = msgspec.structs.replace(metric, rows=metric.base)
        found["base"] = folded(whole, [each for each in mine if within(each.occurred_at)])
    if metric.message_cost:
        ids = {who, *(gone for gone, into in told.merged.items() if into == who)}
        found["value"] -= 7 * sum(i in ids and start - 1 < at <= start + metric.window_us for i, at in told.sent)
    if metric.uses_cuped:
        found["before"] = folded(metric, [each for each in mine if past(each.occurred_at)])
    return found


def passes(each: Happened, test: PropertyTest) -> bool:
    value = each.properties[test.property]
    return bool(value > test.operand if test.operator == "above" else value == test.operand)


def folded(metric: Metric, events: list[Happened]) -> int:
    total = 0
    for each in events:
        for rows in metric.rows:
            if each.name == rows.event and all(passes(each, test) for test in rows.where):
                money = int(each.properties["revenue"] * metric.scale + 0.5)
                total += rows.sign * (money if rows.amount else 1)
    return min(total, 1) if metric.fold is Fold.ANY else total


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("exposed", [False, True])
def test_all_metrics_equal_a_walk_through_every_person(seed: int, *, exposed: bool) -> None:
    told = world(seed)
    found, expected = run(told, exposed=exposed), by_hand(told, exposed=exposed)
    for name, arms in expected.items():
        for arm, sums in arms.items():
            assert found[name][arm] == sums, (name, arm)
    assert found["cost"] == {}


@pytest.mark.parametrize("amount", [1e30, -1e30, 1e300, 5e12])
def test_an_amount_beyond_reason_counts_as_nothing_and_stops_no_report(amount: float) -> None:
    told = world(1)
    who, _, start = told.assigned[3]
    odd = Happened(who, "refund", start + DAY, {"kind": "web", "revenue": amount})
    selected = [*told.selected, (who, start + DAY, amount)]
    found, plain = run(told._replace(events=[*told.events, odd], selected=selected)), run(told)
    counted, before = (sum(arm.total("value") for arm in each.pop("own_count").values()) for each in (found, plain))
    assert counted == before + 1, "the row is a row, whatever its value"
    assert found == plain


@pytest.mark.parametrize("exposed", [False, True])
def test_people_of_a_household_are_one_unit_in_each_arm(*, exposed: bool) -> None:
    """By hand: whose window is over, summed over who was assigned as one; who met the other arm counts there."""
    told = world(5)
    households = {i: 1_000 + i // 3 for i in range(60)}
    came = METRICS[0]
    starts: dict[int, tuple[int, str, int]] = {}
    for who, arm, at in told.assigned:
        person, unit = told.merged.get(who, who), households.get(who, who)
        starts[person] = min(starts.get(person, (at, arm, unit)), (at, arm, unit))
    if exposed:
        units = {who: unit for who, (_, _, unit) in starts.items()}
        starts = {}
        for who, arm, at in told.exposed:
            person = told.merged.get(who, who)
            if person in units:
                row = (at, arm, units[person])
                starts[person] = min(starts.get(person, row), row)
    grouped: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for who, (start, arm, unit) in starts.items():
        grouped[unit, arm].append((start, value_of(told, came, who, start)["value"]))
    columns: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (_, arm), people in grouped.items():
        mature = [value for start, value in people if start + came.window_us <= AS_OF]
        if mature:
            columns[arm]["value"].append(sum(mature))
            columns[arm]["base"].append(len(mature))
    found = run(told, exposed=exposed, households=households)["came"]
    assert found == {arm: sums_of(lists) for arm, lists in columns.items()}
    assert max(max(lists["base"]) for lists in columns.values()) > 1


def test_planted_fault_events_of_before_the_start_would_be_seen() -> None:
    told = world(1)
    shifted = told._replace(events=[each._replace(occurred_at=each.occurred_at + DAY) for each in told.events])
    assert run(told) != run(shifted)


def test_two_arms_of_one_person_are_told() -> None:
    told = world(2)
    arms: dict[int, set[str]] = defaultdict(set)
    for who, arm, _ in told.assigned:
        arms[told.merged.get(who, who)].add(arm)
    with duckdb.connect(":memory:") as connection:
        held = tables(connection, told)
        rows = members(held, NAME, exposed=False).to_pyarrow().to_pylist()
    assert {row["profile_id"] for row in rows if row["crossed"]} == {who for who, seen in arms.items() if len(seen) > 1}


def test_times_and_values_equal_a_walk_through_every_person() -> None:
    """First responses, days until the event (also of those whose window still runs), and the values of a small list."""
    told = world(4)
    index = next(place for place, each in enumerate(METRICS) if each.kind is MetricKind.FIRST_RESPONSE_TIME)
    came, response = METRICS[0], METRICS[index]
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        held = tables(connection, told)
        units = per_unit(members(held, NAME, exposed=False), METRICS, held, "win-back")
        spread = spread_query(units, index, response, AS_OF).to_pyarrow().to_pylist()
        lives = life_query(units, came, AS_OF).to_pyarrow().to_pylist()
        values = values_query(units, AS_OF, came, {}).to_pyarrow().to_pylist()
    starts: dict[int, tuple[int, str]] = {}
    for who, arm, at in told.assigned:
        person = told.merged.get(who, who)
        starts[person] = min(starts.get(person, (at, arm)), (at, arm))
    minutes, days, hits = Counter[Any](), Counter[Any](), Counter[Any]()
    for who, (start, arm) in starts.items():
        mine = sorted((each.occurred_at, each.name) for each in told.events if each.profile_id == who)
        talk = [(at, name) for at, name in mine if name in {"asked", "answered"}]
        gaps = [
            (after - at) // MINUTE
            for (at, name), (after, then) in pairwise(talk)
            if (name, then) == ("asked", "answered") and start < at <= start + response.window_us
        ]
        if gaps and start + response.window_us <= AS_OF:
            minutes[arm, gaps[0]] += 1
        until = min(start + came.window_us, AS_OF)
        first = next((at for at, name in mine if name == "visit" and start < at <= until), None)
        days[arm, ((until if first is None else first) - start) // DAY, first is not None] += 1
        if start + came.window_us <= AS_OF:
            hits[arm, float(first is not None)] += 1
    assert Counter({(row["arm"], row["minutes"]): row["members"] for row in spread}) == minutes
    assert Counter({(row["arm"], row["day"], row["seen"]): row["members"] for row in lives}) == days
    assert Counter((row["arm"], row["value"]) for row in values) == hits
    assert minutes
    assert any(not seen for _, _, seen in days)
