"""An experiment's report on the cluster: the same expressions, and every number is DuckDB's.

Spark plans a query longer than it runs here, so all metrics of the suite are asked at once, as a report asks them.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import ibis
import pytest

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
    quantiles = caps_query(units, METRICS, tables, AS_OF)
    (caps,) = backend.to_pyarrow(quantiles).to_pylist()
    queries = {
        "course": course_query(units, came, tables, AS_OF, {}),
        "curve": curve_query(units, came, tables, AS_OF),
        "lives": life_query(units, came, tables, AS_OF),
        "spread": spread_query(units, index, METRICS[index], AS_OF),
        "values": values_query(units, AS_OF, came, {}),
        "panel": panel_query(came, tables.facts, 0, 7, 7),
    }
    rows = backend.to_pyarrow(sums_query(units, METRICS, tables, AS_OF, caps)).to_pylist()
    found = {name: sorted(map(repr, backend.to_pyarrow(query).to_pylist())) for name, query in queries.items()}
    return found | {"sums": read_sums(rows, METRICS), "caps": caps}


def test_a_report_on_the_cluster_has_the_numbers_of_duckdb(spark: Any) -> None:
    told = arrow_of(world(7))
    told["facts"] = told["facts"].set_column(
        told["facts"].schema.get_field_index("location"), "location", [["north", "south"] * (len(told["facts"]) // 2)]
    )
    duckdb = ibis.duckdb.connect(":memory:", threads=1)
    for name, rows in told.items():
        duckdb.con.register(name, rows)
        spark._session.createDataFrame(rows).createOrReplaceTempView(name)
    ours, theirs = asked(duckdb, tables_in(duckdb)), asked(spark, tables_in(spark))
    duckdb.disconnect()
    for name, expected in ours.items():
        assert theirs[name] == expected, name
        assert expected, name
