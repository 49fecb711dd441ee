"""Comparisons of measures in whole numbers: averages, units, shares; as fractions would compare."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Aggregate, Did, Limit, Look, NamedMeasure, Window
from fieldfare.know.audiences.weigh import MOST_TOTAL, ORDERS, factors, held, part_of, unit_of

VISITS = Did("Checked In", bounds=())
SPEND = Did("Order Completed", aggregate=Aggregate.SUM, of="total", bounds=())


def days(far: int, near: int | None = None) -> Window:
    return Window(Duration(far, "day"), None if near is None else Duration(near, "day"))


@pytest.mark.parametrize(
    ("over", "under", "unit"),
    [
        (VISITS, None, Fraction(1)),
        (SPEND, None, Fraction(1, 10_000)),
        (SPEND, VISITS, Fraction(1, 10_000)),
        (VISITS, SPEND, Fraction(10_000)),
        (SPEND, SPEND, Fraction(1)),
    ],
)
def test_units(over: Did, under: Did | None, unit: Fraction) -> None:
    assert unit_of(NamedMeasure("m", over, under)) == unit


@pytest.mark.parametrize(
    ("look", "part"),
    [
        (Look(days(6)), Fraction(1)),
        (Look(days(6), None, Duration(7, "day")), Fraction(1)),  # today and six more
        (Look(days(90), None, Duration(1, "week")), Fraction(7, 91)),
        (Look(days(90, 1), None, Duration(7, "day")), Fraction(7, 90)),
        (Look(days(0), None, Duration(7, "day")), Fraction(7)),
        (Look(Window(Duration(48, "hour")), None, Duration(90, "minute")), Fraction(90, 48 * 60)),
        (Look(Window(Duration(48, "hour"), Duration(24, "hour")), None, Duration(12, "hour")), Fraction(1, 2)),
    ],
)
def test_parts_of_averages(look: Look, part: Fraction) -> None:
    assert part_of(look) == part


def test_a_stretch_has_its_own_length() -> None:
    assert part_of(Look(per=Duration(7, "day")), 39) == Fraction(7, 39)


@given(
    st.integers(-(10**6), 10**6),
    st.integers(-(10**6), 10**6),
    st.integers(1, 10**4),
    st.fractions(Fraction(1, 10**4), 10**4),
    st.sampled_from(sorted(ORDERS)),
)
def test_both_sides_compare_as_the_fractions_do(
    total: int, numerator: int, denominator: int, constant: Fraction, order: str
) -> None:
    left, right = factors(Limit(order, numerator, denominator), constant)
    expected = ORDERS[order](total * constant, Fraction(numerator, denominator))  # type: ignore[arg-type]
    assert ORDERS[order](total * left, right) is expected
    assert left > 0


def test_products_fit_into_38_digits() -> None:
    most = 10**38
    sums = Fraction(1, 10_000)
    shortest = part_of(Look(days(36_525), None, Duration(1, "day")))
    for limit in (Limit("above", 10**11), Limit("above", 10**17 - 1, 10**6)):
        left, right = factors(limit, sums * shortest)
        assert max(MOST_TOTAL * left, right) < most
        left, right = factors(limit, sums)
        assert max(MOST_TOTAL * left, MOST_TOTAL * right) < most
    left, right = factors(Limit("below", 9_999_999, 10_000), Fraction(1))  # a rate against its baseline
    assert MOST_TOTAL * MOST_TOTAL * max(left, right) < most


def test_totals_are_held() -> None:
    assert [held(each) for each in (-(10**20), -1, 10**15, 10**15 + 1)] == [-MOST_TOTAL, -1, MOST_TOTAL, MOST_TOTAL]
