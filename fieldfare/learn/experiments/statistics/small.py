"""Tests for small samples: permutation, and pairs. They take the values themselves, not aggregates. Pure.

A permutation test asks how often the coin alone would have made so large a difference, by dealing the same values anew:
every deal where they are few, else a fixed number of deals that are the same in every run. Paired tests (a location and
its twin, a member before and after) work on the differences inside pairs: t, Wilcoxon's signed ranks, the sign test,
and the exact test by flipping signs. They suit lists on which a randomised comparison would be far underpowered.

Sources: Fisher, "The design of experiments", 1935; Phipson and Smyth, "Permutation p-values should never be zero",
2010; Wilcoxon 1945.
"""

import math
from collections.abc import Sequence
from itertools import combinations

import msgspec
import numpy as np
import scipy
from numpy.typing import NDArray

from fieldfare.learn.experiments.model import Interval, NotComputable, Why
from fieldfare.learn.experiments.place import key_of, places
from fieldfare.learn.experiments.statistics.compare import LEVEL, quantile

MOST_DEALS = 100_000
"""Up to so many deals all are tried."""
DEALS = 20_000
LARGEST = 1_000
"""Values that a permutation test takes; beyond, Welch's t says the same."""
_AS_FAR = 1e-9
"""Deals that differ by less than this share of the spread count as just as far."""


class Dealt(msgspec.Struct, frozen=True, kw_only=True):
    """What dealing anew says."""

    value: float
    """Difference of the means, treated minus control."""
    p_value: float
    """Two-sided."""
    one_sided: float
    """That chance alone makes a difference as large upwards."""
    deals: int
    exact: bool


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """What pairs say. p-values are two-sided."""

    pairs: int
    value: float
    """Mean difference inside pairs."""
    interval: Interval
    t_p_value: float
    wilcoxon_p_value: float
    sign_p_value: float
    flipped_p_value: float


def permutation(treated: Sequence[float], control: Sequence[float]) -> Dealt | NotComputable:
    """Return how likely chance alone makes the difference of two small samples."""
    size, total = len(treated), len(treated) + len(control)
    if min(size, len(control)) == 0:
        return NotComputable(Why.EMPTY_ARM, "An arm is empty, so there is nothing to deal anew.")
    if total > LARGEST:
        text = f"There are {total} values; a permutation test is for up to {LARGEST}. Read Welch's t instead."
        return NotComputable(Why.NOT_BOUNDED, text)
    values = np.array([*treated, *control], float)
    if np.ptp(values) == 0:
        return NotComputable(Why.NO_VARIATION, "All values are the same, so no deal differs from another.")
    exact = math.comb(total, size) <= MOST_DEALS
    sums = _all_deals(values, size) if exact else _some_deals(values, size)
    means = sums / size - (values.sum() - sums) / (total - size)
    seen = float(np.mean(treated) - np.mean(control))
    near = _AS_FAR * float(np.ptp(values))
    extra = 0 if exact else 1  # the deal that happened is one of those that chance makes
    deals = len(means) + extra
    return Dealt(
        value=seen,
        p_value=(int(np.sum(np.abs(means) >= abs(seen) - near)) + extra) / deals,
        one_sided=(int(np.sum(means >= seen - near)) + extra) / deals,
        deals=deals,
        exact=exact,
    )


def paired(treated: Sequence[float], control: Sequence[float], level: float = LEVEL) -> Paired | NotComputable:
    """Return what the pairs say; values stand in the order of their pairs."""
    apart = np.array(treated, float) - np.array(control, float)
    if len(apart) < 2:  # noqa: PLR2004 - a variance needs two
        return NotComputable(Why.TOO_SMALL, f"Pairs: {len(apart)}; at least 2 are needed.")
    if np.ptp(apart) == 0:
        return NotComputable(Why.NO_VARIATION, "Every pair has the same difference, so nothing can be tested.")
    mean, error = float(apart.mean()), float(apart.std(ddof=1)) / math.sqrt(len(apart))
    half = quantile(level, len(apart) - 1) * error
    moved = apart[apart != 0]
    return Paired(
        pairs=len(apart),
        value=mean,
        interval=Interval(mean - half, mean + half, "paired t"),
        t_p_value=2 * float(scipy.stats.t.sf(abs(mean / error), len(apart) - 1)),
        wilcoxon_p_value=float(scipy.stats.wilcoxon(apart).pvalue),
        sign_p_value=float(scipy.stats.binomtest(int((moved > 0).sum()), len(moved)).pvalue),
        flipped_p_value=_flipped(apart),
    )


def _all_deals(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    chosen = np.fromiter((index for deal in combinations(range(len(values)), size) for index in deal), np.int64)
    found: NDArray[np.float64] = values[chosen.reshape(-1, size)].sum(axis=1)
    return found


def _some_deals(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return the sums of deals whose order is that of hashed counters: the same in every run."""
    key, rows = key_of("deal"), max(1, 2_000_000 // len(values))
    found = []
    for start in range(0, DEALS, rows):
        count = min(rows, DEALS - start)
        units = np.arange(start * len(values), (start + count) * len(values))
        order = places(units, key).reshape(count, len(values))
        chosen = np.argpartition(order, size - 1, axis=1)[:, :size]
        found.append(values[chosen].sum(axis=1))
    return np.concatenate(found)


def _flipped(apart: NDArray[np.float64]) -> float:
    """Return the p-value of the mean under flipping the signs of the differences."""
    sums, exact = np.zeros(1), 2 ** len(apart) <= MOST_DEALS
    if exact:
        for each in np.abs(apart):
            sums = np.concatenate([sums + each, sums - each])
    else:
        signs = places(np.arange(DEALS * len(apart)), key_of("flip")).reshape(DEALS, len(apart)) < 0.5  # noqa: PLR2004
        sums = np.where(signs, apart, -apart).sum(axis=1)
    near = _AS_FAR * float(np.abs(apart).sum())
    extra = 0 if exact else 1
    return (int(np.sum(np.abs(sums) >= abs(apart.sum()) - near)) + extra) / (len(sums) + extra)
