"""Interval formulas for two independent arms: shares and means. Pure arithmetic on aggregates; no I/O, no wording.

Sources: Wald unpooled; Newcombe (1998) "Interval estimation for the difference between independent proportions",
method 10 (hybrid of two Wilson intervals); Welch (1947) with Satterthwaite's degrees of freedom; Katz (1978) for a
ratio, on the log scale. All are two-sided; at 95 % unless told otherwise.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import scipy

from fieldfare.learn.experiments.model import Interval

LEVEL = 0.95
Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)

WALD = "Wald, unpooled"
NEWCOMBE = "Newcombe hybrid score"
WELCH = "Welch t"
KATZ = "log ratio (Katz)"


class Share(NamedTuple):
    """``hits`` of ``size``."""

    hits: int
    size: int

    @property
    def value(self) -> float:
        """Return the share."""
        return self.hits / self.size

    @property
    def variance(self) -> float:
        """Return the variance of the share as an estimate."""
        return self.value * (1 - self.value) / self.size


class Mean(NamedTuple):
    """Mean of ``size`` values and their sample variance (divided by size - 1)."""

    value: float
    spread: float
    size: int

    @property
    def variance(self) -> float:
        """Return the variance of the mean as an estimate."""
        return self.spread / self.size


def mean_of(size: int, total: int, squares: int) -> Mean:
    """Return the mean and sample variance from a count, a sum and a sum of squares; exact until the last division.

    ``size`` must be at least 2.
    """
    return Mean(total / size, (squares * size - total * total) / (size * (size - 1)), size)


def wald(treated: Share, holdout: Share) -> Interval:
    """Return the unpooled Wald interval of the difference of two shares."""
    half = Z * math.sqrt(treated.variance + holdout.variance)
    value = treated.value - holdout.value
    return Interval(value - half, value + half, WALD)


def wilson(share: Share, level: float = LEVEL) -> tuple[float, float]:
    """Return the Wilson score limits of one share."""
    z = Z if level == LEVEL else float(scipy.stats.norm.ppf(0.5 + level / 2))
    square = z * z
    centre = (share.hits + square / 2) / (share.size + square)
    spread = share.value * (1 - share.value) * share.size + square / 4
    half = z / (share.size + square) * math.sqrt(spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe(treated: Share, holdout: Share, level: float = LEVEL) -> Interval:
    """Return Newcombe's hybrid score interval of the difference of two shares; honest when counts are small."""
    low_t, high_t = wilson(treated, level)
    low_h, high_h = wilson(holdout, level)
    value = treated.value - holdout.value
    low = value - math.hypot(treated.value - low_t, high_h - holdout.value)
    high = value + math.hypot(high_t - treated.value, holdout.value - low_h)
    return Interval(low, high, NEWCOMBE)


def pooled_z(treated: Share, holdout: Share) -> tuple[float, float] | None:
    """Return z and the two-sided p-value of equal shares, or ``None`` when all or none of both arms are hits."""
    pooled = (treated.hits + holdout.hits) / (treated.size + holdout.size)
    variance = pooled * (1 - pooled) * (1 / treated.size + 1 / holdout.size)
    if variance <= 0:
        return None
    z = (treated.value - holdout.value) / math.sqrt(variance)
    return z, 2 * float(scipy.stats.norm.sf(abs(z)))


def degrees_of_freedom(treated: Mean, holdout: Mean) -> float:
    """Return Welch and Satterthwaite's degrees of freedom; at least one variance must be above zero."""
    both = treated.variance + holdout.variance
    return both**2 / (treated.variance**2 / (treated.size - 1) + holdout.variance**2 / (holdout.size - 1))


def welch(treated: Mean, holdout: Mean) -> tuple[Interval, float, float]:
    """Return the interval of the difference of two means, t, and the two-sided p-value."""
    error = math.sqrt(treated.variance + holdout.variance)
    freedom = degrees_of_freedom(treated, holdout)
    half = float(scipy.stats.t.ppf(0.5 + LEVEL / 2, freedom)) * error
    value = treated.value - holdout.value
    statistic = value / error
    return Interval(value - half, value + half, WELCH), statistic, 2 * float(scipy.stats.t.sf(abs(statistic), freedom))


def ratio(treated: Share | Mean, holdout: Share | Mean) -> Interval:
    """Return the interval of treated over held out, minus one; both values must be above zero."""
    error = math.sqrt(treated.variance / treated.value**2 + holdout.variance / holdout.value**2)
    value = treated.value / holdout.value
    return Interval(value * math.exp(-Z * error) - 1, value * math.exp(Z * error) - 1, KATZ)
