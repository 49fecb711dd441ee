"""Sums say what NumPy says of the columns, add up, and stay exact where floats would not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits, sums_of_values
from tests.decide.learn.experiments.statistics.drawn import SEEDS, arm


@settings(max_examples=25)
@given(SEEDS, st.integers(2, 40))
def test_means_and_covariances_are_numpys(seed: int, size: int) -> None:
    columns = arm(seed, size)
    sums = sums_of(columns)
    told = np.cov(np.vstack([columns["value"], columns["before"]]))
    assert sums.mean("value") == pytest.approx(columns["value"].mean())
    assert sums.covariance("value", "before") == pytest.approx(told[0, 1], abs=1e-9)
    assert sums.covariance("before", "before") == pytest.approx(told[1, 1], abs=1e-9)


@settings(max_examples=25)
@given(SEEDS, st.integers(0, 30), st.integers(0, 30))
def test_parts_add_up_to_the_whole(seed: int, one: int, other: int) -> None:
    columns = arm(seed, one + other)
    first, second = (
        {name: column[part] for name, column in columns.items()} for part in (slice(one), slice(one, None))
    )
    assert sums_of(first) + sums_of(second) == sums_of(columns)


def test_a_small_spread_around_a_large_mean_survives() -> None:
    values = [10**12, 10**12 + 1, 10**12 + 2]
    assert sums_of_values(values).covariance("value", "value") == 1.0
    assert sums_of_values(np.array(values, float)).size == 3


def test_hits_are_a_column_of_ones_and_zeros() -> None:
    assert sums_of_hits(3, 10) == sums_of_values([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
