"""Dates in the lake: what is no date counts nowhere. That they agree with documents is held in ``test_to_lake``."""

from datetime import date
from typing import Any

import ibis
import msgspec
import pytest

from fieldfare.ground.instants import day_of, parse_iso
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.lake_dates import date_holds, is_date, is_instant
from fieldfare.know.audiences.lake_json import Value
from fieldfare.know.audiences.model import Ahead, Anniversary, OnDay

NOW = parse_iso("2027-02-28T10:00:00")
VALUES = ["2027-02-28", "2026-02-28", "1992-02-29", "2027-02-30", "0001-02-28", "2027-03-01T00:00:00.000000Z", 59, None]


def answers(expression: Any) -> list[bool]:
    """Evaluate over one column of JSON documents."""
    table = ibis.memtable(
        {"number": [*range(len(VALUES))], "d": [msgspec.json.encode({"v": v}).decode() for v in VALUES]}
    )
    found = ibis.duckdb.connect().to_pyarrow(table.select(table.number, holds=expression(Value(table.d, "v"))))
    return [row["holds"] for row in sorted(found.to_pylist(), key=lambda row: row["number"])]


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (OnDay("before", day_of(date(2027, 1, 1))), [False, True, True, False, False, False, False, False]),
        (OnDay("after", day_of(date(2027, 1, 1))), [True, False, False, False, False, True, False, False]),
        (Ahead(Duration(1, "day")), [True, False, False, False, False, True, False, False]),
        (Ahead(Duration(9, "hour")), [False] * 8),
        (Ahead(None, Duration(100_000, "day")), [False] * 8),
        (Anniversary(), [False, True, True, False, False, False, True, False]),
    ],
)
def test_answers(asks: OnDay | Ahead | Anniversary, expected: list[bool]) -> None:
    assert answers(lambda value: date_holds(asks, value, NOW, "UTC")) == expected


def test_what_is_a_date() -> None:
    assert answers(lambda value: is_date(value.text())) == [True, True, True, False, False, False, False, False]
    assert answers(lambda value: is_instant(value.text())) == [False] * 5 + [True, False, False]
