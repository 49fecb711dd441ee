"""The stated truth of the generated world equals what its daily chances add up to, counted day by day."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.generate.effects import (
    CANCEL_HAZARD,
    RETURN_HAZARD,
    RETURN_VISITS,
    SPENDS,
    TRUE_EFFECTS,
    WINDOW_DAYS,
    Effect,
    natural_return,
)


def day_by_day(days: int) -> float:
    """Follow the share that is away: each day some cancel first, then some of the others return."""
    away, back = 1.0, 0.0
    for _ in range(days):
        away *= 1 - CANCEL_HAZARD
        back += away * RETURN_HAZARD
        away *= 1 - RETURN_HAZARD
    return back


def check_equal(share: Callable[[int], float], days: int) -> None:
    assert share(days) == pytest.approx(day_by_day(days), rel=1e-9, abs=1e-12)


@given(st.integers(0, 400))
def test_the_share_that_returns_is_what_the_days_add_up_to(days: int) -> None:
    check_equal(natural_return, days)


@pytest.mark.parametrize("name", sorted(TRUE_EFFECTS))
def test_the_coin_of_a_message_makes_the_stated_difference(name: str) -> None:
    effect, natural = TRUE_EFFECTS[name], natural_return()
    with_message = natural + (1 - natural) * effect.response
    assert with_message - natural == pytest.approx(effect.uplift)
    assert 0 <= effect.response < 1
    assert 0 <= effect.unsubscribe < 0.01


def test_the_revenue_of_a_message_is_what_its_visits_spend() -> None:
    effect = Effect(uplift=0.1)
    expected = sum(effect.response * RETURN_VISITS * spend / len(SPENDS) for spend in SPENDS)
    assert effect.revenue == pytest.approx(expected)
    assert Effect(uplift=0.0).revenue == 0


def test_a_planted_fault_is_caught() -> None:
    def without_cancelling(days: int) -> float:
        return 1 - (1 - RETURN_HAZARD) ** days

    with pytest.raises(AssertionError):
        check_equal(without_cancelling, WINDOW_DAYS)
