"""Compares one value (a property of an event, a trait) with what a definition asks for.

The rules are the same in the lake (:mod:`fieldfare.know.audiences.to_lake`): values of different kinds are never equal,
booleans are not numbers, numbers compare as doubles, and a missing value or null fails every test but ``is_not``,
``not_in`` and ``exists: false``. Nothing here raises on any JSON value.
"""

import math
from collections.abc import Callable
from typing import Any

from fieldfare.know.profiles.model import SCALE, PropertyTest

Check = Callable[[Any], bool]
"""Takes a value (``None`` when missing) and says whether the test holds."""

SUM_LIMIT = 100_000_000_000.0
"""Numbers beyond plus or minus this count as 0 in sums, so that a sum stays within 64 bits."""

_MOST = 1.7976931348623157e308
_WHOLE = 1 << 64


def number(value: Any) -> float | None:
    """Return the value as a double, or ``None`` when it is not a finite number."""
    kind = type(value)
    if kind is float:
        return value if -_MOST <= value <= _MOST else None
    if kind is int:
        return float(value) if -_WHOLE <= value <= _WHOLE else None
    return None


def scaled(value: Any) -> int:
    """Return the value as whole ten-thousandths; 0 when it is not a number or beyond the limit."""
    amount = number(value)
    if amount is None or not -SUM_LIMIT <= amount <= SUM_LIMIT:
        return 0
    return math.floor(amount * SCALE + 0.5)


def check_of(test: PropertyTest) -> Check:
    """Return the test as a function of the value. ``in`` and ``not_in`` take a tuple, ``exists`` a truth value."""
    operand = test.operand
    match test.operator:
        case "is":
            return _equal(operand)
        case "is_not":
            return _negated(_equal(operand))
        case "in":
            return _one_of(operand)
        case "not_in":
            return _negated(_one_of(operand))
        case "above" | "below" | "at_least" | "at_most":
            return _ordered(test.operator, float(operand))
        case "contains":
            return _contains(operand)
        case "starts_with":
            return lambda value: type(value) is str and value.startswith(operand)
        case "ends_with":
            return lambda value: type(value) is str and value.endswith(operand)
        case "contains_any" | "contains_all":
            checks = tuple(_contains(item) for item in operand)
            together = any if test.operator == "contains_any" else all
            return lambda value: together(check(value) for check in checks)
        case "size":
            sizes = tuple(_size(operator, bound) for operator, bound in operand)
            return lambda value: type(value) is list and all(holds(len(value)) for holds in sizes)
        case "exists":
            return (lambda value: value is not None) if operand else (lambda value: value is None)
        case _:
            message = f"unknown operator {test.operator}"
            raise AssertionError(message)


def _equal(operand: Any) -> Check:
    if isinstance(operand, bool):
        return lambda value: value is operand
    if isinstance(operand, str):
        return lambda value: value == operand
    amount = float(operand)
    return lambda value: number(value) == amount


def _one_of(operands: tuple[Any, ...]) -> Check:
    texts = frozenset(operand for operand in operands if isinstance(operand, str))
    if len(texts) == len(operands):
        return lambda value: type(value) is str and value in texts
    checks = tuple(_equal(operand) for operand in operands)
    return lambda value: any(check(value) for check in checks)


def _negated(check: Check) -> Check:
    return lambda value: not check(value)


def _ordered(operator: str, bound: float) -> Check:
    match operator:
        case "above":
            return lambda value: (amount := number(value)) is not None and amount > bound
        case "below":
            return lambda value: (amount := number(value)) is not None and amount < bound
        case "at_least":
            return lambda value: (amount := number(value)) is not None and amount >= bound
        case _:
            return lambda value: (amount := number(value)) is not None and amount <= bound


def _size(operator: str, bound: int) -> Callable[[int], bool]:
    return (lambda size: size == bound) if operator == "exactly" else _ordered(operator, float(bound))


def _contains(operand: str) -> Check:
    def check(value: Any) -> bool:
        if type(value) is str:
            return operand in value
        return type(value) is list and any(type(item) is str and item == operand for item in value)

    return check
