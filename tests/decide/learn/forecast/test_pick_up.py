"""Pick-up: what is on the books plus what still comes, without a look ahead."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.learn.forecast import pick_up as made_of
from fieldfare.learn.forecast.model import Floats, NotComputable
from fieldfare.learn.forecast.pick_up import Books, forecast_books, pick_up

LEADS = 40


def books(days: int, seed: int = 1) -> Floats:
    rate = 3 * np.exp(-np.arange(LEADS + 1) / 10)
    return np.random.default_rng(seed).poisson(rate, (days, LEADS + 1)).astype(float)


def test_it_is_closer_than_the_mean() -> None:
    made = books(300)
    made[:, 20:] *= np.random.default_rng(2).integers(0, 6, 300)[:, None]  # what was booked early differs by day
    came = made.sum(axis=1)
    wrong = plain = 0.0
    for target in range(270, 300):
        found = pick_up(Books(0, made, target - 14), 14)
        assert not isinstance(found, NotComputable)
        wrong += abs(found[0] - came[target])
        plain += abs(came[: target - 14].mean() - came[target])
    assert wrong < 0.6 * plain


@settings(max_examples=15, deadline=None)
@given(st.integers(120, 200), st.integers(1, 30))
def test_what_was_booked_later_does_not_count(as_of: int, ahead: int) -> None:
    made = books(260)
    later = made.copy()
    late = np.arange(260)[:, None] - np.arange(LEADS + 1)[None, :] > as_of
    later[late] = 999.0
    assert pick_up(Books(0, made, as_of), ahead) == pick_up(Books(0, later, as_of), ahead)


def test_what_is_on_the_books_counts_at_once() -> None:
    made = books(200)
    more = made.copy()
    more[185, 20] += 50
    one, other = pick_up(Books(0, made, 170), 15), pick_up(Books(0, more, 170), 15)
    assert not isinstance(one, NotComputable)
    assert not isinstance(other, NotComputable)
    assert other[0] - one[0] == pytest.approx(50)


def test_what_cannot_be_told() -> None:
    assert isinstance(pick_up(Books(0, books(200), 40), 10), NotComputable)
    assert isinstance(pick_up(Books(0, books(200), 150), 90), NotComputable)


def test_all_days_ahead() -> None:
    found = forecast_books(Books(1_000, books(200), 1_150), 20)
    assert not isinstance(found, NotComputable)
    assert found.first_day == 1_151
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()


def uneven(days: int) -> Floats:
    """Return books whose weeks grow and whose weekends differ, so that averages are not equally good."""
    made = books(days) * (1 + np.arange(days)[:, None] / days)
    made[5::7] *= 1.6
    return np.round(made)


def test_the_interval_is_made_of_forecasts_as_they_were_made_then() -> None:
    made, ahead = uneven(300), 10
    pace = made_of._Pace(Books(0, made, 290))
    targets = range(290, 150, -1)
    tests = np.stack([pace.told(target - ahead, ahead) for target in targets])
    came = made.sum(axis=1)[list(targets)]
    for position in (0, 3, 40):
        then = pick_up(Books(0, made, targets[position] - ahead), ahead)
        assert not isinstance(then, NotComputable)
        assert made_of._as_of(tests, came, position, ahead) == pytest.approx(then[0])


def test_four_days_of_five_lie_inside() -> None:
    made = uneven(420)
    came = made.sum(axis=1)
    told = [pick_up(Books(0, made, target - 14), 14) for target in range(260, 420, 4)]
    hits = [
        each[1] <= came[260 + 4 * at] <= each[2] for at, each in enumerate(told) if not isinstance(each, NotComputable)
    ]
    assert 0.72 <= sum(hits) / len(hits) <= 0.88


def test_the_young_count_more_and_the_day_to_come_counts_as_one() -> None:
    errors = np.array([5.0, 1.0, 2.0, 3.0])
    assert made_of._quantile(errors, np.ones(4), 0.6) == 3.0
    assert made_of._quantile(errors, np.ones(4), 0.99) == 5.0
    assert made_of._quantile(errors, np.array([9.0, 1.0, 1.0, 1.0]), 0.6) == 5.0
