"""Synthetic control on California's tobacco act, every number of it; and weights that solve their own problem."""

import numpy as np
import pytest
from scipy import optimize

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.synthetic import Synthetic, simplex, synthetic
from tests.decide.learn.experiments.statistics.shared import MISSING, table

YEARS_BEFORE = 19


def packs() -> dict[str, list[float]]:
    rows = table("prop99", "california_prop99.csv")
    if rows is None:
        pytest.skip(MISSING)
    return {state: [float(row[state]) for row in rows] for state in rows[0] if state != "Year"}


def test_california_and_its_placebos() -> None:
    found = synthetic("California", packs(), YEARS_BEFORE)
    assert isinstance(found, Synthetic)
    assert found.difference_in_differences == pytest.approx(-27.34911, abs=1e-5)
    assert found.synthetic_control == pytest.approx(-19.5136, abs=1e-4)
    assert found.last_gap == pytest.approx(-26.5966, abs=1e-4)
    assert found.mix.before == pytest.approx(1.6564, abs=1e-4)
    assert (found.rank, found.of) == (3, 39)
    assert found.p_value == pytest.approx(0.077, abs=5e-4)
    assert found.synthetic_difference_in_differences == pytest.approx(-15.6, abs=0.05)
    told = {"Utah": 0.394, "Montana": 0.232, "Nevada": 0.205, "Connecticut": 0.109, "New Hampshire": 0.045}
    assert {name: found.mix.weights[name] for name in told} == pytest.approx(told, abs=5e-4)
    assert found.mix.weights["Colorado"] == pytest.approx(0.015, abs=5e-4)
    assert "weaker evidence" in found.label


def test_the_weights_are_those_of_a_general_solver() -> None:
    rng = np.random.default_rng(1)
    others = rng.normal(50, 10, (12, 6))
    target = others @ np.array([0.5, 0.2, 0.3, 0, 0, 0]) + rng.normal(0, 1, 12)
    mine = simplex(target, others)
    told = optimize.minimize(
        lambda weights: np.sum((target - others @ weights) ** 2),
        np.full(6, 1 / 6),
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert mine.sum() == pytest.approx(1)
    assert np.sum((target - others @ mine) ** 2) <= told.fun + 1e-6


def test_an_effect_that_is_put_in_is_found_again() -> None:
    rng = np.random.default_rng(2)
    common = rng.normal(0, 1, 40).cumsum()
    panel = {f"club-{index}": (common + index + rng.normal(0, 0.1, 40)).tolist() for index in range(12)}
    panel["club-5"] = [value + (3 if period >= 30 else 0) for period, value in enumerate(panel["club-5"])]
    found = synthetic("club-5", panel, 30)
    assert isinstance(found, Synthetic)
    assert found.synthetic_control == pytest.approx(3, abs=0.2)
    assert found.synthetic_difference_in_differences == pytest.approx(3, abs=0.2)
    assert found.rank == 1


@pytest.mark.parametrize(
    ("places", "before", "why"), [(2, 3, Why.NO_CONTROLS), (4, 1, Why.NO_DATA), (4, 6, Why.NO_DATA)]
)
def test_without_a_number_there_is_a_reason(places: int, before: int, why: Why) -> None:
    panel = {str(place): [1.0, 2.0, 4.0, 3.0, 2.0, float(place)] for place in range(places)}
    found = synthetic("0", panel, before)
    assert isinstance(found, NotComputable)
    assert found.reason is why
