"""Computed traits in the lake; that they agree with documents is shown in ``test_compute``."""

from collections.abc import Iterator
from typing import Any

import ibis
import pytest

from fieldfare.know.audiences.model import Did
from fieldfare.know.computed.in_lake import in_lake
from fieldfare.know.computed.model import Coalesce, Computed, DaysSinceTrait, Joined, Measured, Quintile
from fieldfare.know.cuts.model import CutsInForce
from tests.decide.know.computed.test_compute import published

TRAITS = {
    "visits": Computed("visits", Measured(Did("X")), None),
    "fifth": Computed("fifth", Quintile("visits"), None),
    "either": Computed("either", Coalesce(("since", "active", "visits")), None),
    "together": Computed("together", Joined(("visits", "since")), None),
    "age": Computed("age", DaysSinceTrait("since"), None),
}


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


def found(duckdb: Any, name: str, plain: str, cuts: CutsInForce | None = None) -> tuple[Any, Any, Any]:
    value = in_lake(name, TRAITS, cuts or CutsInForce(), lambda _did: ibis.literal(3), ibis.literal(plain), 20_000)
    number, text, truth = (duckdb.to_pyarrow(part).as_py() for part in (value.number(), value.text(), value.truth()))
    return number, text, truth


@pytest.mark.parametrize(
    ("name", "plain", "expected"),
    [
        ("visits", "{}", (3.0, None, None)),
        ("either", '{"since": "x"}', (None, "x", None)),
        ("either", '{"active": true}', (None, None, True)),
        ("either", '{"since": null}', (3.0, None, None)),
        ("together", '{"since": "x"}', (None, "3x", None)),
        ("together", '{"since": 1.5}', (None, None, None)),
        ("together", "{}", (None, None, None)),
        ("age", '{"since": "2024-10-03"}', (1.0, None, None)),
        ("age", '{"since": "1800-01-01"}', (None, None, None)),
        ("age", '{"since": "soon"}', (None, None, None)),
        ("fifth", "{}", (None, None, None)),
    ],
)
def test_values(duckdb: Any, name: str, plain: str, expected: tuple[Any, Any, Any]) -> None:
    assert found(duckdb, name, plain) == expected


def test_fifths_by_published_cuts(duckdb: Any) -> None:
    assert found(duckdb, "fifth", "{}", published({"visits": (1, 2, 3, 9)}))[0] == 3.0
