"""Values in the lake; that they agree with the documents is the property test in ``test_to_lake``."""

from collections.abc import Iterator
from typing import Any

import ibis
import pytest

from fieldfare.know.audiences.lake_json import Token, Value, holds, token
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.know.profiles.values import MOST_TEXT, token_of


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect(":memory:", threads=1)
    yield connection
    connection.disconnect()


@pytest.mark.parametrize(
    ("json", "value"),
    [
        ('"gold"', "gold"),
        ('"é\\n"', "é\n"),
        ("1", 1),
        ("-0.25", -0.25),
        ("1e300", 1e300),
        ("true", True),
        ("false", False),
        ("null", None),
        ("[1]", [1]),
        (f'"{"é" * MOST_TEXT}"', "é" * MOST_TEXT),
        (f'"{"é" * (MOST_TEXT + 1)}"', "é" * (MOST_TEXT + 1)),
    ],
)
def test_the_lake_makes_the_same_tokens(duckdb: Any, json: str, value: object) -> None:
    document = ibis.literal('{"x": ' + json + "}")
    assert duckdb.to_pyarrow(token(Value(document, "x"))).as_py() == token_of(value)


@pytest.mark.parametrize(
    ("item", "test", "truth"),
    [
        ('"1', PropertyTest("x", "is", "1"), True),
        ('"1', PropertyTest("x", "is", 1), False),
        ("10000", PropertyTest("x", "is", 1), True),
        ("true", PropertyTest("x", "is", operand=True), True),
        ('"true', PropertyTest("x", "is", operand=True), False),
        ("-2500", PropertyTest("x", "below", 0), True),
        ('"-2500', PropertyTest("x", "below", 0), False),
        ('"', PropertyTest("x", "exists", operand=True), True),
        ('"yoga', PropertyTest("x", "contains", "og"), True),
    ],
)
def test_tokens_compare_as_their_values(duckdb: Any, item: str, test: PropertyTest, truth: bool) -> None:
    assert duckdb.to_pyarrow(holds(Token(ibis.literal(item)), test)).as_py() is truth
