"""When one place was treated and nothing was randomised: synthetic control, differences, and placebos. Weaker evidence.

Three estimators stand beside each other, because they differ more than any interval says: the difference in differences
(treated against the plain mean of the others), the synthetic control (the mix of others that was nearest before) and
the synthetic difference in differences (both mixes, over places and over times). The placebo treats every other place
in the same way: its rank among them is the p-value. Pure.

Sources: Abadie, Diamond, Hainmueller, "Synthetic control methods for comparative case studies", JASA 2010;
Arkhangelsky, Athey, Hirshberg, Imbens, Wager, "Synthetic difference-in-differences", AER 2021.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import scipy
from numpy.typing import NDArray

from fieldfare.learn.experiments.model import NotComputable, Why

LABEL = "not randomised: weaker evidence"
_HEAVY = 1e3
"""How much heavier than the data the sum of the weights is held to one."""

Series = NDArray[np.float64]


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """A synthetic control."""

    weights: dict[str, float]
    gaps: list[float]
    """Treated minus mix, in every period."""
    before: float
    """Root mean squared gap before."""
    after: float

    @property
    def ratio(self) -> float:
        """Return how many times larger the gaps are after than before."""
        return self.after / self.before if self.before > 0 else float("inf")


class Synthetic(msgspec.Struct, frozen=True, kw_only=True):
    """What several estimators and the placebo say of one treated place."""

    difference_in_differences: float
    synthetic_control: float
    """Mean gap after the start."""
    last_gap: float
    synthetic_difference_in_differences: float
    mix: Mix
    placebos: dict[str, Mix]
    rank: int
    """Of the treated place among all, by how much its gaps grew; 1 grew most."""
    of: int
    label: str = LABEL

    @property
    def p_value(self) -> float:
        """Return the share of places that grew at least as much."""
        return self.rank / self.of


def simplex(target: Series, others: Series, ridge: float = 0.0) -> Series:
    """Return weights of at least zero that add up to one and bring ``others`` (a column each) nearest to the target."""
    scale = float(np.abs(others).max()) or 1.0
    count = others.shape[1]
    rows = np.vstack([others / scale, np.full((1, count), _HEAVY), np.eye(count) * (ridge / scale)])
    aim = np.concatenate([target / scale, [_HEAVY], np.zeros(count)])
    found: Series = scipy.optimize.nnls(rows, aim, maxiter=100 * count)[0]
    whole: Series = found / found.sum()
    return whole


def mix_of(treated: Series, others: Mapping[str, Series], before: int) -> Mix:
    """Return the synthetic control of a place from its first ``before`` periods."""
    columns = np.column_stack(list(others.values()))
    weights = simplex(treated[:before], columns[:before])
    gaps = treated - columns @ weights
    return Mix(
        weights={name: float(weight) for name, weight in zip(others, weights, strict=True) if weight > 1e-6},  # noqa: PLR2004
        gaps=gaps.tolist(),
        before=float(np.sqrt(np.mean(gaps[:before] ** 2))),
        after=float(np.sqrt(np.mean(gaps[before:] ** 2))),
    )


def synthetic(treated: str, panel: Mapping[str, Sequence[float]], before: int) -> Synthetic | NotComputable:
    """Return what is known of one treated place; ``panel`` holds every place's number in each period."""
    series = {name: np.asarray(values, float) for name, values in panel.items()}
    others = {name: values for name, values in series.items() if name != treated}
    mine = series[treated]
    if len(others) < 2:  # noqa: PLR2004 - a mix, and a placebo from the rest
        text = f"There are {len(others)} places without treatment; a mix and its placebos need at least 2."
        return NotComputable(Why.NO_CONTROLS, text)
    if not 2 <= before < len(mine):  # noqa: PLR2004 - a level and a movement
        return NotComputable(Why.NO_DATA, "There must be at least two periods before the start and one after it.")
    mix = mix_of(mine, others, before)
    placebos = {
        name: mix_of(values, {other: each for other, each in others.items() if other != name}, before)
        for name, values in others.items()
    }
    return Synthetic(
        difference_in_differences=differences(mine, others, before),
        synthetic_control=float(np.mean(mix.gaps[before:])),
        last_gap=mix.gaps[-1],
        synthetic_difference_in_differences=synthetic_differences(mine, others, before),
        mix=mix,
        placebos=placebos,
        rank=1 + sum(each.ratio >= mix.ratio for each in placebos.values()),
        of=len(series),
    )


def differences(treated: Series, others: Mapping[str, Series], before: int) -> float:
    """Return how much more the treated place moved than the mean of the others."""
    mean = np.mean(np.column_stack(list(others.values())), axis=1)
    return float((treated[before:].mean() - treated[:before].mean()) - (mean[before:].mean() - mean[:before].mean()))


def synthetic_differences(treated: Series, others: Mapping[str, Series], before: int) -> float:
    """Return the synthetic difference in differences of one treated place."""
    columns = np.column_stack(list(others.values()))
    past, since = columns[:before], columns[before:]
    noise = float(np.std(np.diff(past, axis=0), ddof=1))
    ridge = len(since) ** 0.25 * noise * np.sqrt(before)
    places = simplex(_centred(treated[:before]), _centred(past), ridge)
    times = simplex(_centred(since.mean(axis=0)), _centred(past.T), 1e-6 * noise * np.sqrt(columns.shape[1]))
    apart = treated - columns @ places
    return float(apart[before:].mean() - times @ apart[:before])


def _centred(values: Series) -> Series:
    """Take the mean of every column away: the intercept that a synthetic difference in differences allows."""
    centred: Series = values - values.mean(axis=0)
    return centred
