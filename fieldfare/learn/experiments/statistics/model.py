"""Nouns of the statistics: what is known of one arm, an estimate, an effect with its interval. They only add up.

Every answer that may be missing is ``NotComputable`` with its reason. Levels are two-sided confidence levels such as
0.95. An *effect* is treated minus control, a *lift* treated over control minus one.
"""

from typing import NamedTuple

import msgspec

from fieldfare.learn.experiments.model import Interval, NotComputable, Relative, Why

VALUE, BASE, BEFORE = "value", "base", "before"
"""Usual names of columns: the outcome, a ratio's denominator, the same number before the experiment."""

Number = int | float


class Estimate(NamedTuple):
    """One number of one arm, the variance of that number as an estimate, and the degrees of freedom behind it."""

    value: float
    variance: float
    freedom: float
    """Units (or clusters) minus one."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Treated minus control."""

    treated: float
    control: float
    value: float
    standard_error: float
    interval: Interval
    level: float
    statistic: float | None
    p_value: float | None
    """Two-sided, before any correction."""
    relative: Relative | NotComputable

    @property
    def sign(self) -> int:
        """Return 1 or -1 when the interval lies wholly on that side of zero, else 0: nothing is shown."""
        return 1 if self.interval.low > 0 else -1 if self.interval.high < 0 else 0


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """All that the statistics need of one arm: how many units, sums of columns, and sums of products of two columns.

    ``products`` holds each pair once, its names in alphabetical order. Whole numbers stay whole, so that variances are
    exact until the last division.
    """

    size: int = 0
    sums: dict[str, Number] = {}
    products: dict[tuple[str, str], Number] = {}

    def total(self, name: str) -> Number:
        """Return the sum of a column."""
        return self.sums.get(name, 0)

    def mean(self, name: str) -> float:
        """Return the mean of a column; there must be a unit."""
        return self.total(name) / self.size

    def covariance(self, one: str, other: str) -> float:
        """Return the sample covariance of two columns, or the variance of one; there must be two units."""
        product = self.products.get((min(one, other), max(one, other)), 0)
        spread = product * self.size - self.total(one) * self.total(other)
        return spread / (self.size * (self.size - 1))

    def __add__(self, other: "Sums") -> "Sums":
        """Return the sums of both together."""
        return Sums(
            size=self.size + other.size,
            sums={name: self.total(name) + other.total(name) for name in self.sums | other.sums},
            products={
                pair: self.products.get(pair, 0) + other.products.get(pair, 0)
                for pair in self.products | other.products
            },
        )


__all__ = [
    "BASE",
    "BEFORE",
    "VALUE",
    "Effect",
    "Estimate",
    "Interval",
    "NotComputable",
    "Number",
    "Relative",
    "Sums",
    "Why",
]
