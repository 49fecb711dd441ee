"""How many units a test needs, what it can find, and how long it takes: means, shares, ratios, time to event. Pure.

Everything rests on the variance of one unit, from the workspace's own history: of a mean its variance, of a share
p(1 - p), of a ratio the delta method's (see ``unit_variance_of_ratio``). CUPED lowers it by the reduction measured on
history; clusters raise it by the design effect. ``control`` is the control's share of all units, so a small holdout is
planned as what it is. Two-sided throughout.

Sources: Cohen, "Statistical power analysis", 1988 (t, arcsine); Fleiss, Levin, Paik, "Statistical methods for rates and
proportions", 2003 (pooled and unpooled); Schoenfeld 1983 (events of a log-rank test); Donner and Klar 2000, and
Eldridge, Ashby, Kerry 2006 (clusters of unequal size).
"""

import math
from enum import StrEnum

import msgspec
import scipy

from fieldfare.learn.experiments.statistics import sequences
from fieldfare.learn.experiments.statistics.compare import LEVEL
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Sums

POWER = 0.8
_MOST = 1e12
FEWEST_PAIRS = 4
"""Below so many even differences many times their spread are missed, so nothing is planned."""


class Variance(StrEnum):
    """Under which hypothesis the variance of a difference of shares is taken."""

    UNPOOLED = "unpooled"
    POOLED = "pooled"
    ARCSINE = "arcsine"


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """How sure a test is to be, and how the units are split."""

    level: float = LEVEL
    power: float = POWER
    control: float = 0.5
    """The control's share of all units of the comparison."""
    inflation: float = 1.0
    """What planned looks cost (:func:`fieldfare.learn.experiments.statistics.boundaries.inflation`)."""
    effect_of_clusters: float = 1.0
    reduction: float = 0.0
    """By what share CUPED lowers the variance."""

    @property
    def errors(self) -> float:
        """Return the sum of the two quantiles: by how many standard errors effect and zero must be apart."""
        return float(scipy.stats.norm.isf((1 - self.level) / 2) + scipy.stats.norm.ppf(self.power))

    @property
    def factor(self) -> float:
        """Return by what the sample of a plain fixed test is multiplied."""
        return self.inflation * self.effect_of_clusters * (1 - self.reduction)


def size_for(effect: float, treated: float, control: float, aim: Aim) -> float:
    """Return the units of both arms together that find ``effect``; the variances are of one unit in each arm."""
    spread = treated / (1 - aim.control) + control / aim.control
    return aim.factor * spread * (aim.errors / effect) ** 2


def size_for_mean(effect: float, variance: float, aim: Aim) -> float:
    """Return the units of both arms together that find a difference of means by Student's t (exact)."""
    apart = abs(effect) / math.sqrt(variance)

    def missed(size: float) -> float:
        return power_of_t(apart * math.sqrt(size * aim.control * (1 - aim.control)), size - 2, aim.level) - aim.power

    normal = (aim.errors / apart) ** 2 / (aim.control * (1 - aim.control))
    return aim.factor * float(scipy.optimize.brentq(missed, max(2.001, normal / 2), 2 * normal + 20))


def power_of_t(drift: float, freedom: float, level: float = LEVEL) -> float:
    """Return the power of a two-sided t test whose statistic is centred at ``drift``."""
    limit = scipy.stats.t.isf((1 - level) / 2, freedom)
    wrong_side = float(scipy.stats.nct.cdf(-limit, freedom, drift))
    # Far away SciPy has no number for the wrong side: there it is nothing.
    return float(scipy.stats.nct.sf(limit, freedom, drift)) + (0.0 if math.isnan(wrong_side) else wrong_side)


def size_for_share(base: float, other: float, aim: Aim, variance: Variance = Variance.UNPOOLED) -> float:
    """Return the units of both arms together that tell the shares ``base`` (control) and ``other`` (treated) apart."""
    control = aim.control
    match variance:
        case Variance.UNPOOLED:
            return size_for(other - base, other * (1 - other), base * (1 - base), aim)
        case Variance.POOLED:
            mean = (1 - control) * other + control * base
            null = math.sqrt(mean * (1 - mean) * (1 / control + 1 / (1 - control)))
            own = math.sqrt(other * (1 - other) / (1 - control) + base * (1 - base) / control)
            far = scipy.stats.norm.isf((1 - aim.level) / 2) * null + scipy.stats.norm.ppf(aim.power) * own
            return aim.factor * float(far / (other - base)) ** 2
        case Variance.ARCSINE:
            spread = 1 / control + 1 / (1 - control)
            return aim.factor * spread * (aim.errors / arcsine_effect(other, base)) ** 2


