"""Corrections equal statsmodels, keep their promises, and never make a p-value smaller."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from fieldfare.learn.experiments.statistics.corrections import benjamini_hochberg, holm, joint_level

P_VALUES = st.dictionaries(st.text(max_size=4), st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03, 0.005], [0.9, 0.9, 0.0, 0.5, 0.011]])
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    named = {str(index): each for index, each in enumerate(p_values)}
    assert list(holm(named).values()) == pytest.approx(multipletests(p_values, method="holm")[1])


@given(P_VALUES)
def test_benjamini_and_hochberg_are_scipys(p_values: dict[str, float]) -> None:
    told = stats.false_discovery_control(list(p_values.values()))
    assert list(benjamini_hochberg(p_values).values()) == pytest.approx(told)


@given(P_VALUES)
def test_no_correction_makes_a_claim_easier(p_values: dict[str, float]) -> None:
    for name, adjusted in benjamini_hochberg(p_values).items():
        assert p_values[name] <= adjusted + 1e-12
        assert adjusted <= holm(p_values)[name] + 1e-12


def test_holm_keeps_the_chance_of_any_false_claim() -> None:
    drawn = np.random.default_rng(1).random((2_000, 10))
    false = [min(holm(dict(enumerate(map(float, row)))).values()) < 0.05 for row in drawn]  # type: ignore[arg-type]
    assert np.mean(false) < 0.065
    assert np.mean(drawn.min(axis=1) < 0.05) > 0.35, "without a correction two in five experiments claim something"


def test_joint_intervals_are_wider() -> None:
    assert joint_level(0.95, 5) == pytest.approx(0.99)
    assert joint_level(0.95, 0) == pytest.approx(0.95)
