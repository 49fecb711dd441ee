"""Assignment of a list that is known beforehand: balanced in every stratum, or in matched pairs of locations. Pure.

A coin for each unit balances many units and not a few. Where the list is known before the start (a file of members,
the locations of a network) the coin decides only the *order* inside each stratum, and the quotas are exact: no
stratum's variant is more than one unit away from its weight. Locations, of which there are few, are put into pairs or
larger blocks of neighbours by a number of the time before; the blocks are registered, and the split deals inside each.

Sources: Imai, King, Nall, "The essential role of pair matching in cluster-randomized experiments", Statistical Science
2009; Athey and Imbens, "The econometrics of randomized experiments", 2017, on stratification.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TypeVar

from fieldfare.learn.experiments.assign import deal
from fieldfare.learn.experiments.model import Split

U = TypeVar("U", int, str)


def assign_strata(strata: Mapping[U, str], split: Split) -> dict[U, str]:
    """Return the variant of every unit, exact in each stratum; ``strata`` names the stratum of each unit."""
    members: defaultdict[str, list[U]] = defaultdict(list)
    for unit, stratum in strata.items():
        members[stratum].append(unit)
    found: dict[U, str] = {}
    for turn, stratum in enumerate(sorted(members)):
        found |= deal(members[stratum], split, turn)
    return found


def blocks_of(before: Mapping[str, float], size: int) -> list[list[str]]:
    """Return locations in blocks of ``size`` neighbours by their number of the time before; the last may be short."""
    ordered = sorted(before, key=lambda name: (before[name], name))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def imbalance(strata: Mapping[U, str], chosen: Mapping[U, str], weights: Mapping[str, float]) -> float:
    """Return by how many units the worst variant of a stratum misses its weight."""
    sizes, counted = Counter(strata.values()), Counter((strata[unit], name) for unit, name in chosen.items())
    total = sum(weights.values())
    misses = (
        abs(counted[stratum, name] - size * weight / total)
        for stratum, size in sizes.items()
        for name, weight in weights.items()
    )
    return max(misses, default=0.0)
