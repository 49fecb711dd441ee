"""Assignment to arms: a pure function of salt, experiment and unit, so that it is sticky without being stored.

The rule, published so that anybody can check it: BLAKE2b (16 bytes) over the salt, the name and the unit, each as UTF-8
and preceded by its length as four big-endian bytes; the first seven bytes as a big-endian number, divided by 2**56, are
a fraction in [0, 1); the unit is held out when the fraction lies below the share. So raising the share only moves units
from treated to held out, and two experiments split independently.

The stored row (see :mod:`fieldfare.learn.experiments.store`) tells *when* a unit was assigned; a later change of the
share does not move who is already stored.
"""

from fieldfare.ground.ids import fraction
from fieldfare.learn.experiments.model import Arm, Experiment


def place(unit: int | str, experiment: Experiment) -> float:
    """Return the unit's place in [0, 1), uniform over units."""
    return fraction(experiment.salt, experiment.name, unit)


def assign(unit: int | str, experiment: Experiment) -> Arm:
    """Return the arm of a unit (a profile id, or any other stable id)."""
    return Arm.HOLDOUT if place(unit, experiment) < experiment.holdout else Arm.TREATED
