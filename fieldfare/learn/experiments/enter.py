"""Which arm somebody enters a journey in, and under which experiments that is kept. Pure.

Order: the global holdout keeps out whatever the journey says; an exclusive group lets each person take part in one of
its journeys; then the journey's own split. Who was kept out once stays so: after a merge the holdout wins for sending,
while the first row counts for the analysis. Whom the global holdout or a group keeps out is in no arm of the journey's
own experiment, so that its split stays as declared.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from fieldfare.ground.instants import Day
from fieldfare.learn.experiments.assign import assign
from fieldfare.learn.experiments.model import Arm, Experiment, UnitKind
from fieldfare.learn.experiments.place import Unit
from fieldfare.learn.experiments.programme import GLOBAL, Group, era_at, is_kept_out, takes_part
from fieldfare.learn.experiments.registered.model import Programme

ADDRESSES = ("email", "phone")
"""Kinds of identifiers that are addresses, the first that somebody has."""
Met = list[tuple[str, Arm]]
"""Experiments with the arm that is to be kept."""


def arm_of(
    units: Mapping[UnitKind, Unit],
    journey: str,
    experiment: Experiment | None,
    programme: Programme,
    earlier: Collection[Arm],
    day: Day,
) -> tuple[Arm, Met]:
    """Return the arm, and the assignments to keep. ``earlier`` are the arms of the person's walks of this journey."""
    profile, met = units[UnitKind.PROFILE], Met()
    if era_at(programme.eras, day) is not None:
        kept_out = is_kept_out(profile, programme.salt, programme.eras, day)
        met.append((GLOBAL, Arm.HOLDOUT if kept_out else Arm.TREATED))
        if kept_out:
            return Arm.HOLDOUT, met
    for name, shares in programme.groups.items():
        group = Group(name=name, salt=programme.salt, shares=shares)
        if journey in shares and takes_part(profile, group) != journey:
            return Arm.HOLDOUT, met
    if experiment is None:
        return Arm.HOLDOUT if Arm.HOLDOUT in earlier else Arm.TREATED, met
    arm = assign(units[experiment.unit], experiment)
    if earlier:
        arm = Arm.HOLDOUT if Arm.HOLDOUT in earlier else Arm.TREATED
    return arm, [*met, (experiment.name, arm)]


def units_of(
    profile_id: int,
    home_location: str | None,
    household: Collection[int],
    identifiers: Mapping[str, Collection[bytes]] = MappingProxyType({}),
) -> dict[UnitKind, Unit]:
    """Return a person's unit of each kind; ``household`` are the others in it. Who has none is a unit alone.

    ``identifiers`` are keyed hashes by kind. The address is the least hash of an e-mail address, else of a number.
    """
    address = next((min(found).hex() for kind in ADDRESSES if (found := identifiers.get(kind))), profile_id)
    return {
        UnitKind.PROFILE: profile_id,
        UnitKind.HOUSEHOLD: min((profile_id, *household)),
        UnitKind.ADDRESS: address,
        UnitKind.LOCATION: home_location if home_location is not None else profile_id,
    }
