"""Sample-ratio mismatch: do the arms have the sizes that their weights would give? Pure.

A chi-squared test of the counts; below 0.001 something besides the coin decided who is where, and no effect is said at
all. Its power is stated too, because a loss that is too small to be seen can still carry an effect.

Source: Fabijan, Gupchup, Gupta, Omhover, Qin, Vermeer, Dmitriev, "Diagnosing sample ratio mismatch in online controlled
experiments", KDD 2019.
"""

from collections.abc import Mapping

import msgspec
import scipy

from fieldfare.learn.experiments.model import NotComputable, Why

ALARM = 0.001


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """The split as it should be and as it is."""

    expected: dict[str, float]
    observed: dict[str, float]
    """Shares of the units."""
    statistic: float
    p_value: float
    passed: bool


def mismatch(counts: Mapping[str, int], weights: Mapping[str, float]) -> Mismatch | NotComputable:
    """Compare counts with weights; both name the same variants."""
    total, weight = sum(counts.values()), sum(weights.values())
    shares = {name: each / weight for name, each in weights.items()} if weight else {}
    if total == 0 or len(shares) < 2 or min(shares.values()) <= 0:  # noqa: PLR2004 - one arm cannot be uneven
        return NotComputable(Why.EMPTY_ARM, "An arm is empty by design or by chance, so the split cannot be checked.")
    square = sum((counts.get(name, 0) - total * share) ** 2 / (total * share) for name, share in shares.items())
    p_value = float(scipy.stats.chi2.sf(square, len(shares) - 1))
    return Mismatch(
        expected=shares,
        observed={name: counts.get(name, 0) / total for name in shares},
        statistic=square,
        p_value=p_value,
        passed=p_value >= ALARM,
    )


def mismatch_power(size: int, weights: Mapping[str, float], arm: str, lost: float, alarm: float = ALARM) -> float:
    """Return the chance that the alarm sounds when the share ``lost`` of one arm's units disappears."""
    weight = sum(weights.values())
    shares = {name: each / weight for name, each in weights.items()}
    kept = {name: share * (1 - lost if name == arm else 1) for name, share in shares.items()}
    left = sum(kept.values())
    away = size * left * sum((kept[name] / left - share) ** 2 / share for name, share in shares.items())
    freedom = len(shares) - 1
    return float(scipy.stats.ncx2.sf(scipy.stats.chi2.isf(alarm, freedom), freedom, away))
