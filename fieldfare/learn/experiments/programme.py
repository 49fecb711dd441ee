"""The experiments of a workspace beside each other: exclusive groups, and the global holdout through time. Pure.

- **Exclusive groups.** A group cuts [0, 1) into stretches, one for each experiment in it, by the unit's place under the
  group's own name. A unit takes part in the experiment whose stretch it lies in and in no other of the group; inside,
  it is split by the experiment's own name, so that the split does not depend on the group.
- **Global holdout.** A constant share of all units is kept out of everything, whoever comes new among them. Its history
  is a list of eras. A larger share adds units and a smaller one releases those that came last; a new *draw* chooses
  others. Whom an analysis over several eras may count as kept out is who was kept out in each.
"""

from collections.abc import Sequence
from itertools import accumulate

import msgspec
import numpy as np
from numpy.typing import NDArray

from fieldfare.ground.instants import Day
from fieldfare.learn.experiments.model import Era, UnitKind
from fieldfare.learn.experiments.place import Unit, Units, key_of, place, places

GLOBAL = "holdout.global"
"""Name of the experiment that the global holdout makes."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Experiments that exclude each other, each with its share of the units; what is left takes part in none."""

    name: str
    salt: str
    shares: dict[str, float]
    unit: UnitKind = UnitKind.PROFILE


def takes_part(unit: Unit, group: Group) -> str | None:
    """Return the one experiment of the group that the unit takes part in, ``None`` when in none."""
    here = place(unit, key_of(group.salt, f"group {group.name}", group.unit))
    ends = accumulate(group.shares.values())
    return next((name for name, end in zip(group.shares, ends, strict=True) if here < end), None)


def takes_part_all(units: Units, group: Group) -> NDArray[np.int64]:
    """Return for every unit the index of its experiment in the group; the number of experiments when it has none."""
    found = places(units, key_of(group.salt, f"group {group.name}", group.unit))
    return np.searchsorted(np.array(list(accumulate(group.shares.values()))), found, side="right")


def era_at(eras: Sequence[Era], day: Day) -> Era | None:
    """Return the era in force on a day, ``None`` before the first. ``eras`` are in order of time."""
    return next((era for era in reversed(eras) if era.since_day <= day), None)


def is_kept_out(unit: Unit, salt: str, eras: Sequence[Era], day: Day) -> bool:
    """Return whether the global holdout keeps the unit out on a day."""
    era = era_at(eras, day)
    return era is not None and _place(unit, salt, era.draw) < era.share


def was_kept_out_throughout(unit: Unit, salt: str, eras: Sequence[Era], start: Day, end: Day) -> bool:
    """Return whether the unit was kept out in every era that touches the days from ``start`` up to ``end``."""
    first = era_at(eras, start)
    touched = [era for era in eras if era is first or start < era.since_day < end]
    return first is not None and all(_place(unit, salt, era.draw) < era.share for era in touched)


def _place(unit: Unit, salt: str, draw: int) -> float:
    return place(unit, key_of(salt, f"{GLOBAL} {draw}", UnitKind.PROFILE))
