"""When so many units had come: by the facts as they were assigned, or as the exposed are known now."""

from collections.abc import Sequence
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from fieldfare.learn.experiments.metrics.enrolled_in_lake import reached_query
from fieldfare.learn.experiments.metrics.in_lake import Tables

_FACTS = pa.schema([("experiment", pa.string()), ("profile_id", pa.int64()), ("arm", pa.string()), ("at", pa.int64())])
_ASSIGNED = _FACTS.append(pa.field("unit", pa.int64())).append(pa.field("stratum", pa.int64()))
Row = tuple[int, str, int, int | None]
"""Profile, arm, instant, unit."""


def reached(
    assigned: Sequence[Row],
    counts: Sequence[int],
    met: Sequence[tuple[int, int]] = (),
    merged: dict[int, int] | None = None,
    until: int | None = None,
) -> list[tuple[Any, Any]]:
    """Return when each count was reached, and how many had come by then; of the exposed where some are given."""
    rows = [
        {"experiment": "x", "profile_id": who, "arm": arm, "at": at, "unit": unit, "stratum": None}
        for who, arm, at, unit in assigned
    ]
    rows.append({"experiment": "y", "profile_id": 99, "arm": "treated", "at": 0, "unit": None, "stratum": None})
    exposed = [{"experiment": "x", "profile_id": who, "arm": "treated", "at": at} for who, at in met]
    gone = [{"profile_id": who, "into_id": into} for who, into in (merged or {}).items()]
    ids = pa.schema([("profile_id", pa.int64()), ("into_id", pa.int64())])
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("assignments", pa.Table.from_pylist(rows, schema=_ASSIGNED))
        connection.register("exposures", pa.Table.from_pylist(exposed, schema=_FACTS))
        connection.register("redirects", pa.Table.from_pylist(gone, schema=ids))
        table = ibis.duckdb.from_connection(connection).table
        tables = Tables(
            assignments=table("assignments"),
            exposures=table("exposures"),
            redirects=table("redirects"),
            facts=None,
            messages=None,
        )
        (row,) = reached_query(tables, "x", counts, until, exposed=bool(met)).to_pyarrow().to_pylist()
    return [(row[f"at_{index}"], row[f"units_{index}"]) for index in range(len(counts))]


ALONE: list[Row] = [
    (1, "treated", 10, None),
    (2, "holdout", 20, None),
    (3, "treated", 20, None),
    (4, "holdout", 40, None),
]


@pytest.mark.parametrize("merged", [{}, {2: 1}, {3: 4, 4: 1}])
def test_a_count_is_reached_when_the_last_of_it_came_whoever_is_merged_since(merged: dict[int, int]) -> None:
    assert reached(ALONE, (1, 2, 3, 4, 5), merged=merged) == [(10, 1), (20, 3), (20, 3), (40, 4), (None, None)]


def test_a_unit_comes_with_its_first_person_and_is_one_in_each_arm() -> None:
    rows: list[Row] = [(1, "treated", 10, 7), (2, "treated", 20, 7), (3, "holdout", 30, 7), (4, "holdout", 40, 8)]
    assert reached(rows, (1, 2, 3)) == [(10, 1), (30, 2), (40, 3)]


def test_the_exposed_are_counted_as_they_are_now_and_only_those_who_were_assigned() -> None:
    met = [(1, 15), (3, 25), (2, 35), (77, 5), (4, 45)]
    assert reached(ALONE, (1, 2, 3, 4), met) == [(15, 1), (25, 2), (35, 3), (45, 4)]
    assert reached(ALONE, (2, 3, 4), met, {3: 1}) == [(35, 2), (45, 3), (None, None)]
    together: list[Row] = [(who, arm, at, 7 if who < 3 else 8) for who, arm, at, _ in ALONE if arm == "treated"]
    assert reached(together, (1, 2), met) == [(15, 1), (25, 2)]


def test_who_came_at_the_end_or_later_is_not_counted() -> None:
    assert reached(ALONE, (1, 3, 4), until=40) == [(10, 1), (20, 3), (None, None)]
    assert reached(ALONE, (1, 3), until=20) == [(10, 1), (None, None)]


def test_before_anybody_came_nothing_is_reached() -> None:
    assert reached([], (1,)) == [(None, None)]
