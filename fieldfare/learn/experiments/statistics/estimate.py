"""One number of one arm with its variance: a mean, a share, a ratio, a mean over clusters, over strata. Pure.

Sources: Deng, Knoblich, Lu, "Applying the delta method in metric analytics", KDD 2018, for ratios and for clusters (a
mean per person, where households or locations were assigned, is a ratio of two sums over clusters); Miratrix, Sekhon,
Yu, "Adjusting treatment effect estimates by post-stratification", JRSS B 2013, for strata; Cochran, "Sampling
Techniques", 1977, chapter 6, for a ratio over strata.
"""

from collections.abc import Mapping

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Estimate, Sums

FEWEST = 2
"""Units that a variance needs."""


def mean_of(sums: Sums, name: str = VALUE) -> Estimate | NotComputable:
    """Return the mean of a column."""
    if sums.size < FEWEST:
        return too_few(sums.size)
    return Estimate(sums.mean(name), sums.covariance(name, name) / sums.size, sums.size - 1)


def share_of(sums: Sums, name: str = VALUE) -> Estimate | NotComputable:
    """Return the share of units whose column is one; variance p(1 - p)/n, as the unpooled Wald interval has it."""
    if sums.size < FEWEST:
        return too_few(sums.size)
    share = sums.mean(name)
    return Estimate(share, share * (1 - share) / sums.size, float("inf"))


def ratio_of(sums: Sums, above: str = VALUE, below: str = BASE) -> Estimate | NotComputable:
    """Return the ratio of two sums, its variance by the delta method. Where units are clusters, a mean per person."""
    if sums.size < FEWEST:
        return too_few(sums.size)
    base = sums.mean(below)
    if base == 0:
        return NotComputable(Why.ZERO_BASE, "The denominator of the ratio is zero in an arm, so there is no ratio.")
    ratio = sums.mean(above) / base
    spread = (
        sums.covariance(above, above)
        - 2 * ratio * sums.covariance(above, below)
        + ratio * ratio * sums.covariance(below, below)
    )
    return Estimate(ratio, max(spread, 0.0) / (base * base * sums.size), sums.size - 1)


def over_strata(arms: Mapping[str, Estimate | NotComputable], weights: Mapping[str, float]) -> Estimate | NotComputable:
    """Return the mean over strata, each weighted by its share of *all* units, so that arms compare like with like.

    ``weights`` are the strata's shares of both arms together. The degrees of freedom are Satterthwaite's.
    """
    value = variance = curvature = 0.0
    total = sum(weights.values())
    for stratum, weight in weights.items():
        here = arms.get(stratum, NotComputable(Why.EMPTY_ARM, f"The stratum `{stratum}` is empty in an arm."))
        if isinstance(here, NotComputable):
            return here
        share = weight / total
        value += share * here.value
        variance += share * share * here.variance
        curvature += (share * share * here.variance) ** 2 / here.freedom
    return Estimate(value, variance, variance * variance / curvature if curvature > 0 else float("inf"))


def ratio_over_strata(arms: Mapping[str, Sums], weights: Mapping[str, float]) -> Estimate | NotComputable:
    """Return the ratio of two means over strata (the combined ratio), its variance by the delta method inside them."""
    total = sum(weights.values())
    shares = {name: weight / total for name, weight in weights.items()}
    for name in shares:
        if arms[name].size < FEWEST:
            return too_few(arms[name].size)
    base = sum(share * arms[name].mean(BASE) for name, share in shares.items())
    if base == 0:
        return NotComputable(Why.ZERO_BASE, "The denominator of the ratio is zero in an arm, so there is no ratio.")
    ratio = sum(share * arms[name].mean(VALUE) for name, share in shares.items()) / base
    variance = curvature = 0.0
    for name, share in shares.items():
        here = arms[name]
        spread = max(
            here.covariance(VALUE, VALUE)
            - 2 * ratio * here.covariance(VALUE, BASE)
            + ratio * ratio * here.covariance(BASE, BASE),
            0.0,
        )
        part = share * share * spread / (base * base * here.size)
        variance, curvature = variance + part, curvature + part * part / (here.size - 1)
    return Estimate(ratio, variance, variance * variance / curvature if curvature > 0 else float("inf"))


def too_few(size: int) -> NotComputable:
    """Return why there is no variance."""
    if size == 0:
        return NotComputable(Why.EMPTY_ARM, "Nobody is in an arm yet, so there is nothing to compare.")
    return NotComputable(Why.TOO_SMALL, f"An arm has {size} unit, and a variance needs at least {FEWEST}.")
