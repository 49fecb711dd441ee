"""CUPED: less variance from what was known before the experiment. Pure arithmetic on sums.

The outcome is lowered by theta times how far a covariate of the time *before* lies from its mean over all arms; theta
is one for all arms, pooled within them, so that the estimate of the effect stays unbiased. The variance falls by the
square of the (multiple) correlation. Covariates of after the start would take the effect away; whoever builds the
sums sees to it that they are of before. A ratio is linearised first: value - ratio x base stands for its outcome.

Source: Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data", WSDM 2013.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.estimate import FEWEST, too_few
from fieldfare.learn.experiments.statistics.model import BEFORE, VALUE, Estimate, Sums

_ALIKE = 1e-12
"""A covariate whose spread beside the others' is no larger says nothing."""


class Adjusted(NamedTuple):
    """Every arm's adjusted estimate, theta for each covariate, and by what share the variance fell."""

    arms: dict[str, Estimate]
    theta: dict[str, float]
    reduction: float


def adjust(
    arms: Mapping[str, Sums], covariates: Sequence[str] = (BEFORE,), outcome: str = VALUE
) -> Adjusted | NotComputable:
    """Return the adjusted estimates of all arms, or why the covariates cannot help."""
    for sums in arms.values():
        if sums.size < FEWEST:
            return too_few(sums.size)
    inside = _within(arms, covariates)
    spread = np.sqrt(np.diag(inside))
    if not covariates or not (spread > 0).all():
        return NotComputable(
            Why.NO_COVARIATE, "Before the start everybody had the same number, so it explains nothing."
        )
    scaled = inside / np.outer(spread, spread)
    if np.linalg.eigvalsh(scaled)[0] < _ALIKE:
        return NotComputable(Why.NO_COVARIATE, "Two covariates say the same. Name one of them.")
    towards = np.array([_pooled(arms, name, outcome) for name in covariates])
    theta = np.linalg.solve(scaled, towards / spread) / spread
    centre = np.array([_mean_of_all(arms, name) for name in covariates])
    adjusted = {name: _adjusted(sums, covariates, outcome, theta, centre) for name, sums in arms.items()}
    before = _pooled(arms, outcome, outcome)
    reduction = float(theta @ towards / before) if before > 0 else 0.0
    return Adjusted(adjusted, dict(zip(covariates, theta.tolist(), strict=True)), reduction)


def reduction_of(sums: Sums, covariates: Sequence[str] = (BEFORE,)) -> float:
    """Return by what share the covariates would lower the variance, from history alone; zero when they cannot."""
    found = adjust({"": sums}, covariates)
    return 0.0 if isinstance(found, NotComputable) else found.reduction


def _adjusted(
    sums: Sums, covariates: Sequence[str], outcome: str, theta: NDArray[np.float64], centre: NDArray[np.float64]
) -> Estimate:
    means = np.array([sums.mean(name) for name in covariates])
    across = np.array([sums.covariance(name, outcome) for name in covariates])
    inside = np.array([[sums.covariance(one, other) for other in covariates] for one in covariates])
    variance = sums.covariance(outcome, outcome) - 2 * theta @ across + theta @ inside @ theta
    value = sums.mean(outcome) - theta @ (means - centre)
    return Estimate(float(value), max(float(variance), 0.0) / sums.size, sums.size - 1)


def _within(arms: Mapping[str, Sums], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[_pooled(arms, one, other) for other in names] for one in names]).reshape(len(names), len(names))


def _pooled(arms: Mapping[str, Sums], one: str, other: str) -> float:
    """Return the covariance within arms, pooled over them."""
    freedom = sum(sums.size - 1 for sums in arms.values())
    return sum(sums.covariance(one, other) * (sums.size - 1) for sums in arms.values()) / freedom


def _mean_of_all(arms: Mapping[str, Sums], name: str) -> float:
    return sum(sums.total(name) for sums in arms.values()) / sum(sums.size for sums in arms.values())
