"""Comparisons of single values: kinds never mix, and no value raises."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.profiles.compare import check_of, number, scaled
from fieldfare.know.profiles.model import PropertyTest

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("operator", "operand", "holds", "fails"),
    [
        ("is", "1", ["1"], [1, 1.0, True, None, ["1"]]),
        ("is", 1, [1, 1.0], ["1", True, None, [1]]),
        ("is", True, [True], [1, "true", None, False]),
        ("is_not", "gold", ["basic", 1, None, []], ["gold"]),
        ("in", ("a", "b"), ["a", "b"], ["c", None, ["a"], 1]),
        ("in", ("a", 1, True), ["a", 1.0, True], ["1", False, None, 2]),
        ("not_in", ("a", "b"), ["c", None, ["a"]], ["a"]),
        ("above", 2, [2.5, 3], [2, True, "3", None, math.nan]),
        ("below", 2, [1, -1.5], [2, False, "1", None, math.nan]),
        ("at_least", 2, [2, 2.0, 3], [1, True, None]),
        ("at_most", 2, [2, 1], [3, None, "1"]),
        ("contains", "yoga", ["hot yoga", ["yoga", 1]], [["hot yoga"], "spin", 1, None, {"yoga": 1}, [["yoga"]]]),
        ("exists", True, [0, "", False, []], [None]),
        ("exists", False, [None], [0, "", False]),
    ],
)
def test_operators(operator: str, operand: object, holds: list[object], fails: list[object]) -> None:
    check = check_of(PropertyTest("p", operator, operand))
    assert [check(value) for value in holds] == [True] * len(holds)
    assert [check(value) for value in fails] == [False] * len(fails)


@given(JSON, st.sampled_from(["is", "is_not", "above", "at_most"]), st.sampled_from([0, 1, 2.5]))
def test_no_value_raises(value: object, operator: str, operand: float) -> None:
    assert check_of(PropertyTest("p", operator, operand))(value) in {True, False}
    assert -(10**15) <= scaled(value) <= 10**15


@pytest.mark.parametrize(
    ("value", "double"), [(1, 1.0), (1.5, 1.5), (True, None), ("1", None), (math.inf, None), (10**400, None)]
)
def test_numbers(value: object, double: float | None) -> None:
    assert number(value) == double


def test_an_unknown_operator_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="like"):
        check_of(PropertyTest("p", "like", "x"))
