"""The median of one arm with its variance, from counts by value. Pure arithmetic.

The variance comes from the distance of two order statistics around the median, so no shape is assumed; for times until
an answer a mean would be the few longest waits. Source: Price and Bonett, "Distribution-free confidence intervals for
difference and ratio of medians", Journal of Statistical Computation and Simulation 2002.
"""

import math
from collections.abc import Mapping

import scipy

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.model import Estimate

FEWEST = 5
"""Values that the two order statistics need."""


def median_of(counts: Mapping[int, int]) -> Estimate | NotComputable:
    """Return the median of values that occurred so often, with its variance."""
    size = sum(counts.values())
    if size < FEWEST:
        text = f"An arm has {size} values, and the interval of a median needs at least {FEWEST}."
        return NotComputable(Why.TOO_SMALL if size else Why.EMPTY_ARM, text)
    middle = (nth(counts, (size - 1) // 2) + nth(counts, size // 2)) / 2
    place = max(round((size + 1) / 2 - math.sqrt(size)), 1)
    far = 2 * float(scipy.stats.binom.cdf(place - 1, size, 0.5))
    z = float(scipy.stats.norm.isf(far / 2))
    error = (nth(counts, size - place) - nth(counts, place - 1)) / (2 * z)
    return Estimate(middle, error * error, float("inf"))


def nth(counts: Mapping[int, int], place: int) -> int:
    """Return the value at a place, counted from 0, of all in order."""
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if place < passed:
            return value
    message = f"there are {passed} values and no place {place}"
    raise AssertionError(message)
