"""Intervals that hold at every look: whoever looks daily, or stops at any second, is still right 95 times in 100. Pure.

The interval is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform
central limit theory and asymptotic confidence sequences", Annals of Statistics 2024 (arXiv 2103.06476, theorem 2.2),
which mixes over effects with a normal of width ``rho`` (Robbins 1970). ``tuning`` says at how many units of all arms
it is tightest. It never undercuts a fixed interval: about 1.55 times as wide at its best, so some 2.4 times the
sample. It is for guardrails and for people who look when they like; a primary metric with planned looks has more
power under the boundaries of :mod:`fieldfare.learn.experiments.statistics.boundaries`.
"""

import math

import msgspec

from fieldfare.learn.experiments.model import Interval
from fieldfare.learn.experiments.statistics.compare import widened_lift
from fieldfare.learn.experiments.statistics.model import Effect, NotComputable

TUNING = 5_000
METHOD = "always valid"


class AlwaysValid(msgspec.Struct, frozen=True, kw_only=True):
    """An effect as it may be read at any moment."""

    interval: Interval
    p_value: float
    """May be compared with 1 - level at any look; never below the truth because of looking."""
    relative: Interval | NotComputable

    @property
    def sign(self) -> int:
        """Return 1 or -1 when the interval lies wholly on that side of zero, else 0."""
        return 1 if self.interval.low > 0 else -1 if self.interval.high < 0 else 0


def best_rho(level: float, tuning: float = TUNING) -> float:
    """Return the mixture's width that makes the sequence tightest at ``tuning`` units."""
    heard = -2 * math.log(1 - level)
    return math.sqrt((heard + math.log(heard + 1)) / tuning)


def width(level: float, size: float, tuning: float = TUNING) -> float:
    """Return the half width in standard errors, where all arms together have ``size`` units."""
    spread = size * best_rho(level, tuning) ** 2
    return math.sqrt(2 * (spread + 1) / spread * math.log(math.sqrt(spread + 1) / (1 - level)))


def p_value(statistic: float, size: float, level: float, tuning: float = TUNING) -> float:
    """Return the always-valid p-value of a statistic in standard errors, tuned as the interval is."""
    spread = size * best_rho(level, tuning) ** 2
    return min(1.0, math.sqrt(spread + 1) * math.exp(-(statistic**2) * spread / (2 * (spread + 1))))


def always_valid(effect: Effect, size: int, tuning: float = TUNING) -> AlwaysValid:
    """Return an effect's always-valid interval; ``size`` counts the units of both arms."""
    wide = width(effect.level, size, tuning)
    half = wide * effect.standard_error
    return AlwaysValid(
        interval=Interval(effect.value - half, effect.value + half, METHOD),
        p_value=p_value(effect.value / effect.standard_error, size, effect.level, tuning),
        relative=widened_lift(effect, wide, METHOD),
    )
