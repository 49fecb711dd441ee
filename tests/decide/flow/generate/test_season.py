"""How the year moves the generated network: peaks lift training and joining, and drifting follows them."""

from collections.abc import Callable
from datetime import date

import pytest

from fieldfare.flow.generate.life import LONGEST_GAP
from fieldfare.flow.generate.season import drifting, is_weekend, joining, training
from fieldfare.ground.instants import Day

EPOCH = date(1970, 1, 1)


def day(year: int, month: int, number: int) -> Day:
    return (date(year, month, number) - EPOCH).days


YEAR = range(day(2025, 1, 1), day(2026, 1, 1))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (day(2025, 1, 1), 0.0),
        (day(2025, 12, 25), 0.0),
        (day(2025, 1, 6), 1.25 * 1.2 * 1.15),
        (day(2025, 5, 1), 1.0),
        (day(2025, 7, 6), 0.7 * 0.8),
        (day(2025, 9, 1), 1.2 * 1.2 * 1.15),
    ],
)
def test_training_by_day(when: Day, expected: float) -> None:
    assert training(when) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "inside", "after"),
    [
        (day(2025, 1, 1), day(2025, 1, 2), None),
        (None, day(2025, 2, 9), day(2025, 2, 10)),
        (day(2025, 8, 31), day(2025, 9, 1), None),
        (None, day(2025, 10, 5), day(2025, 10, 6)),
    ],
)
def test_a_peak_begins_and_ends_on_its_days(before: Day | None, inside: Day, after: Day | None) -> None:
    for outside in (before, after):
        if outside is not None:
            assert joining(inside) > joining(outside)


def test_most_drift_away_when_a_peak_has_worn_off() -> None:
    high = {when for when in YEAR if drifting(when) > 1}
    assert high == {*range(day(2025, 2, 10), day(2025, 4, 1)), *range(day(2025, 10, 6), day(2025, 11, 16))}


def test_weekends() -> None:
    assert [is_weekend(day(2025, 5, number)) for number in range(1, 8)] == [False, False, True, True] + [False] * 3


def check_clubs_open_often_enough(factor: Callable[[Day], float]) -> None:
    """A closed stretch longer than the longest gap would look like drifting away."""
    closed = 0
    for when in YEAR:
        closed = closed + 1 if factor(when) == 0 else 0
        assert closed < LONGEST_GAP // 2


def test_clubs_open_often_enough_and_a_planted_fault_is_caught() -> None:
    check_clubs_open_often_enough(training)
    with pytest.raises(AssertionError):
        check_clubs_open_often_enough(lambda when: 0.0 if when < YEAR[30] else 1.0)
