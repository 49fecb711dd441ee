"""Measures in the lake: exact comparisons, rates without a value, the greatest totals; Spark takes the query too."""

from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import pytest

from fieldfare.know.audiences.lake_measure import measure_holds
from fieldfare.know.audiences.measures import total_at, totals_of
from fieldfare.know.audiences.model import Did, MeasureTest
from tests.decide.know.audiences.test_compile_values import parsed

COUNT, SUM = {"event": "a"}, {"event": "a", "sum": "x"}
RATE = {"rate": ["a", "b"]}
MONTH = {"over": "30 days"}
BEFORE = {"compared_to": {"between": "60 and 31 days ago"}}


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


def asked(node: dict[str, Any], totals: list[int | None]) -> Any:
    """Return the condition over columns that hold these totals: of the look, then of the baseline."""
    condition = parsed(node)
    assert isinstance(condition, MeasureTest)
    looks = [condition.look] if condition.baseline is None else [condition.look, condition.baseline]
    dids = [total_at(total, look) for look in looks for total in totals_of(condition.measure)]
    row: Mapping[str, int | None] = {f"c{place}": total for place, total in enumerate(totals)}
    table = ibis.memtable([row], schema=dict.fromkeys(row, "int64"))

    def column(did: Did) -> Any:
        return table[f"c{dids.index(did)}"]

    return table.select(holds=measure_holds(condition, column))


@pytest.mark.parametrize(
    ("node", "totals", "truth"),
    [
        ({"measure": COUNT, **MONTH, "at_least": 2}, [2], True),
        ({"measure": COUNT, **MONTH, "above": 2}, [2], False),
        ({"measure": COUNT, **MONTH, "below": 1}, [None], True),
        ({"measure": SUM, **MONTH, "above": 4.9999}, [50_000], True),
        ({"measure": SUM, **MONTH, "above": 5}, [50_000], False),
        ({"measure": SUM, **MONTH, "below": 0}, [-1], True),
        ({"measure": SUM, **MONTH, "above": 10**11}, [2 * 10**18], False),  # held at a hundred thousand million
        ({"measure": SUM, **MONTH, "at_least": 10**11}, [2 * 10**18], True),
        ({"measure": RATE, **MONTH, "above": 0.333333}, [1, 3], True),
        ({"measure": RATE, **MONTH, "above": 0.333334}, [1, 3], False),
        ({"measure": RATE, **MONTH, "below": 0.5}, [1, 0], False),
        ({"measure": RATE, **MONTH, "at_most": 0}, [0, None], False),
        ({"measure": COUNT, "over": "13 days", "per": "7 days", "at_least": 1}, [2], True),
        ({"measure": COUNT, "over": "13 days", "per": "7 days", "above": 1}, [2], False),
        ({"measure": COUNT, **MONTH, **BEFORE, "down_by": "50 %"}, [2, 4], True),
        ({"measure": COUNT, **MONTH, **BEFORE, "down_by": "50 %"}, [3, 5], False),
        ({"measure": COUNT, **MONTH, **BEFORE, "down_by": "50 %"}, [0, 0], False),
        ({"measure": COUNT, **MONTH, **BEFORE, "up_by": "50 %"}, [3, 2], True),
        ({"measure": COUNT, **MONTH, **BEFORE, "above": "33.33 %"}, [1, 3], True),
        ({"measure": SUM, **MONTH, **BEFORE, "at_most": "50 %"}, [-5, -20], False),  # no baseline below nothing
        ({"measure": RATE, **MONTH, **BEFORE, "down_by": "50 %"}, [1, 4, 1, 2], True),
        ({"measure": RATE, **MONTH, **BEFORE, "down_by": "50 %"}, [1, 0, 1, 2], False),
        ({"measure": RATE, **MONTH, **BEFORE, "down_by": "50 %"}, [1, 4, 1, 0], False),
        ({"measure": RATE, **MONTH, **BEFORE, "below": "99999.99 %"}, [10**18, 10**18, 10**18, 10**18], True),
    ],
)
def test_truths(duckdb: Any, node: dict[str, Any], totals: list[int | None], truth: bool) -> None:
    assert duckdb.to_pyarrow(asked(node, totals)).to_pylist() == [{"holds": truth}]


def test_spark_takes_the_query() -> None:
    node = {"measure": RATE, **MONTH, **BEFORE, "down_by": "50 %"}
    text = str(ibis.to_sql(asked(node, [1, 4, 1, 2]), dialect="pyspark"))
    assert "DECIMAL(38, 0)" in text
