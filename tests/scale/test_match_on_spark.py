"""Splink on the cluster finds the pairs that it finds in DuckDB, but for the few on which their functions differ."""

import csv
import os
from pathlib import Path
from typing import Any

from fieldfare.know.identity.match.model import Pair
from fieldfare.know.identity.match.on_spark import backend_on
from fieldfare.know.identity.match.records import Person, records_of
from fieldfare.know.identity.match.with_splink import SplinkMatcher
from tests.decide.know.identity.match.families import made_up

FAKE = Path(os.environ.get("FIELDFARE_IDENTITY_DATA", "../shared/data/identity")) / "fake_1000.csv"
MOST = None if os.environ.get("FIELDFARE_ROUNDS") == "full" else 300


def people() -> Any:
    """The published set where it is there, else people of our own making."""
    if not FAKE.exists():
        return made_up(seed=11, households=120).people
    with FAKE.open() as file:
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
    return [Person(row.pop("unique_id"), {k: v for k, v in row.items() if k != "cluster"}) for row in rows]


def by_pair(pairs: list[Pair]) -> dict[tuple[int, int], float]:
    return {(min(each.left, each.right), max(each.left, each.right)): each.probability for each in pairs}


def test_both_engines_give_the_same_pairs(session: Any) -> None:
    """The JAR's Jaro-Winkler is lower than DuckDB's for a few pairs of words, so a few pairs fall on another level."""
    records = records_of("fake", people()[:MOST])
    duck = SplinkMatcher(memory_mb=512, random_pairs=50_000)
    spark = SplinkMatcher(random_pairs=50_000, backend=backend_on(session))
    model = duck.train(records)
    one, other = by_pair(duck.score(records, model)), by_pair(spark.score(records, model))
    both = one.keys() & other.keys()
    assert len(both) >= 0.98 * len(one.keys() | other.keys())
    assert sum(abs(one[pair] - other[pair]) < 1e-6 for pair in both) >= 0.97 * len(both)
    learnt = by_pair(spark.score(records, spark.train(records)))
    assert len(sure(one) & sure(learnt)) >= 0.9 * len(sure(one) | sure(learnt))


def sure(pairs: dict[tuple[int, int], float]) -> set[tuple[int, int]]:
    return {pair for pair, probability in pairs.items() if probability >= 0.9}
