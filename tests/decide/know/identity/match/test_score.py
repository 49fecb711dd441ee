import numpy as np
import pytest

from fieldfare.know.identity.match.score import Scored, pairs_of
from tests.decide.know.identity.match.example import small_model


def _scored(levels: list[list[int]], bits: list[float], rarity: list[float]) -> Scored:
    count = len(levels)
    return Scored(np.zeros(count), np.ones(count), np.array(bits), {"surname": np.array(rarity)}, np.array(levels))


def test_three_ways_to_be_add_up_to_one() -> None:
    odds = 0.001 / 0.999 * 90 * (0.2 / 0.999)
    (pair,) = pairs_of(small_model(), _scored([[0, 1]], [np.log2(odds)], [0.0]))
    home = 0.002 / 0.997 * (0.9 / 0.01)  # the phone number says nothing of a household
    assert pair.probability == pytest.approx(odds / (odds + home + 1), rel=1e-6)
    assert pair.others[0] == pytest.approx(home / (odds + home + 1), rel=1e-6)


def test_a_rare_surname_speaks_for_a_household_too() -> None:
    common, rare = pairs_of(small_model(), _scored([[0, 1], [0, 1]], [0.0, 3.3], [0.0, 3.3]))
    assert rare.others[0] > common.others[0] * 1.2


def test_a_missing_value_says_nothing_and_numbers_stay_finite() -> None:
    pairs = pairs_of(small_model(), _scored([[-1, -1], [0, 0]], [-9.96, 5_000.0], [float("nan"), 0.0]))
    assert pairs[0].others[0] == pytest.approx(0.002, rel=0.01)
    assert pairs[1].probability == pytest.approx(1.0)
