"""Comparisons in DuckDB give what comparisons in Python give, for every operator and kind of value."""

from collections.abc import Iterator
from typing import Any

import ibis
import msgspec
import pytest

from fieldfare.know.audiences.lake_json import Value, always, both, either, holds, pointer, scaled
from fieldfare.know.profiles.compare import check_of
from fieldfare.know.profiles.compare import scaled as plain_scaled
from fieldfare.know.profiles.model import PropertyTest

VALUES: list[Any] = [
    None, "", "gold", "golden", "1", "true", 'é\n"/', 0, 1, -3, 1.0, 1.5, 2**53 + 1, 2**63, 1e300, -0.00005, 0.00005,
    12.345, 10**11, 10**11 + 1, True, False, [], ["gold"], [["gold"]], ['é\n"/'], [1, True], {}, {"gold": 1},
]  # fmt: skip
OPERANDS: list[Any] = ["", "gold", "1", "true", 'é\n"/', 0, 1, 1.5, 2**53, True, False]


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    connection.raw_sql("CREATE TABLE given (place INTEGER, document VARCHAR)")
    rows = [(place, msgspec.json.encode({"a/b": value}).decode()) for place, value in enumerate(VALUES)]
    connection.con.executemany("INSERT INTO given VALUES (?, ?)", [*rows, (len(rows), "{}"), (len(rows) + 1, None)])
    yield connection
    connection.disconnect()


def column(connection: Any, expression: Any) -> list[Any]:
    table = connection.table("given")
    answer = table.order_by("place").select(answer=expression(Value(table.document, "a/b")))
    return [row["answer"] for row in connection.to_pyarrow(answer).to_pylist()]


TESTS = [
    *(PropertyTest("p", operator, operand) for operator in ("is", "is_not") for operand in OPERANDS),
    *(PropertyTest("p", operator, tuple(OPERANDS[1:4])) for operator in ("in", "not_in")),
    *(PropertyTest("p", operator, (1, True, "gold")) for operator in ("in", "not_in")),
    *(PropertyTest("p", op, bound) for op in ("above", "below", "at_least", "at_most") for bound in (0, 1, 1.5)),
    *(PropertyTest("p", "contains", text) for text in ("gold", 'é\n"/', "1")),
    *(PropertyTest("p", "exists", operand) for operand in (True, False)),
]


@pytest.mark.parametrize("test", TESTS, ids=str)
def test_operators_agree(duckdb: Any, test: PropertyTest) -> None:
    check = check_of(test)
    assert column(duckdb, lambda value: holds(value, test)) == [check(value) for value in [*VALUES, None, None]]


def test_sums_agree(duckdb: Any) -> None:
    assert column(duckdb, scaled) == [plain_scaled(value) for value in [*VALUES, None, None]]


def test_a_comparison_that_mixes_kinds_is_caught(duckdb: Any) -> None:
    check = check_of(PropertyTest("p", "is", 1))
    mixed = column(duckdb, lambda value: holds(value, PropertyTest("p", "is", "1")))
    assert mixed != [check(value) for value in [*VALUES, None, None]]


def test_pointers_and_empty_joins() -> None:
    assert pointer("a~b/c") == "/a~0b~1c"
    assert both([]).equals(always(holds=True))
    assert either([]).equals(always(holds=False))
