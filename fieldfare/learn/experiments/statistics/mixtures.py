"""Uniform boundaries for sums of chance: what a running sum crosses, at any time, with at most a given chance. Pure.

For guardrails that count rare things exactly (complaints, unsubscribes: each 0 or 1), where the normal sequence of
:mod:`fieldfare.learn.experiments.statistics.sequences` needs too many to be right. ``v`` is the variance so far, ``s``
the sum of observations minus what they should be.

Source: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform Chernoff bounds via nonnegative supermartingales", Probability
Surveys 2020, and "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 2021: the
mixtures of section 3 there, and the stitched boundary of its theorem 1.
"""

import math
from collections.abc import Callable

import scipy

LogMartingale = Callable[[float, float], float]
"""Of a sum and its variance: the logarithm of the mixture; it crosses log(1/alpha) with a chance of alpha at most."""


def best_rho(v: float, alpha: float) -> float:
    """Return the mixture's width that makes the two-sided normal boundary tightest at ``v``."""
    heard = 2 * math.log(1 / alpha)
    return v / (heard + math.log(1 + heard))


def normal_bound(v: float, alpha: float, rho: float) -> float:
    """Return the two-sided normal mixture boundary at ``v``, in closed form."""
    return math.sqrt((v + rho) * math.log((v + rho) / (rho * alpha * alpha)))


def normal(rho: float) -> LogMartingale:
    """Return the two-sided normal mixture."""
    return lambda s, v: 0.5 * math.log(rho / (v + rho)) + s * s / (2 * (v + rho))


def one_sided_normal(rho: float) -> LogMartingale:
    """Return the normal mixture over effects above zero."""

    def log_martingale(s: float, v: float) -> float:
        side = float(scipy.special.log_ndtr(s / math.sqrt(v + rho)))
        return 0.5 * math.log(4 * rho / (v + rho)) + s * s / (2 * (v + rho)) + side

    return log_martingale


def gamma_exponential(rho: float, c: float) -> LogMartingale:
    """Return the mixture for sums whose upward steps have exponential tails of scale ``c``."""
    r = rho / c**2
    base = r * math.log(r) - math.lgamma(r) - math.log(scipy.special.gammainc(r, r))

    def log_martingale(s: float, v: float) -> float:
        x, y = (v + rho) / c**2, (c * s + v + rho) / c**2
        inside = math.lgamma(x) + math.log(scipy.special.gammainc(x, y)) - x * math.log(y)
        return base + inside + (c * s + v) / c**2

    return log_martingale


def gamma_poisson(rho: float, c: float) -> LogMartingale:
    """Return the mixture for sums of steps of ``c`` that come as a Poisson process."""
    r = rho / c**2
    base = r * math.log(r) - math.lgamma(r) - math.log(scipy.special.gammaincc(r, r))

    def log_martingale(s: float, v: float) -> float:
        x, y = s / c + (v + rho) / c**2, (v + rho) / c**2
        return base + math.lgamma(x) + math.log(scipy.special.gammaincc(x, y)) - x * math.log(y) + v / c**2

    return log_martingale


def beta_binomial(rho: float, g: float, h: float, *, two_sided: bool) -> LogMartingale:
    """Return the mixture for observations between -g and h, such as a share's hits: g = p, h = 1 - p."""
    r, chance = rho - g * h, g / (g + h)
    a, b = r / (h * (g + h)), r / (g * (g + h))

    def log_beta(x: float, y: float) -> float:
        side = 0.0 if two_sided else math.log(scipy.special.betaincc(x, y, chance))
        return float(scipy.special.betaln(x, y)) + side

    def log_martingale(s: float, v: float) -> float:
        hits, misses = (s + v / h) / (g + h), (v / g - s) / (g + h)
        now = log_beta(a + hits, b + misses) - log_beta(a, b)
        return now - hits * math.log(chance) - misses * math.log(1 - chance)

    return log_martingale


def bound(martingale: LogMartingale, v: float, alpha: float, most: float = math.inf) -> float:
    """Return the boundary at ``v``: the sum at which the mixture reaches log(1/alpha), at most ``most``."""
    goal, high = math.log(1 / alpha), math.sqrt(v) + 1.0
    while high < most and martingale(high, v) < goal:
        high *= 2
    high = min(high, most)
    if martingale(high, v) < goal:
        return most
    return float(scipy.optimize.brentq(lambda s: martingale(s, v) - goal, 0.0, high))


def stitched_bound(v: float, alpha: float, v_min: float, c: float, s: float = 1.4, eta: float = 2.0) -> float:
    """Return the polynomial stitched boundary: as tight as the law of the iterated logarithm allows, for all times."""
    here = max(v, v_min)
    told = s * math.log(math.log(eta * here / v_min))
    told += math.log(float(scipy.special.zeta(s)) / (alpha * math.log(eta) ** s))
    k1, k2 = (eta**0.25 + eta**-0.25) / math.sqrt(2), (math.sqrt(eta) + 1) / 2
    return math.sqrt(k1**2 * here * told + (k2 * c * told) ** 2) + k2 * c * told


def crossed(hits: int, size: int, chance: float, alpha: float, expected: int) -> bool:
    """Return whether so many hits of so many are beyond chance ``chance`` or less, whenever one looks.

    ``expected`` is the number of units at which the boundary is tightest. One-sided: only too many hits cross.
    """
    spread = chance * (1 - chance)
    rho = max(best_rho(expected * spread, 2 * alpha), spread * 1.01)
    mixture = beta_binomial(rho, chance, 1 - chance, two_sided=False)
    above = hits - size * chance
    return above > 0 and mixture(above, size * spread) >= math.log(1 / alpha)