def arcsine_effect(one: float, other: float) -> float:
    """Return Cohen's h of two shares."""
    return 2 * math.asin(math.sqrt(one)) - 2 * math.asin(math.sqrt(other))


def smallest_effect(size: float, variance: float, aim: Aim) -> float:
    """Return the smallest difference of means that ``size`` units of both arms find (minimum detectable effect)."""
    spread = variance * (1 / aim.control + 1 / (1 - aim.control))
    return aim.errors * math.sqrt(aim.factor * spread / size)


def smallest_share(size: float, base: float, aim: Aim, *, falls: bool = False) -> float | None:
    """Return to what the treated share must rise (or fall) to be found; ``None`` when not even to one (zero)."""

    def missed(other: float) -> float:
        return size_for_share(base, other, aim) - size

    furthest = 1e-9 if falls else 1 - 1e-9
    if missed(furthest) > 0:
        return None
    return float(scipy.optimize.brentq(missed, base + (furthest - base) * 1e-9, furthest))


def smallest_of_pairs(pairs: int, spread: float, aim: Aim) -> float | None:
    """Return the smallest mean difference that a paired t test of so many pairs finds (exact); ``None``: none at all.

    ``spread`` is the standard deviation of the differences inside pairs.
    """
    if pairs < FEWEST_PAIRS:
        return None

    def missed(drift: float) -> float:
        return power_of_t(drift, pairs - 1, aim.level) - aim.power

    high = 2.0
    while missed(high) < 0:
        high *= 1.25
    return spread / math.sqrt(pairs) * float(scipy.optimize.brentq(missed, 0.0, high))


def power_for(effect: float, size: float, treated: float, control: float, aim: Aim) -> float:
    """Return the chance that a test of ``size`` units finds the effect."""
    spread = treated / (1 - aim.control) + control / aim.control
    drift = abs(effect) / math.sqrt(aim.factor * spread / size)
    limit = float(scipy.stats.norm.isf((1 - aim.level) / 2))
    return float(scipy.stats.norm.sf(limit - drift) + scipy.stats.norm.cdf(-limit - drift))


def unit_variance_of_ratio(sums: Sums, above: str = VALUE, below: str = BASE) -> float:
    """Return the variance of one unit's part in a ratio, by the delta method; the denominator must not be zero."""
    base, ratio = sums.mean(below), sums.total(above) / sums.total(below)
    spread = (
        sums.covariance(above, above)
        - 2 * ratio * sums.covariance(above, below)
        + ratio**2 * sums.covariance(below, below)
    )
    return spread / base**2


def events_for(hazard_ratio: float, aim: Aim) -> float:
    """Return the events of both arms together by which a log-rank test finds a hazard ratio (Schoenfeld)."""
    return aim.factor * (aim.errors / math.log(hazard_ratio)) ** 2 / (aim.control * (1 - aim.control))


def size_for_hazard(hazard_ratio: float, base: float, aim: Aim) -> float:
    """Return the units of both arms together; ``base`` is the control's share with the event inside the window."""
    treated = 1 - (1 - base) ** hazard_ratio
    seen: float = aim.control * base + (1 - aim.control) * treated
    return events_for(hazard_ratio, aim) / seen


def smallest_hazard(size: float, base: float, aim: Aim) -> float | None:
    """Return the largest hazard ratio below one that is found; ``None`` when none is."""

    def missed(ratio: float) -> float:
        return size_for_hazard(ratio, base, aim) - size

    if missed(1e-6) > 0:
        return None
    return float(scipy.optimize.brentq(missed, 1e-6, 1 - 1e-9))


def effect_of_clusters(mean_size: float, correlation: float, variation: float = 0.0) -> float:
    """Return the design effect: clusters of a mean size, a correlation inside, and a variation of sizes (sd / mean)."""
    return 1 + ((1 + variation**2) * mean_size - 1) * correlation


def always_valid_factor(size: float, aim: Aim, tuning: float = sequences.TUNING) -> float:
    """Return how many times the units of a fixed test one that may be read at any moment needs, at ``size`` units."""
    wide = sequences.width(aim.level, size, tuning)
    return float((wide + scipy.stats.norm.ppf(aim.power)) / aim.errors) ** 2


def days_for(size: float, per_day: float, window_days: float) -> float:
    """Return after how many days ``size`` units have come and their windows are over."""
    return math.inf if per_day <= 0 else math.ceil(min(size, _MOST) / per_day) + window_days
