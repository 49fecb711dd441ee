"""A roll-out in steps: locations start at different times, and those that have not started yet are the controls. Pure.

For each group of locations that start together and each period since, the change from the last period before the start
is compared with that of the locations that have not started by then. Averaged, that is free of the bias of one
regression over all, where early starters serve as controls of late ones. The error comes from leaving out one location
at a time. Without randomised starting times this is weaker evidence, and says so; movements *before* the start are
shown as the placebo.

Source: Callaway and Sant'Anna, "Difference-in-differences with multiple time periods", Journal of Econometrics 2021;
Goodman-Bacon 2021 on what goes wrong otherwise.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.learn.experiments.model import Interval, NotComputable, Why
from fieldfare.learn.experiments.statistics.compare import LEVEL, quantile
from fieldfare.learn.experiments.statistics.synthetic import LABEL

FEWEST = 3
"""Locations that an error by leaving one out needs."""

Panel = Mapping[str, Sequence[float]]
Starts = Mapping[str, int | None]
"""The first period with treatment of each location; ``None``: never, as far as the panel goes."""


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """What a roll-out in steps says."""

    value: float
    """Mean effect over locations and periods with treatment."""
    standard_error: float
    interval: Interval
    by_age: dict[int, float]
    """Mean effect by periods since the start, 0 the first; negative ages are the placebo, which should be near zero."""
    locations: int
    label: str = LABEL


def rollout(panel: Panel, starts: Starts, level: float = LEVEL) -> Rollout | NotComputable:
    """Return the effect of a roll-out in steps."""
    treated = [name for name in panel if starts[name] is not None]
    value = mean_effect(panel, starts)
    if value is None or len(panel) < FEWEST:
        text = "No location started while another had not, so nothing is there to compare with."
        return NotComputable(Why.NO_CONTROLS, text)
    left_out = []
    for name in panel:
        without = mean_effect({other: values for other, values in panel.items() if other != name}, starts)
        if without is not None:
            left_out.append(without)
    mean, count = sum(left_out) / len(left_out), len(left_out)
    error = math.sqrt((count - 1) / count * sum((each - mean) ** 2 for each in left_out))
    half = quantile(level, max(count - 1, 1)) * error
    return Rollout(
        value=value,
        standard_error=error,
        interval=Interval(value - half, value + half, "difference in differences, leaving one out"),
        by_age=by_age(panel, starts),
        locations=len(treated),
    )


def mean_effect(panel: Panel, starts: Starts) -> float | None:
    """Return the mean effect over locations and periods with treatment, ``None`` when nothing compares."""
    found = [effect for age, effects in _effects(panel, starts).items() if age >= 0 for effect in effects]
    return sum(found) / len(found) if found else None


def by_age(panel: Panel, starts: Starts) -> dict[int, float]:
    """Return the mean effect by periods since the start."""
    return {age: sum(effects) / len(effects) for age, effects in sorted(_effects(panel, starts).items())}


def _effects(panel: Panel, starts: Starts) -> dict[int, list[float]]:
    """Return each treated location's effect in each period that compares, by the periods since its start."""
    found: defaultdict[int, list[float]] = defaultdict(list)
    for name, values in panel.items():
        start = starts[name]
        if start is None or start < 1:
            continue
        for period in range(len(values)):
            last = max(period, start - 1)
            controls = [other for other in panel if (begins := starts[other]) is None or begins > last]
            if controls and period != start - 1:
                moved = values[period] - values[start - 1]
                usual = sum(panel[other][period] - panel[other][start - 1] for other in controls) / len(controls)
                found[period - start].append(moved - usual)
    return dict(found)
