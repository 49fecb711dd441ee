"""Named measures as Ibis expressions: columns of totals compared by the same whole numbers as the evaluator compares.

Products are made as decimals of 38 digits, which totals and factors are held within.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis

from fieldfare.know.audiences.lake_json import both
from fieldfare.know.audiences.measures import total_at, totals_of
from fieldfare.know.audiences.model import Did, Limit, Look, MeasureTest
from fieldfare.know.audiences.weigh import MOST_TOTAL, factors, part_of, unit_of

_WIDE = "decimal(38, 0)"


def measure_holds(node: MeasureTest, column: Callable[[Did], Any]) -> Any:
    """Return whether the condition holds; ``column`` gives the column of a total. No look may have ``during``."""
    over, under, constant = _amount(node, node.look, column)
    if node.baseline is None:
        sides = [_sides(over, under, limit, constant) for limit in node.limits]
        sound = under > _number(0)
    else:
        base_over, base_under, base_constant = _amount(node, node.baseline, column)
        ratio = constant / base_constant
        sides = [_sides(over * base_under, base_over * under, limit, ratio) for limit in node.limits]
        sound = (under > _number(0)) & (base_under > _number(0)) & (base_over > _number(0))
    return both([sound, *(_compared(limit, *pair) for limit, pair in zip(node.limits, sides, strict=True))])


def _amount(node: MeasureTest, look: Look, column: Callable[[Did], Any]) -> tuple[Any, Any, Fraction]:
    columns = [_held(column(total_at(total, look))) for total in totals_of(node.measure)]
    return columns[0], columns[1] if len(columns) > 1 else _number(1), unit_of(node.measure) * part_of(look)


def _held(column: Any) -> Any:
    found = ibis.coalesce(column, 0).cast("int64")
    return found.clip(-MOST_TOTAL, MOST_TOTAL).cast(_WIDE)


def _sides(one: Any, other: Any, limit: Limit, constant: Fraction) -> tuple[Any, Any]:
    left, right = factors(limit, constant)
    return one * _number(left), other * _number(right)


def _compared(limit: Limit, one: Any, other: Any) -> Any:
    match limit.operator:
        case "at_least":
            return one >= other
        case "at_most":
            return one <= other
        case "above":
            return one > other
        case "below":
            return one < other
        case _:
            message = f"unknown limit {limit.operator}"
            raise AssertionError(message)


def _number(value: int) -> Any:
    return ibis.literal(Decimal(value), type=_WIDE)
