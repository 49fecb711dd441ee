"""What to believe after the data: chance to be better, expected loss, credible interval. Pure.

For small samples and for decisions in money: the expected loss says what one stands to lose by choosing wrongly. It is
**no licence to peek**: stopping as soon as the chance exceeds 95 % finds "winners" in most tests without any effect.

Normal: the effect's likelihood is normal with its standard error; the prior is flat, or normal around zero with a given
spread. Shares: each arm has a Beta posterior, by default from Jeffreys' prior, and the two are integrated
numerically, so small counts are right. Sources: Gelman et al., "Bayesian data analysis", 2013, chapters 2 and 5;
expected loss as in Stucchio, "Bayesian A/B testing at VWO", 2015.
"""

import math
from typing import Any

import msgspec
import numpy as np
import scipy

from fieldfare.learn.experiments.model import Interval
from fieldfare.learn.experiments.statistics.compare import LEVEL
from fieldfare.learn.experiments.statistics.model import VALUE, Sums

_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(200)
_QUANTILES = (np.arange(400) + 0.5) / 400
_FAR = 1e-13
JEFFREYS = (0.5, 0.5)


class Belief(msgspec.Struct, frozen=True, kw_only=True):
    """The posterior of an effect, treated minus control."""

    mean: float
    interval: Interval
    """Credible."""
    chance_better: float
    """That the treated arm is the better one."""
    loss_if_treated: float
    """What is lost on average by choosing treated, where control is better: in the effect's own units."""
    loss_if_control: float


def normal_belief(
    value: float, standard_error: float, prior_spread: float | None = None, level: float = LEVEL
) -> Belief:
    """Return what to believe of an effect; ``prior_spread`` is the standard deviation of effects seen before."""
    precision = 1 / standard_error**2
    total = precision + (1 / prior_spread**2 if prior_spread is not None else 0.0)
    mean, spread = value * precision / total, 1 / math.sqrt(total)
    z = mean / spread
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    half = float(scipy.stats.norm.ppf(0.5 + level / 2)) * spread
    return Belief(
        mean=mean,
        interval=Interval(mean - half, mean + half, "normal posterior"),
        chance_better=float(scipy.stats.norm.cdf(z)),
        loss_if_treated=spread * (density - z * float(scipy.stats.norm.sf(z))),
        loss_if_control=spread * (density + z * float(scipy.stats.norm.cdf(z))),
    )


def share_belief(treated: Sums, control: Sums, prior: tuple[float, float] = JEFFREYS, level: float = LEVEL) -> Belief:
    """Return what to believe of a difference of shares."""
    a, b = (_posterior(sums, prior) for sums in (treated, control))
    low = min(a.ppf(_FAR), b.ppf(_FAR))
    high = max(a.isf(_FAR), b.isf(_FAR))
    # On the scale of arcsines a density that is steep at zero or one is smooth.
    ends = math.asin(math.sqrt(low)), math.asin(math.sqrt(high))
    angles = (ends[1] - ends[0]) / 2 * _PLACES + (ends[0] + ends[1]) / 2
    places, mass = np.sin(angles) ** 2, _WEIGHTS * (ends[1] - ends[0]) / 2 * np.sin(2 * angles)
    mean = float(a.mean() - b.mean())
    # E max(B - A, 0) is the integral of P(A <= x < B) over x.
    loss = float(mass @ (a.cdf(places) * b.sf(places)))
    return Belief(
        mean=mean,
        interval=_difference_interval(a, b, level),
        chance_better=float(mass @ (a.pdf(places) * b.cdf(places))),
        loss_if_treated=loss,
        loss_if_control=loss + mean,
    )


def _posterior(sums: Sums, prior: tuple[float, float]) -> Any:
    hits = sums.total(VALUE)
    return scipy.stats.beta(prior[0] + hits, prior[1] + sums.size - hits)


def _difference_interval(a: Any, b: Any, level: float) -> Interval:
    """Return the central interval of A - B, whose distribution at d is the mean of P(B > x - d) over quantiles of A."""
    quantiles = a.ppf(_QUANTILES)
    tail = (1 - level) / 2

    def limit(chance: float) -> float:
        return float(
            scipy.optimize.brentq(lambda d: float(np.mean(b.sf(quantiles - d))) - chance, -1.0, 1.0, xtol=1e-7)
        )

    return Interval(limit(tail), limit(1 - tail), "Beta posterior")
