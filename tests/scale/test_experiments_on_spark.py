"""An experiment's report on the cluster: the same expressions, and every number is DuckDB's.

Spark plans a query longer than it runs here, so all metrics of the suite are asked at once, as a report asks them.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import ibis
import msgspec
import pyarrow as pa
import pytest

from fieldfare.learn.experiments.metrics.enrolled_in_lake import reached_query
from fieldfare.learn.experiments.metrics.in_lake import (
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
from fieldfare.learn.experiments.metrics.model import MetricKind
from tests.decide.learn.experiments.metrics.test_in_lake import AS_OF, METRICS, NAME, arrow_of, tables_in, world
from tests.scale.test_language import PLANNED_BRIEFLY


@pytest.fixture
def spark(session: Any) -> Iterator[Any]:
    from fieldfare.ground.lake.spark_ibis import backend_of

    for name, value in PLANNED_BRIEFLY.items():
        session.conf.set(name, value)
    yield backend_of(lambda: nullcontext(session))
    for name in PLANNED_BRIEFLY:
        session.conf.unset(name)


def asked(backend: Any, tables: Any) -> dict[str, Any]:
    """Return all that a report asks, as rows without an order."""
    came = METRICS[0]
    index = next(place for place, each in enumerate(METRICS) if each.kind is MetricKind.FIRST_RESPONSE_TIME)
    units = per_unit(members(tables, NAME, exposed=False), METRICS, tables, "win-back")
    quantiles = caps_query(units, METRICS, AS_OF)
    (caps,) = backend.to_pyarrow(quantiles).to_pylist()
    queries = {
        "course": course_query(units, came, tables, AS_OF, {}),
        "curve": curve_query(units, came, AS_OF),
        "lives": life_query(units, came, AS_OF),
        "spread": spread_query(units, index, METRICS[index], AS_OF, ("arm", "day")),
        "reached": reached_query(tables, NAME, (1, 20, 10**6), AS_OF, exposed=False),
        "exposed": reached_query(tables, NAME, (1, 20, 10**6), exposed=True),
        "values": values_query(units, AS_OF, came, {}),
        "panel": panel_query(came, tables.facts, 0, 7, 7),
    }
    rows = backend.to_pyarrow(sums_query(units, METRICS, tables, AS_OF, caps)).to_pylist()
    found = {name: sorted(map(repr, backend.to_pyarrow(query).to_pylist())) for name, query in queries.items()}
    return found | {"sums": read_sums(rows, METRICS), "caps": caps}


def put(spark: Any, duckdb: Any, told: dict[str, Any]) -> None:
    for name, rows in told.items():
        duckdb.con.register(name, rows)
        spark._session.createDataFrame(rows).createOrReplaceTempView(name)


def test_a_report_on_the_cluster_has_the_numbers_of_duckdb(spark: Any) -> None:
    told = arrow_of(world(7))
    told["facts"] = told["facts"].set_column(
        told["facts"].schema.get_field_index("location"), "location", [["north", "south"] * (len(told["facts"]) // 2)]
    )
    duckdb = ibis.duckdb.connect(":memory:", threads=1)
    put(spark, duckdb, told)
    ours, theirs = asked(duckdb, tables_in(duckdb)), asked(spark, tables_in(spark))
    duckdb.disconnect()
    for name, expected in ours.items():
        assert theirs[name] == expected, name
        assert expected, name


def asked_of_units(backend: Any, tables: Any) -> dict[str, Any]:
    """Return the sums of people who were assigned together: by arm, by stratum, by unit, by day."""
    units = per_unit(members(tables, NAME, exposed=False), METRICS, tables, "win-back")
    (caps,) = backend.to_pyarrow(caps_query(units, METRICS, AS_OF)).to_pylist()
    found: dict[str, Any] = {}
    for by in (("arm",), ("arm", "stratum"), ("arm", "unit")):
        rows = backend.to_pyarrow(sums_query(units, METRICS, tables, AS_OF, caps, by)).to_pylist()
        found[" ".join(by)] = sorted(
            (tuple(row[name] for name in by), row["members"], row["crossed"], repr(read_sums([row], METRICS)))
            for row in rows
        )
    days = backend.to_pyarrow(course_query(units, METRICS[0], tables, AS_OF, {})).to_pylist()
    return found | {"course": sorted(repr(sorted(row.items())) for row in days)}


@pytest.mark.parametrize("kind", ["kept", "today"])
def test_units_that_are_not_profiles_have_the_numbers_of_duckdb(spark: Any, kind: str) -> None:
    """Households, addresses and locations are numbers that were kept; of who was assigned before that, today's."""
    people = range(100)
    numbers = {who: (who // 3) * 10**15 - 7 for who in people}
    told = arrow_of(world(11), numbers if kind == "kept" else {}, {who: who % 4 for who in people})
    today = pa.table({"profile_id": list(people), "unit": [numbers[who] for who in people]})
    duckdb = ibis.duckdb.connect(":memory:", threads=1)
    put(spark, duckdb, told | {"today": today})

    def clustered(backend: Any) -> Any:
        tables = tables_in(backend, are_clustered=True)
        return msgspec.structs.replace(tables, units=backend.table("today") if kind == "today" else None)

    ours, theirs = asked_of_units(duckdb, clustered(duckdb)), asked_of_units(spark, clustered(spark))
    duckdb.disconnect()
    for name, expected in ours.items():
        assert theirs[name] == expected, name
    assert len(ours["arm unit"]) > len(ours["arm stratum"]) > len(ours["arm"]) == 2
