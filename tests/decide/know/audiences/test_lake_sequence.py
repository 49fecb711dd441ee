"""Sequences in the lake, at the edges of their spans; the query is one that Spark takes too."""

from collections.abc import Iterator
from typing import Any

import ibis
import pytest

from fieldfare.collect.model import Event
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, today_in
from fieldfare.know.audiences.compile_sequence import amount_of_sequence
from fieldfare.know.audiences.lake_sequence import sequence_table
from fieldfare.know.audiences.model import EventSequence
from fieldfare.know.audiences.ports import NoPhases
from tests.decide.know.audiences.definitions import lake_of
from tests.decide.know.audiences.test_compile_values import folded, parsed
from tests.decide.know.worlds import START_AT, make_event

A, B, C = "class_booked", "check_in", "paid"
AT = START_AT + 12 * HOUR


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


def counted(events: Any, node: EventSequence, now: Instant, zone: str) -> Any:
    matched = [events.name == name for name in (node.event, *(each.event for each in node.then))]
    return sequence_table(node, events, matched, ibis.literal(value=True), (now, today_in(now, zone)), "found")


def both(connection: Any, node: dict[str, Any], made: list[Event], now: Instant, zone: str = "UTC") -> int:
    """Return the count of the lake, which the evaluator must come to as well."""
    condition = parsed(node)
    assert isinstance(condition, EventSequence)
    events, _ = lake_of(connection, [made])
    rows = connection.to_pyarrow(counted(events, condition, now, zone)).to_pylist()
    found = rows[0]["found"] if rows else 0
    assert found == amount_of_sequence(condition, folded(condition, made), now, zone, NoPhases())
    return int(found)


def events(*told: tuple[str, int]) -> list[Event]:
    return [make_event(name, at=AT + at) for name, at in told]


SOON = {"did": A, "then": {"did": B, "within": "30 minutes"}}
ABSENT = {"did": A, "without": {"did": B, "within": "30 minutes"}}
DAYS = {"did": A, "then": {"did": B, "within": "1 day"}}
DAYS_ABSENT = {"did": A, "without": {"did": B, "within": "1 day"}}
CHAIN = {"did": A, "then": {"did": B, "within": "1 hour", "then": {"did": C, "within": "1 hour"}}}


@pytest.mark.parametrize(
    ("node", "told", "later", "count"),
    [
        (SOON, [(A, 0), (B, 0)], HOUR, 0),
        (SOON, [(A, 0), (B, 1)], HOUR, 1),
        (SOON, [(A, 0), (B, 30 * MINUTE - 1)], HOUR, 1),
        (SOON, [(A, 0), (B, 30 * MINUTE)], HOUR, 0),
        (SOON, [(A, 0), (A, 5), (B, 9)], HOUR, 2),
        (SOON, [(B, 0), (A, 5)], HOUR, 0),
        ({"did": A, "then": {"did": A, "within": "1 hour"}}, [(A, 0), (A, 0), (A, 7)], HOUR, 2),
        ({"did": A, "then": {"did": B}}, [(A, 0), (B, 400 * DAY)], 401 * DAY, 1),
        (ABSENT, [(A, 0)], 30 * MINUTE - 1, 0),
        (ABSENT, [(A, 0)], 30 * MINUTE, 1),
        (ABSENT, [(A, 0), (B, 0)], HOUR, 1),
        (ABSENT, [(A, 0), (B, 1)], HOUR, 0),
        (ABSENT, [(A, 0), (B, 30 * MINUTE)], HOUR, 1),
        (DAYS, [(A, 0), (B, 36 * HOUR - 1)], 3 * DAY, 1),
        (DAYS, [(A, 0), (B, 36 * HOUR)], 3 * DAY, 0),
        (DAYS_ABSENT, [(A, 0)], 36 * HOUR - 1, 0),
        (DAYS_ABSENT, [(A, 0)], 36 * HOUR, 1),
        (CHAIN, [(A, 0), (B, 1), (C, 2), (A, 3), (C, 4)], HOUR, 1),
        (CHAIN, [(A, 0), (C, 1), (B, 2)], HOUR, 0),
        (CHAIN, [(A, 0), (B, 30 * MINUTE), (C, 80 * MINUTE)], 2 * HOUR, 1),
    ],
)
def test_counts_at_the_edges(duckdb: Any, node: dict[str, Any], told: list[Any], later: int, count: int) -> None:
    assert both(duckdb, node, events(*told), AT + later) == count


def test_days_are_those_of_the_places(duckdb: Any) -> None:
    """What comes next need not have the least local day of all that comes after."""
    made = [make_event(A, at=AT, day=100), make_event(B, at=AT + 1, day=103), make_event(B, at=AT + 2, day=101)]
    assert both(duckdb, DAYS, made, AT + HOUR) == 1


def test_spark_takes_the_query() -> None:
    events = ibis.table(
        {"profile_id": "int64", "name": "string", "occurred_at": "int64", "local_day": "int32"}, name="events"
    )
    for node in (SOON, ABSENT, DAYS, DAYS_ABSENT, CHAIN):
        condition = parsed(node)
        assert isinstance(condition, EventSequence)
        text = str(ibis.to_sql(counted(events, condition, AT, "UTC"), dialect="pyspark"))
        assert "RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING" in text
