"""Assignment to arms and variants: a pure function of salt, experiment and unit, so it is sticky without being stored.

Each variant takes a stretch of [0, 1) as long as its weight, the holdout first, and a unit goes where its place lies
(:mod:`fieldfare.learn.experiments.place` publishes the hash). So raising the holdout's share only moves units from
treated to held out, and two experiments split independently.

The stored row (see :mod:`fieldfare.learn.experiments.store`) tells *when* a unit was assigned; a later change of the
weights does not move who is already stored.
"""

from collections.abc import Mapping
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from fieldfare.learn.experiments.model import Arm, Experiment, Split
from fieldfare.learn.experiments.place import Unit, Units, key_of, place, places


def split_of(experiment: Experiment) -> Split:
    """Return the two arms of an experiment that only holds out."""
    return Split(
        name=experiment.name,
        salt=experiment.salt,
        weights={Arm.HOLDOUT: experiment.holdout, Arm.TREATED: 1 - experiment.holdout},
    )


def place_of(unit: Unit, split: Split) -> float:
    """Return the unit's place in [0, 1), uniform over units."""
    return place(unit, key_of(split.salt, split.name, split.unit))


def bounds(weights: Mapping[str, float]) -> list[float]:
    """Return where each variant's stretch ends; the last one ends at 1 whatever rounding says."""
    total = sum(weights.values())
    ends = [end / total for end in accumulate(weights.values())]
    return [*ends[:-1], 1.0]


def choose(unit: Unit, split: Split) -> str:
    """Return the variant of a unit (a profile or household id, an address's hash, a location's name)."""
    here = place_of(unit, split)
    return next(name for name, end in zip(split.weights, bounds(split.weights), strict=True) if here < end)


def choose_all(units: Units, split: Split) -> NDArray[np.int64]:
    """Return for every unit the index of its variant, the same as :func:`choose` of each."""
    found = places(units, key_of(split.salt, split.name, split.unit))
    return np.searchsorted(np.array(bounds(split.weights)), found, side="right")


def assign(unit: Unit, experiment: Experiment) -> Arm:
    """Return the arm of a unit in an experiment that only holds out."""
    return Arm(choose(unit, split_of(experiment)))
