"""Random aggregates for the tables of the statistics, and the sums that they stand for."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.sums import sums_of

SEEDS = st.integers(0, 2**31 - 1)


def arm(seed: int, size: int = 60, shift: float = 0.0) -> dict[str, Any]:
    """Return columns of one arm: an outcome with a tail, a base above zero, a number of before that explains it."""
    rng = np.random.default_rng(seed)
    before = rng.poisson(5, size)
    base = 1 + rng.poisson(3, size)
    value = np.round(rng.gamma(2, 3 + before + 10 * shift)).astype(np.int64)
    return {"value": value, "base": base, "before": before, "other": rng.poisson(2, size)}


def drawn(seed: int, size: int = 60, shift: float = 0.0) -> Sums:
    """Return the sums of such an arm."""
    return sums_of(arm(seed, size, shift))
