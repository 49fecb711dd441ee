"""Exact comparisons of what measures come to: whole numbers multiplied across, never divided. Pure.

A measure comes to ``over / under``, times a constant: sums are kept in ten-thousandths, and an average takes a part of
the window. Both the evaluator and the lake compare with the same two whole numbers, so that they cannot differ by a
rounding. Totals count as at most :data:`MOST_TOTAL` either way, which keeps every product within 38 digits.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from fieldfare.know.audiences.model import Aggregate, Limit, Look, NamedMeasure
from fieldfare.know.profiles.model import SCALE

MOST_TOTAL = 10**15
"""Beyond this a total counts as this: a hundred thousand million of what is summed."""
ORDERS: dict[str, Callable[[int, int], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}


def unit_of(measure: NamedMeasure) -> Fraction:
    """Return what one of ``over`` by one of ``under`` is worth."""
    assert measure.over is not None
    under = measure.under is not None and measure.under.aggregate is Aggregate.SUM
    over = measure.over.aggregate is Aggregate.SUM
    return Fraction(SCALE if under else 1, SCALE if over else 1)


def part_of(look: Look, spell_days: int = 0) -> Fraction:
    """Return by what a total must be multiplied for the average that is asked for; 1 without one.

    A window of days counts every day that it touches, today too. ``spell_days`` is the length of a stretch.
    """
    if look.per is None:
        return Fraction(1)
    window = look.window
    if window is None:
        return Fraction(look.per.days or 0, spell_days)
    if window.in_days:
        return Fraction(look.per.days or 0, window.far - (window.near or 0) + 1)
    return Fraction(look.per.us, window.far - (window.near or 0))


@lru_cache(maxsize=4_096)
def factors(limit: Limit, constant: Fraction) -> tuple[int, int]:
    """Return (left, right): ``total * left`` stands to ``right`` as the amount to the limit.

    ``constant``: what a total must be multiplied by for the amount that is compared.
    """
    share = Fraction(limit.numerator, limit.denominator) / constant
    return share.denominator, share.numerator


def held(total: int) -> int:
    """Return the total held within :data:`MOST_TOTAL`."""
    if -MOST_TOTAL <= total <= MOST_TOTAL:
        return total
    return MOST_TOTAL if total > 0 else -MOST_TOTAL
