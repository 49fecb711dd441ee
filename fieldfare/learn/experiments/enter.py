"""Which arm somebody enters a journey in, and under which experiments that is kept. Pure.

Order: the global holdout keeps out whatever the journey says; an exclusive group lets each person take part in one of
its journeys; then the journey's own split. Who was assigned in the experiment keeps that arm; else it is given now,
whatever walks there were before the experiment. Who was kept out once stays so: after a merge the holdout wins for
sending, while the first row counts for the analysis. Whom the global holdout or a group keeps out, or kept out of an
earlier walk, is in no arm of the journey's own experiment, so that its split stays as declared.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from fieldfare.ground.instants import Day
from fieldfare.learn.experiments.assign import assign
from fieldfare.learn.experiments.model import Arm, Experiment, UnitKind
from fieldfare.learn.experiments.place import Unit, number_of
from fieldfare.learn.experiments.programme import GLOBAL, Group, era_at, is_kept_out, takes_part
from fieldfare.learn.experiments.registered.model import Programme


class Asks(Protocol):
    """Tells somebody's arm in an experiment."""

    def kept(self) -> str | None:
        """Return the arm in which the person, or who is assigned as one with them, was assigned; ``None``: in none."""
        ...

    def arm(self) -> str:
        """Return the arm that is kept, else the one that is given now."""
        ...


Met = list[tuple[str, Arm, int | None]]
"""Experiments with the arm that is to be kept, and who is assigned as one; ``None``: the profile alone."""


def arm_of(
    units: Mapping[UnitKind, Unit],
    journey: str,
    experiment: Experiment | None,
    programme: Programme,
    earlier: Collection[Arm],
    day: Day,
    asks: Asks | None = None,
) -> tuple[Arm, Met]:
    """Return the arm, and the assignments to keep. ``earlier`` are the arms of the person's walks of this journey.

    They decide who is kept out of sending, and nobody's assignment. ``asks`` tells what was assigned in the
    experiment before; without it nothing was, and the hash of the unit decides.
    """
    profile, met = units[UnitKind.PROFILE], Met()
    if era_at(programme.eras, day) is not None:
        kept_out = is_kept_out(profile, programme.salt, programme.eras, day)
        met.append((GLOBAL, Arm.HOLDOUT if kept_out else Arm.TREATED, None))
        if kept_out:
            return Arm.HOLDOUT, met
    for name, shares in programme.groups.items():
        group = Group(name=name, salt=programme.salt, shares=shares)
        if journey in shares and takes_part(profile, group) != journey:
            return Arm.HOLDOUT, met
    stays_out = Arm.HOLDOUT in earlier
    if experiment is None:
        return Arm.HOLDOUT if stays_out else Arm.TREATED, met
    if stays_out and (asks is None or asks.kept() is None):
        return Arm.HOLDOUT, met
    arm = assign(units[experiment.unit], experiment) if asks is None else Arm(asks.arm())
    met.append((experiment.name, arm, unit_number(units, experiment.unit)))
    return Arm.HOLDOUT if stays_out else arm, met


def unit_number(units: Mapping[UnitKind, Unit], kind: UnitKind) -> int | None:
    """Return the number under which those who are assigned as one are kept, ``None`` where each is alone."""
    return None if kind is UnitKind.PROFILE else number_of(units[kind])


def units_of(
    profile_id: int,
    home_location: str | None,
    household: Collection[int],
    address: bytes | None = None,
) -> dict[UnitKind, Unit]:
    """Return a person's unit of each kind; ``household`` are the others in it. Who has none is a unit alone.

    ``address`` is the keyed hash of where messages go, which is nobody's identifier where several people share it.
    """
    return {
        UnitKind.PROFILE: profile_id,
        UnitKind.HOUSEHOLD: min((profile_id, *household)),
        UnitKind.ADDRESS: address.hex() if address is not None else profile_id,
        UnitKind.LOCATION: home_location if home_location is not None else profile_id,
    }
