"""Two estimates beside each other: difference and relative lift with intervals, and a test of no difference. Pure.

Difference: Welch's t with Satterthwaite's degrees of freedom (normal, where an arm's are infinite). Relative lift: the
delta method on treated over control (the default: it is what sequential and Bayesian answers are built on), the log
scale (Katz 1978), or Fieller's exact set (Fieller 1954), which says so when it is unbounded. Variant against variant is
the same comparison.
"""

import math
from enum import StrEnum

import scipy

from fieldfare.learn.experiments.model import Interval, NotComputable, Relative, Why
from fieldfare.learn.experiments.statistics.model import VALUE, Effect, Estimate, Sums

LEVEL = 0.95


class Lift(StrEnum):
    """How the interval of the relative lift is made."""

    DELTA = "delta method"
    LOG = "log ratio (Katz)"
    FIELLER = "Fieller"


def quantile(level: float, freedom: float) -> float:
    """Return the two-sided quantile of Student's t, of the normal where ``freedom`` is infinite."""
    upper = 0.5 + level / 2
    return float(scipy.stats.norm.ppf(upper) if math.isinf(freedom) else scipy.stats.t.ppf(upper, freedom))


def two_sided(statistic: float, freedom: float) -> float:
    """Return the two-sided p-value of a statistic."""
    tail = scipy.stats.norm.sf(abs(statistic)) if math.isinf(freedom) else scipy.stats.t.sf(abs(statistic), freedom)
    return 2 * float(tail)


def freedom_of(treated: Estimate, control: Estimate) -> float:
    """Return Satterthwaite's degrees of freedom of a difference."""
    if math.isinf(treated.freedom) and math.isinf(control.freedom):
        return float("inf")
    both = treated.variance + control.variance
    return both * both / (treated.variance**2 / treated.freedom + control.variance**2 / control.freedom)


def difference(
    treated: Estimate | NotComputable,
    control: Estimate | NotComputable,
    level: float = LEVEL,
    lift: Lift = Lift.DELTA,
) -> Effect | NotComputable:
    """Return treated minus control, or why there is no such number."""
    if isinstance(treated, NotComputable):
        return treated
    if isinstance(control, NotComputable):
        return control
    variance = treated.variance + control.variance
    if not variance > 0:
        return NotComputable(Why.NO_VARIATION, "Every unit has the same number in each arm, so nothing can be tested.")
    error, freedom = math.sqrt(variance), freedom_of(treated, control)
    value = treated.value - control.value
    half = quantile(level, freedom) * error
    method = "normal, unpooled" if math.isinf(freedom) else "Welch t"
    return Effect(
        treated=treated.value,
        control=control.value,
        value=value,
        standard_error=error,
        interval=Interval(value - half, value + half, method),
        level=level,
        statistic=value / error,
        p_value=two_sided(value / error, freedom),
        relative=relative(treated, control, level, lift),
    )


def relative(
    treated: Estimate, control: Estimate, level: float = LEVEL, lift: Lift = Lift.DELTA
) -> Relative | NotComputable:
    """Return treated over control, minus one."""
    if control.value <= 0:
        return NotComputable(Why.ZERO_BASE, "The control stands at zero or below, so a ratio to it has no meaning.")
    value = treated.value / control.value - 1
    match lift:
        case Lift.DELTA:
            return Relative(value, _delta(treated, control, level))
        case Lift.LOG:
            if treated.value <= 0:
                text = "The treated arm stands at zero or below, so its ratio has no logarithm."
                return NotComputable(Why.ZERO_BASE, text)
            return Relative(value, _katz(treated, control, level))
        case Lift.FIELLER:
            span = _fieller(treated, control, level)
            return span if isinstance(span, NotComputable) else Relative(value, span)


def widened_lift(effect: Effect, errors: float, method: str) -> Interval | NotComputable:
    """Return the interval of an effect's lift, as many standard errors wide as the difference's own is by a rule."""
    lift = effect.relative
    if isinstance(lift, NotComputable):
        return lift
    fixed = (effect.interval.high - effect.value) / effect.standard_error
    half = (lift.interval.high - lift.value) / fixed * errors
    return Interval(lift.value - half, lift.value + half, method)


def relative_variance(treated: Estimate, control: Estimate) -> float:
    """Return the variance of the relative lift by the delta method; the control must not be zero."""
    base = control.value
    return treated.variance / base**2 + control.variance * treated.value**2 / base**4


def _delta(treated: Estimate, control: Estimate, level: float) -> Interval:
    value = treated.value / control.value - 1
    both = math.isinf(treated.freedom) and math.isinf(control.freedom)
    freedom = float("inf") if both else freedom_of(treated, control)
    half = quantile(level, freedom) * math.sqrt(relative_variance(treated, control))
    return Interval(value - half, value + half, Lift.DELTA)


def _katz(treated: Estimate, control: Estimate, level: float) -> Interval:
    error = math.sqrt(treated.variance / treated.value**2 + control.variance / control.value**2)
    ratio, width = treated.value / control.value, math.exp(quantile(level, float("inf")) * error)
    return Interval(ratio / width - 1, ratio * width - 1, Lift.LOG)


def _fieller(treated: Estimate, control: Estimate, level: float) -> Interval | NotComputable:
    q = quantile(level, freedom_of(treated, control)) ** 2
    a = control.value**2 - q * control.variance
    if a <= 0:
        text = "The control is not told apart from zero, so the ratio to it has no bounded interval."
        return NotComputable(Why.ZERO_BASE, text)
    b, c = treated.value * control.value, treated.value**2 - q * treated.variance
    half = math.sqrt(max(b * b - a * c, 0.0))
    return Interval((b - half) / a - 1, (b + half) / a - 1, Lift.FIELLER)


def pooled_test(treated: Sums, control: Sums) -> tuple[float, float] | None:
    """Return z and the two-sided p-value of equal shares; ``None`` when all or none of both arms are hits."""
    size = treated.size + control.size
    pooled = (treated.total(VALUE) + control.total(VALUE)) / size
    variance = pooled * (1 - pooled) * (1 / treated.size + 1 / control.size)
    if variance <= 0:
        return None
    z = (treated.mean(VALUE) - control.mean(VALUE)) / math.sqrt(variance)
    return z, two_sided(z, float("inf"))
