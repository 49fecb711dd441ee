"""Cuts by nearest rank, against NumPy's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.computed.cut import cuts_of


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_cuts_are_those_of_numpy(numbers: list[float]) -> None:
    expected = np.quantile(numbers, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
    assert cuts_of(numbers) == tuple(expected.tolist())


def test_nobody_has_no_cuts() -> None:
    assert cuts_of([]) is None
    assert cuts_of([7.0]) == (7.0, 7.0, 7.0, 7.0)
