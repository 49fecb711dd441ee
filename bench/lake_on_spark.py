"""Previews over the same rows in DuckDB's lake and in one on Spark; loading, sorting and one person beside them.

``python -m bench.lake_on_spark [EVENTS] [MASTER]``, five million and ``local[2]`` when left out; needs what `make
test-scale` installs. Not among ``make bench``, which needs no Java. Prints a table and, last, one line of JSON.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fieldfare.flow.lake_events import of_profiles
from fieldfare.flow.lake_tables import EVENT_ROWS, PROFILE_ROWS, TABLES, VIEWS
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import DAY, local_day, parse_iso
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Lake, Write
from fieldfare.ground.lake.spark import SparkLake
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.to_lake import Moment, to_lake

PER_LOAD = 250_000
EVENTS_EACH = 50
DAYS = 120
START_AT = parse_iso("2026-01-01T00:00:00")
NOW = START_AT + DAYS * DAY
NAMES = ("Checked In", "Order Completed", "Class Booked", "App Opened")
WEEKENDERS = {
    "all": [
        {
            "did": "Checked In",
            "where": {"weekday": {"in": ["sat", "sun"]}},
            "count": {"at_least": 2},
            "between": "90 and 20 days ago",
        },
        {"did_not": "Checked In", "within": "4 days"},
        {"trait": "plan", "is": "gold"},
    ]
}
SPENDERS = {"did": "Order Completed", "sum": {"of": "total", "above": 300}, "within": "90 days"}


def _events(first: int, count: int, people: int) -> pa.Table:
    drawn = np.random.default_rng(first)
    at = START_AT + drawn.integers(0, DAYS * DAY, count)
    properties = [f'{{"total":{total},"category":"yoga","items":[1,2]}}' for total in drawn.integers(1, 60, count)]
    columns = {
        "partition": pa.array(np.ones(count), pa.uint8()),
        "offset": pa.array(np.arange(first, first + count)),
        "index": pa.array(np.zeros(count), pa.int32()),
        "event_id": pa.array([f"e{number}" for number in range(first, first + count)]),
        "type": pa.array(["track"] * count),
        "name": pa.array(np.array(NAMES)[drawn.integers(0, len(NAMES), count)]),
        "source_system": pa.array(["app"] * count),
        "mode": pa.array(["live"] * count),
        "profile_id": pa.array(drawn.integers(1, people + 1, count)),
        "occurred_at": pa.array(at),
        "received_at": pa.array(at),
        "local_day": pa.array(at // DAY, pa.int32()),
        "properties": pa.array(properties),
    }
    return pa.table({name: columns.get(name, pa.nulls(count)) for name, _, _ in EVENT_ROWS.columns}).cast(_SCHEMA)


_KINDS = {"UTINYINT": pa.uint8(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "VARCHAR": pa.string()}
_SCHEMA = pa.schema([(name, _KINDS.get(kind, pa.binary())) for name, kind, _ in EVENT_ROWS.columns])


def _people(count: int) -> pa.Table:
    plans = [f'{{"plan":"{("gold", "basic", "none")[number % 3]}"}}' for number in range(count)]
    return pa.table({"profile_id": np.arange(1, count + 1), "traits": plans})


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def _fill(lake: Lake, events: int) -> None:
    people = events // EVENTS_EACH
    for first in range(0, events, PER_LOAD):
        rows = _events(first, min(PER_LOAD, events - first), people)
        lake.load("log-1", first + rows.num_rows, [Write(EVENT_ROWS.name, rows)])
    lake.load(PROFILE_ROWS.name, 1, [Write(PROFILE_ROWS.name, _people(people), key=("profile_id",))])


def _preview(lake: Lake, node: dict[str, Any]) -> int:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    backend = lake.ibis()
    found = to_lake(condition, {}, backend.table("facts"), backend.table("profiles"), Moment(NOW, "UTC"))
    return int(found.count().to_pyarrow().as_py())


def _measure(lake: Lake, events: int) -> dict[str, Any]:
    assert local_day(NOW, "UTC") == NOW // DAY
    lake.ensure(TABLES, VIEWS)
    load_s, _ = _timed(lambda: _fill(lake, events))
    sort_s, _ = _timed(lambda: all(iter(lambda: lake.tidy(EVENT_ROWS), 0)))
    _preview(lake, WEEKENDERS)  # the driver starts, files are opened
    weekenders_s, weekenders = _timed(lambda: _preview(lake, WEEKENDERS))
    spenders_s, spenders = _timed(lambda: _preview(lake, SPENDERS))
    person_s, person = _timed(lambda: [lake.arrow(of_profiles([number])).num_rows for number in range(1, 11)])
    return {
        "load s": round(load_s, 1),
        "sort s": round(sort_s, 1),
        "preview weekenders s": round(weekenders_s, 2),
        "preview spenders s": round(spenders_s, 2),
        "one person ms": round(person_s * 100, 1),
        "answers": [weekenders, spenders, sum(person)],
    }


def main() -> None:
    """Measure both, and compare their answers."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    master = sys.argv[2] if len(sys.argv) > 2 else "local[2]"
    with tempfile.TemporaryDirectory() as folder:
        duck = DuckLake(Path(folder) / "lake.duckdb", memory_mb=2_000)
        one = _measure(duck, events)
        duck.close()
        spark = SparkLake(master, f"{folder}/lake", SystemClock(), settings={"spark.sql.shuffle.partitions": "8"})
        other = _measure(spark, events)
        spark.close()
    assert one["answers"] == other["answers"], (one, other)
    for name, figure in one.items():
        print(f"{name:24} {figure!s:>24} {other[name]!s:>24}")
    print(json.dumps({"events": events, "duckdb": one, "spark": other}))


if __name__ == "__main__":
    main()
