"""Three engines, one meaning: what is kept per profile, what DuckDB finds and what the cluster finds are the same.

A query of Spark takes longer than a hundred of DuckDB, so many definitions are asked in one.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Event
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.model import Audience, Did
from fieldfare.know.audiences.parse import condition_digest
from fieldfare.know.audiences.to_lake import Moment, many_to_lake
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.profiles.model import PropertyTest
from tests.decide.know.audiences.definitions import PHASES, PLACES, conditions, cuts_for, lake_of
from tests.decide.know.audiences.test_to_lake import Members, kept, moment_after, typical
from tests.decide.know.worlds import LOCATIONS, START_AT, ZONES, make_event, population

AT_ONCE = 9
COUNTED = 18
"""So many of the typical audiences, the first, ask for no more than counts and values of events, and for traits."""
PLANNED_BRIEFLY = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
}
"""A query of many definitions is planned and compiled longer than it runs, and the longer the more there are."""
EXAMPLES = 100 if os.environ.get("FIELDFARE_ROUNDS") == "full" else 23


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


@pytest.fixture
def spark(session: Any) -> Iterator[Any]:
    from fieldfare.ground.lake.spark_ibis import backend_of

    for name, value in PLANNED_BRIEFLY.items():
        session.conf.set(name, value)
    yield backend_of(lambda: nullcontext(session))
    for name in PLANNED_BRIEFLY:
        session.conf.unset(name)


@st.composite
def audience_crowds(draw: st.DrawFn) -> list[Audience]:
    """Draw many audiences; each third may ask for the two before it."""
    found: list[Audience] = []
    for number in range(AT_ONCE):
        before = [audience.name for audience in found[number - number % 3 :]]
        condition = draw(conditions(before))
        found.append(Audience(f"a{number}", condition, condition_digest(condition)))
    return found


def give(spark: Any, duckdb: Any, people: Sequence[Sequence[Event]]) -> None:
    """Write the histories into DuckDB, and from there to Spark."""
    for table in lake_of(duckdb, people):
        rows = duckdb.to_pyarrow(table)
        # Large texts of DuckDB's are plain ones in Parquet, and those are what Spark reads.
        plain = rows.cast(pa.schema([(f.name, _plain(f.type)) for f in rows.schema]))
        spark._session.createDataFrame(plain).createOrReplaceTempView(table.get_name())


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_large_string(kind) else kind


def cuts_of(audiences: Sequence[Audience], seed: int) -> CutsInForce:
    return cuts_for((audience.condition for audience in audiences), seed)


def evaluator_of(audiences: Sequence[Audience], zone: str, seed: int) -> Evaluator:
    return Evaluator(audiences, zone=zone, phases=PHASES, places=PLACES, cuts=cuts_of(audiences, seed))


def members_in(backend: Any, audiences: Sequence[Audience], now: Instant, zone: str, seed: int) -> Members:
    moment = Moment(now, zone, PHASES, PLACES, (*LOCATIONS,), cuts=cuts_of(audiences, seed))
    by_name = {audience.name: audience for audience in audiences}
    nodes = {audience.name: audience.condition for audience in audiences}
    asked = many_to_lake(nodes, by_name, backend.table("events"), backend.table("profiles"), moment)
    rows = backend.to_pyarrow(asked).to_pylist()
    return {name: {row["profile_id"] for row in rows if row[name]} for name in nodes}


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(audience_crowds(), st.sampled_from(ZONES), st.integers(0, 10_000))
def test_three_readings_agree(spark: Any, duckdb: Any, audiences: list[Audience], zone: str, seed: int) -> None:
    people = population(seed, zone)
    now = moment_after(people, seed, zone)
    give(spark, duckdb, people)
    one = kept(evaluator_of(audiences, zone, seed), audiences, people, now)
    assert one == members_in(duckdb, audiences, now, zone, seed)
    assert one == members_in(spark, audiences, now, zone, seed)


def disagreements(spark: Any, duckdb: Any, audiences: Sequence[Audience], seed: int) -> list[str]:
    """Return the audiences on which Spark and what is kept differ for a crowd."""
    zone = ZONES[seed % len(ZONES)]
    people = population(seed, zone)
    now = moment_after(people, seed, zone)
    give(spark, duckdb, people)
    one = kept(evaluator_of(audiences, zone, seed), audiences, people, now)
    other = members_in(spark, audiences, now, zone, seed)
    return [name for name in one if one[name] != other[name]]


def test_typical_audiences_agree_when_they_are_compiled(spark: Any, duckdb: Any) -> None:
    spark._session.conf.set("spark.sql.codegen.wholeStage", "true")
    asked = [typical()[0], *typical()[COUNTED::2]]
    assert disagreements(spark, duckdb, asked, 0) == []


def _longer_days(compiler: Any) -> type:
    class Longer(compiler):  # type: ignore[misc]
        """A day window's first day is left out, as `>` in place of `>=` does."""

        def visit_GreaterEqual(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802 - Ibis's name
            return left > right

    return Longer


def _signless(compiler: Any) -> type:
    class Signless(compiler):  # type: ignore[misc]
        """The day before Thursday is another one."""

        def visit_Modulus(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802 - Ibis's name
            return (left + 1) % right

    return Signless


def _any_order(compiler: Any) -> type:
    class AnyOrder(compiler):  # type: ignore[misc]
        """Equally frequent ones come in another order, and so do first and last."""

        def visit_StringConcat(self, op: Any, *, arg: Any) -> Any:  # noqa: N802 - Ibis's name
            return self.f.concat(*reversed(arg))

    return AnyOrder


@pytest.mark.parametrize("fault", [_longer_days, _signless, _any_order])
def test_planted_faults_on_spark_are_caught(spark: Any, duckdb: Any, fault: Callable[[Any], type]) -> None:
    spark.compiler = fault(type(spark).compiler.__class__)()
    assert disagreements(spark, duckdb, typical()[:COUNTED], 0)


NAMES = ["plain", "with space", "a.b", 'quo"te', "sl/ash", "til~de", "é", "0", "$", "*", "it's", "b\\s", "[0]", ""]


def test_any_property_name_can_be_asked(spark: Any, duckdb: Any) -> None:
    audiences = [
        Audience(f"n{place}", Did("Order Completed", (PropertyTest(name, "is", "yes"),)), "d")
        for place, name in enumerate(NAMES)
    ]
    people = [[make_event(payload={name: "yes"})] for name in NAMES]
    give(spark, duckdb, people)
    expected = {f"n{place}": {place} for place in range(len(NAMES))}
    assert members_in(duckdb, audiences, START_AT, "UTC", 0) == expected
    assert members_in(spark, audiences, START_AT, "UTC", 0) == expected
