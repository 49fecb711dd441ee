"""The aggregates over lake tables equal a plain loop in Python, on random data and at every edge."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pytest

from fieldfare.ground.instants import DAY, Instant
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.learn.experiments.model import Arm, ArmTotals, Experiment, Totals
from fieldfare.learn.experiments.readout import aggregates, totals

EXPERIMENT = Experiment(
    name="journey.win-back", salt="s", holdout=0.2, goal_event="order", window_us=10 * DAY, revenue_property="revenue"
)
AS_OF = 100 * DAY

Aggregates = Callable[[Experiment, Any, Any, Instant], Any]


class Member(NamedTuple):
    profile_id: int
    arm: Arm
    at: Instant
    experiment: str = EXPERIMENT.name


class Happened(NamedTuple):
    profile_id: int
    occurred_at: Instant
    properties: Mapping[str, Any] = MappingProxyType({})
    name: str = "order"
    location: str | None = None


MEMBERS_SCHEMA = pa.schema(
    [("experiment", pa.string()), ("profile_id", pa.int64()), ("arm", pa.string()), ("at", pa.int64())]
)
EVENTS_SCHEMA = pa.schema(
    [
        ("profile_id", pa.int64()),
        ("name", pa.string()),
        ("local_day", pa.int32()),
        ("occurred_at", pa.int64()),
        ("location", pa.string()),
        ("properties", pa.string()),
    ]
)


def run(
    experiment: Experiment, members: list[Member], events: list[Happened], build: Aggregates = aggregates
) -> Totals:
    assigned = [{**each._asdict(), "arm": each.arm.value} for each in members]
    happened = [
        {**each._asdict(), "local_day": each.occurred_at // DAY, "properties": json.dumps(dict(each.properties))}
        for each in events
    ]
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("assigned", pa.Table.from_pylist(assigned, MEMBERS_SCHEMA))
        connection.register("happened", pa.Table.from_pylist(happened, EVENTS_SCHEMA))
        lake = ibis.duckdb.from_connection(connection)
        query = build(experiment, lake.table("assigned"), lake.table("happened"), AS_OF)
        return totals(query.to_pyarrow().to_pylist())


def by_hand(experiment: Experiment, members: list[Member], events: list[Happened]) -> Totals:
    sums = {arm: [0, 0, 0, 0] for arm in Arm}
    immature = 0
    for member in members:
        if member.experiment != experiment.name:
            continue
        end = member.at + experiment.window_us
        if end > AS_OF:
            immature += 1
            continue
        mine = [
            int(event.properties.get("revenue", 0) * 100 + 0.5)
            for event in events
            if event.profile_id == member.profile_id and event.name == "order" and member.at < event.occurred_at <= end
        ]
        for place, value in enumerate((1, bool(mine), sum(mine), sum(mine) ** 2)):
            sums[member.arm][place] += value
    treated, holdout = (
        ArmTotals(members=a, conversions=b, revenue_sum=c, revenue_squares=d)
        for a, b, c, d in (sums[Arm.TREATED], sums[Arm.HOLDOUT])
    )
    return Totals(treated=treated, holdout=holdout, immature=immature)


def world(seed: int) -> tuple[list[Member], list[Happened]]:
    """Return random members and events, with many instants exactly on an edge of a window."""
    random = np.random.default_rng(seed)
    members = [
        Member(
            number,
            Arm.HOLDOUT if random.random() < 0.3 else Arm.TREATED,
            int(random.integers(60, 95)) * DAY,
            EXPERIMENT.name if random.random() < 0.9 else "journey.other",
        )
        for number in range(60)
    ]
    events = [
        Happened(
            int(random.integers(0, 70)),
            int(random.integers(55, 110)) * DAY + int(random.integers(-1, 2)),
            {"revenue": float(random.integers(0, 99_999)) / 100} if random.random() < 0.8 else {},
            "order" if random.random() < 0.8 else "page",
        )
        for _ in range(400)
    ]
    return members, events


@pytest.mark.parametrize("seed", range(5))
def test_the_lake_agrees_with_a_plain_loop(seed: int) -> None:
    members, events = world(seed)
    assert run(EXPERIMENT, members, events) == by_hand(EXPERIMENT, members, events)


def agrees(build: Aggregates) -> bool:
    return all(run(EXPERIMENT, *world(seed), build) == by_hand(EXPERIMENT, *world(seed)) for seed in range(5))


def test_planted_fault_other_windows_are_caught() -> None:
    def a_day_too_long(experiment: Experiment, members: Any, events: Any, as_of: Instant) -> Any:
        return aggregates(experiment, members, events.mutate(occurred_at=events.occurred_at - DAY), as_of)

    def start_included(experiment: Experiment, members: Any, events: Any, as_of: Instant) -> Any:
        return aggregates(experiment, members, events.mutate(occurred_at=events.occurred_at + 1), as_of)

    def everybody_mature(experiment: Experiment, members: Any, events: Any, as_of: Instant) -> Any:
        return aggregates(experiment, members, events, as_of * 2)

    def only_those_who_bought(experiment: Experiment, members: Any, events: Any, as_of: Instant) -> Any:
        return aggregates(experiment, members.semi_join(events, "profile_id"), events, as_of)

    assert agrees(aggregates)
    for fault in (a_day_too_long, start_included, everybody_mature, only_those_who_bought):
        assert not agrees(fault)


def converted(test: PropertyTest, properties: dict[str, Any], location: str | None = None) -> bool:
    experiment = Experiment(name="x", salt="s", holdout=0.2, goal_event="order", goal_where=(test,))
    member = Member(1, Arm.TREATED, 40 * DAY, "x")
    event = Happened(1, 44 * DAY, properties, location=location)
    return run(experiment, [member], [event]).treated.conversions == 1


@pytest.mark.parametrize(
    ("test", "properties", "expected"),
    [
        (PropertyTest("attempt", "is", 1), {"attempt": 1}, True),
        (PropertyTest("attempt", "is", 1), {"attempt": 1.0}, True),
        (PropertyTest("attempt", "is", 1), {"attempt": "1"}, False),
        (PropertyTest("attempt", "is", 1), {"attempt": True}, False),
        (PropertyTest("attempt", "is", 1), {}, False),
        (PropertyTest("attempt", "is_not", 1), {}, True),
        (PropertyTest("attempt", "is_not", 1), {"attempt": 2}, True),
        (PropertyTest("ok", "is", True), {"ok": True}, True),
        (PropertyTest("ok", "is", True), {"ok": "true"}, False),
        (PropertyTest("kind", "in", ["fee", "gift"]), {"kind": "gift"}, True),
        (PropertyTest("kind", "not_in", ["fee", "gift"]), {"kind": "gift"}, False),
        (PropertyTest("kind", "not_in", ["fee"]), {}, True),
        (PropertyTest("revenue", "above", 10), {"revenue": 10.01}, True),
        (PropertyTest("revenue", "above", 10), {"revenue": "11"}, False),
        (PropertyTest("revenue", "at_least", 10), {"revenue": 10}, True),
        (PropertyTest("revenue", "below", 10), {}, False),
        (PropertyTest("revenue", "at_most", 10), {"revenue": 10}, True),
        (PropertyTest("kind", "exists", True), {"kind": "fee"}, True),
        (PropertyTest("kind", "exists", True), {"kind": None}, False),
        (PropertyTest("kind", "exists", False), {}, True),
        (PropertyTest('a.b "c', "is", "x"), {'a.b "c': "x"}, True),
        (PropertyTest("weekday", "is", "sat"), {}, True),
        (PropertyTest("weekday", "in", ["sun", "fri"]), {}, False),
        (PropertyTest("location", "is", "porto"), {}, False),
    ],
)
def test_tests_of_the_goals_properties(test: PropertyTest, properties: dict[str, Any], *, expected: bool) -> None:
    assert converted(test, properties) is expected


def test_location_of_the_goal() -> None:
    assert converted(PropertyTest("location", "in", ["porto", "kiel"]), {}, "porto")
    assert not converted(PropertyTest("location", "is_not", "porto"), {}, "porto")
    assert converted(PropertyTest("location", "exists", True), {}, "porto")


def test_an_unknown_operator_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="unknown operator"):
        converted(PropertyTest("a", "resembles", 1), {})


def test_no_rows_are_two_empty_arms() -> None:
    assert run(EXPERIMENT, [], []) == Totals(treated=ArmTotals(), holdout=ArmTotals())


@pytest.mark.parametrize("amount", [1e30, -1e300, 5e12])
def test_an_amount_beyond_reason_counts_as_nothing(amount: float) -> None:
    found = run(EXPERIMENT, [Member(1, Arm.TREATED, 40 * DAY)], [Happened(1, 44 * DAY, {"revenue": amount})])
    assert found.treated == ArmTotals(members=1, conversions=1)
