"""Assignment of a list that is known beforehand: balanced in every stratum, or in matched pairs of locations. Pure.

A coin for each unit balances many units and not a few. Where the list is known before the start (a file of members,
the locations of a network) the coin decides only the *order* inside each stratum, and the quotas are exact: no
stratum's variant is more than one unit away from its weight. Locations, of which there are few, are put into pairs or
larger blocks of neighbours by a number of the time before, and each block gives one location to each variant.

Sources: Imai, King, Nall, "The essential role of pair matching in cluster-randomized experiments", Statistical Science
2009; Athey and Imbens, "The econometrics of randomized experiments", 2017, on stratification.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from fieldfare.learn.experiments.assign import place_of
from fieldfare.learn.experiments.model import Split

U = TypeVar("U", int, str)


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


def assign_strata(strata: Mapping[U, str], split: Split) -> dict[U, str]:
    """Return the variant of every unit, exact in each stratum; ``strata`` names the stratum of each unit."""
    members: defaultdict[str, list[U]] = defaultdict(list)
    for unit, stratum in strata.items():
        members[stratum].append(unit)
    found: dict[U, str] = {}
    for turn, stratum in enumerate(sorted(members)):
        found |= _deal(members[stratum], split, turn)
    return found


def blocks_of(before: Mapping[str, float], size: int) -> list[list[str]]:
    """Return locations in blocks of ``size`` neighbours by their number of the time before; the last may be short."""
    ordered = sorted(before, key=lambda name: (before[name], name))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def assign_locations(before: Mapping[str, float], split: Split) -> dict[str, str]:
    """Return the variant of every location, from blocks with as many locations as there are variants."""
    blocks = blocks_of(before, len(split.weights))
    even = Split(name=split.name, salt=split.salt, unit=split.unit, weights=dict.fromkeys(split.weights, 1.0))
    found: dict[str, str] = {}
    for turn, block in enumerate(blocks):
        found |= _deal(block, even, turn)
    return found


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


def _deal(units: Sequence[U], split: Split, turn: int) -> dict[U, str]:
    ordered = sorted(units, key=lambda unit: (place_of(unit, split), str(unit)))
    names = [name for name, count in quotas(len(units), split.weights, turn).items() for _ in range(count)]
    return dict(zip(ordered, names, strict=True))
