"""Assignment to arms and variants: a pure function of salt, experiment and unit, so it is sticky without being stored.

Each variant takes a stretch of [0, 1) as long as its weight, the holdout first, and a unit goes where its place lies
(:mod:`fieldfare.learn.experiments.place` publishes the hash). So raising the holdout's share only moves units from
treated to held out, and two experiments split independently.

Matched locations are few, and a coin for each would balance them badly: in a block the hash decides the order alone,
and every variant gets its share exactly.

The stored row (see :mod:`fieldfare.learn.experiments.store`) tells *when* a unit was assigned; a later change of the
weights does not move who is already stored.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fieldfare.learn.experiments.model import Arm, Experiment, Split
from fieldfare.learn.experiments.place import Unit, Units, key_of, place, places

U = TypeVar("U", int, str)


def split_of(experiment: Experiment) -> Split:
    """Return the two arms of an experiment that only holds out."""
    return Split(
        name=experiment.name,
        salt=experiment.salt,
        weights={Arm.HOLDOUT: experiment.holdout, Arm.TREATED: 1 - experiment.holdout},
        unit=experiment.unit,
        blocks=experiment.blocks,
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
    for turn, block in enumerate(split.blocks):
        if isinstance(unit, str) and unit in block:
            return deal(block, split, turn)[unit]
    here = place_of(unit, split)
    return next(name for name, end in zip(split.weights, bounds(split.weights), strict=True) if here < end)


def choose_all(units: Units, split: Split) -> NDArray[np.int64]:
    """Return for every unit the index of its variant, the same as :func:`choose` of each."""
    if split.blocks:
        names = list(split.weights)
        return np.array([names.index(choose(unit, split)) for unit in units], np.int64)
    found = places(units, key_of(split.salt, split.name, split.unit))
    return np.searchsorted(np.array(bounds(split.weights)), found, side="right")


def assign(unit: Unit, experiment: Experiment) -> Arm:
    """Return the arm of a unit in an experiment that only holds out."""
    return Arm(choose(unit, split_of(experiment)))


def quotas(size: int, weights: Mapping[str, float], turn: int = 0) -> dict[str, int]:
    """Return how many of ``size`` units each variant gets: the nearest whole numbers that add up (largest remainders).

    ``turn`` says who gets a unit that equal remainders fight for, so that it is not the first one in every stratum.
    """
    total = sum(weights.values())
    exact = {name: size * weight / total for name, weight in weights.items()}
    given = {name: int(share) for name, share in exact.items()}
    names = list(weights)
    waiting = sorted(names, key=lambda name: (given[name] - exact[name], (names.index(name) + turn) % len(names)))
    for name in waiting[: size - sum(given.values())]:
        given[name] += 1
    return given


def deal(units: Sequence[U], split: Split, turn: int) -> dict[U, str]:
    """Return the variant of every unit of a list, the shares exact; ``turn`` counts the lists that are dealt."""
    ordered = sorted(units, key=lambda unit: (place_of(unit, split), str(unit)))
    names = [name for name, count in quotas(len(units), split.weights, turn).items() for _ in range(count)]
    return dict(zip(ordered, names, strict=True))
