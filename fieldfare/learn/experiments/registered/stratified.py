"""A variant beside the control where people were dealt in strata: compared inside each, and the strata weighed. Pure.

Each stratum's difference counts by its share of the units of both arms, and the variance is that inside the strata;
what strata differ by is in no arm's favour and widens nothing. Strata in which an arm has too few units for a variance
are put together first: which, their sizes alone decide, and not what came of them. Theta of CUPED is one for all cells
of arm and stratum. A ratio is that of the weighed sums (the combined ratio estimator). Few hits in an arm, and metrics
of medians, are read without strata, which is never too narrow.

Sources: Imbens and Rubin, "Causal Inference for Statistics, Social, and Biomedical Sciences", 2015, chapter 9;
Miratrix, Sekhon, Yu, JRSS B 2013; Cochran, "Sampling Techniques", 1977, chapter 6, for the combined ratio.
"""

from collections.abc import Mapping, Sequence

from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.statistics.cuped import adjust
from fieldfare.learn.experiments.statistics.estimate import mean_of, over_strata, ratio_over_strata
from fieldfare.learn.experiments.statistics.model import Estimate, Sums

LEAST = 5
"""Units that an arm has in a stratum that is read alone."""

Strata = Mapping[int, Mapping[str, Sums]]
"""By stratum and arm."""
Sides = tuple[Estimate | NotComputable, Estimate | NotComputable]


def cells_of(strata: Strata, arms: Sequence[str]) -> dict[str, dict[str, Sums]]:
    """Return the sums of the arms by stratum, those that are too small put together; nothing where all are one."""
    kept: dict[str, dict[str, Sums]] = {}
    rest = {arm: Sums() for arm in arms}
    for stratum in sorted(strata, key=lambda each: (-_least(strata[each], arms), each)):
        here = {arm: strata[stratum].get(arm, Sums()) for arm in arms}
        if _least(here, arms) >= LEAST:
            kept[str(stratum)] = here
        else:
            rest = {arm: rest[arm] + here[arm] for arm in arms}
    if any(sums.size for sums in rest.values()):
        if kept and _least(rest, arms) < LEAST:
            last = kept.popitem()[1]
            rest = {arm: rest[arm] + last[arm] for arm in arms}
        kept["rest"] = rest
    return kept if len(kept) > 1 else {}


def means_of(cells: Mapping[str, Mapping[str, Sums]], arms: tuple[str, str]) -> Sides:
    """Return the weighed means of two arms."""
    weights = _weights(cells)
    treated, control = (
        over_strata({name: mean_of(each[arm]) for name, each in cells.items()}, weights) for arm in arms
    )
    return treated, control


def ratios_of(cells: Mapping[str, Mapping[str, Sums]], arms: tuple[str, str]) -> Sides:
    """Return the ratios of the weighed sums of two arms."""
    weights = _weights(cells)
    treated, control = (ratio_over_strata({name: each[arm] for name, each in cells.items()}, weights) for arm in arms)
    return treated, control


def adjusted_of(cells: Mapping[str, Mapping[str, Sums]], arms: tuple[str, str]) -> tuple[Sides, float]:
    """Return the weighed means of two arms after CUPED, and by what share it lowered the variance inside the cells."""
    flat = {f"{arm} {name}": each[arm] for name, each in cells.items() for arm in arms}
    found = adjust(flat)
    if isinstance(found, NotComputable):
        return (found, found), 0.0
    weights, told = _weights(cells), found.arms
    treated, control = (over_strata({name: told[f"{arm} {name}"] for name in cells}, weights) for arm in arms)
    return (treated, control), found.reduction


def _weights(cells: Mapping[str, Mapping[str, Sums]]) -> dict[str, float]:
    return {name: float(sum(sums.size for sums in each.values())) for name, each in cells.items()}


def _least(arms: Mapping[str, Sums], names: Sequence[str]) -> int:
    return min(arms.get(name, Sums()).size for name in names)
