"""Experiments: units assigned in a second, and the whole report of twenty metrics over a million people.

Assignment is measured over an array and beside one unit at a time; both must say the same. For the report the lake is
filled as the loader writes it (as in ``bench.audiences``), with half a million people assigned, and the sums of twenty
metrics (shares, counts, money that is winsorised and has a covariate, retention at several days) are asked and
evaluated: once after the file was opened anew, and once more. ``FIELDFARE_BENCH_EVENTS`` and ``FIELDFARE_BENCH_PEOPLE``
make it smaller; ``FIELDFARE_BENCH_LAKE`` names a folder in which the lake is made once and kept, to ask it again.
"""

import json
import os
import resource
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from bench.audiences import EVENTS, NOW, PEOPLE, START, fill
from fieldfare.flow.experiment_lake import ExperimentLake
from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.ground.instants import DAY
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.learn.experiments.assign import choose, choose_all
from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.model import Split
from fieldfare.learn.experiments.registered.compare import Known
from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.model import Registration, Trial

UNITS, LIMIT_S, LEAST_RATE, MEMORY_MB = 4_000_000, 15.0, 1_000_000, 2_048
BEGUN = START + 300 * DAY
SPLIT = Split(name="journey.bench", salt="bench", weights={"holdout": 0.15, "treated": 0.85})
_ASSIGN = f"""INSERT INTO assignments BY NAME SELECT 'journey.bench' AS experiment, i AS profile_id,
    CASE WHEN hash(i) % 100 < 15 THEN 'holdout' ELSE 'treated' END AS arm, {BEGUN} + (i % 200) * {DAY} AS "at"
    FROM range(1, {PEOPLE} + 1) t(i)"""  # noqa: S608 - numbers


def twenty_metrics() -> dict[str, Metric]:
    found: list[Metric] = []
    for days in (7, 14, 30, 60, 90):
        window = days * DAY
        came, order = Rows(event="check_in"), Rows(event="Order Completed", amount="revenue")
        found += [
            Metric(name=f"came_{days}", kind=MetricKind.CONVERSION, shape=Shape.SHARE, rows=(came,), window_us=window),
            Metric(
                name=f"visits_{days}",
                kind=MetricKind.VISITS,
                shape=Shape.MEAN,
                fold=Fold.COUNT,
                rows=(came,),
                window_us=window,
                before_us=60 * DAY,
            ),
            Metric(
                name=f"revenue_{days}",
                kind=MetricKind.REVENUE,
                shape=Shape.MEAN,
                fold=Fold.SUM,
                rows=(order,),
                window_us=window,
                before_us=60 * DAY,
                scale=100,
                winsorise=0.99,
                is_money=True,
            ),
            Metric(
                name=f"kept_{days}",
                kind=MetricKind.RETENTION,
                shape=Shape.SHARE,
                rows=(Rows(event="app_opened"),),
                from_us=window // 2,
                window_us=window,
            ),
        ]
    return {metric.name: metric for metric in found}


def report(lake: DuckLake) -> tuple[float, float, Any]:
    known = twenty_metrics()
    plan = Registration(
        name="bench",
        journey="bench",
        primary="came_30",
        smallest_effect=0.01,
        effect_is_lift=False,
        supporting=tuple(name for name in known if name != "came_30"),
    )
    began, spent = perf_counter(), process_time()
    trial = Trial(weights=SPLIT.weights, control="holdout")
    read = ExperimentLake(lake, plan, known, trial).read(NOW)
    told = Known(sums=read.sums, sizes=read.sizes, weights=trial.weights, crossed=read.crossed, messages=read.messages)
    findings = evaluate(plan, known, told, NOW)
    return perf_counter() - began, process_time() - spent, findings


def make(path: Path) -> None:
    """Fill a lake, and give it its name when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = path.with_name("begun.duckdb")
    with closing(DuckLake(begun, memory_mb=MEMORY_MB)) as lake:
        lake.ensure(TABLES, VIEWS)
        fill(lake)
        lake._connection.execute(_ASSIGN)  # noqa: SLF001 - in bulk, as the events are made
    begun.rename(path)


def assignment() -> tuple[float, float]:
    units = np.arange(UNITS) * 37 + 11
    began = perf_counter()
    many = choose_all(units, SPLIT)
    vectorised = UNITS / (perf_counter() - began)
    names, some = list(SPLIT.weights), units[:20_000].tolist()
    began = perf_counter()
    alone = [choose(unit, SPLIT) for unit in some]
    one_by_one = len(some) / (perf_counter() - began)
    assert alone == [names[index] for index in many[: len(some)]], "one unit and many must get the same variant"
    return vectorised, one_by_one


def main() -> None:
    vectorised, one_by_one = assignment()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(os.environ.get("FIELDFARE_BENCH_LAKE", scratch)) / "lake.duckdb"
        if not path.exists():
            make(path)
        with closing(DuckLake(path, memory_mb=MEMORY_MB)) as lake:
            lake.ensure(TABLES, VIEWS)
            seconds, spent, findings = report(lake)
            again, spent_again, _ = report(lake)
    told = {
        "units_assigned_in_a_second": round(vectorised),
        "limit": LEAST_RATE,
        "one_by_one": round(one_by_one),
        "people": PEOPLE,
        "events": EVENTS,
        "metrics": len(findings.metrics),
        "report_s": round(seconds, 1),
        "report_cpu_s": round(spent, 1),
        "report_again_s": round(again, 1),
        "report_again_cpu_s": round(spent_again, 1),
        "limit_s": LIMIT_S,
        "memory_of_the_lake_mb": MEMORY_MB,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
